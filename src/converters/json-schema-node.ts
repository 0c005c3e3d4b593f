import { DataError, type Field, JsonNumber, type Schema, type SchemaType } from '../api/index.ts';
import { schemaBuilder } from '../util/java-error.ts';
import { checkRequired, connectValueOf } from './json-to-connect.ts';

const primitiveTypes: ReadonlyMap<string, SchemaType> = new Map([
  ['boolean', 'BOOLEAN'],
  ['int8', 'INT8'],
  ['int16', 'INT16'],
  ['int32', 'INT32'],
  ['int64', 'INT64'],
  ['float', 'FLOAT32'],
  ['double', 'FLOAT64'],
  ['bytes', 'BYTES'],
  ['string', 'STRING'],
]);

type JsonObject = ReadonlyMap<string, unknown>;
type SchemaParts = Pick<Schema, 'type'> & Partial<Pick<Schema, 'fields' | 'keySchema' | 'valueSchema'>>;

/** The Connect schema that a JSON schema node of JsonConverter's envelope describes. Throws DataError with Connect's messages. */
export const schemaOfNode = (node: unknown, replaceNullWithDefault: boolean): Schema => {
  const object: JsonObject = node instanceof Map ? node : new Map();
  const type = object.get('type');
  if (typeof type !== 'string') throw new DataError("Schema must contain 'type' field");
  const schema: Schema = {
    ...partsOf(type, object, replaceNullWithDefault),
    optional: object.get('optional') === true,
    ...annotationsOf(object),
  };
  const defaultNode = object.get('default');
  if (defaultNode === undefined) return schema;
  const defaultValue = connectValueOf(schema, defaultNode, replaceNullWithDefault);
  try {
    checkRequired(schema, defaultValue, 'value');
  } catch (cause) {
    throw schemaBuilder('Invalid default value', { cause });
  }
  return defaultValue === null ? schema : { ...schema, defaultValue };
};

const partsOf = (type: string, object: JsonObject, replaceNull: boolean): SchemaParts => {
  const primitive = primitiveTypes.get(type);
  if (primitive !== undefined) return { type: primitive };
  const part = (name: string, missing: string): Schema => {
    const node = object.get(name);
    if (node === undefined || node === null) throw new DataError(missing);
    return schemaOfNode(node, replaceNull);
  };
  switch (type) {
    case 'array':
      return { type: 'ARRAY', valueSchema: part('items', 'Array schema did not specify the element type') };
    case 'map':
      return {
        type: 'MAP',
        keySchema: part('keys', 'Map schema did not specify the key type'),
        valueSchema: part('values', 'Map schema did not specify the value type'),
      };
    case 'struct':
      return { type: 'STRUCT', fields: fieldsOf(object.get('fields'), replaceNull) };
    default:
      throw new DataError(`Unknown schema type: ${type}`);
  }
};

const fieldsOf = (node: unknown, replaceNull: boolean): readonly Field[] => {
  if (!Array.isArray(node)) throw new DataError('Struct schema\'s "fields" argument is not an array.');
  const seen = new Set<string>();
  return node.map((element: unknown, index) => {
    const name = element instanceof Map ? element.get('field') : undefined;
    if (typeof name !== 'string') throw new DataError("Struct schema's field name not specified properly");
    if (name === '') throw schemaBuilder('fieldName cannot be null.');
    if (seen.has(name)) throw schemaBuilder(`Cannot create field because of field name duplication ${name}`);
    seen.add(name);
    return { name, index, schema: schemaOfNode(element, replaceNull) };
  });
};

type Annotations = Partial<Pick<Schema, 'name' | 'version' | 'doc' | 'parameters'>>;

const annotationsOf = (object: JsonObject): Annotations => {
  const name = object.get('name');
  const version = object.get('version');
  const doc = object.get('doc');
  const parameters = object.get('parameters');
  return {
    ...(typeof name === 'string' && { name }),
    ...(version instanceof JsonNumber && version.isInteger && { version: Number(version.text) | 0 }),
    ...(typeof doc === 'string' && { doc }),
    ...(parameters instanceof Map && { parameters: stringParameters(parameters) }),
  };
};

const stringParameters = (parameters: JsonObject): ReadonlyMap<string, string> => {
  const result = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (typeof value !== 'string') throw new DataError('Schema parameters must have string values.');
    result.set(name, value);
  }
  return result;
};

const jsonTypeNames: Readonly<Record<SchemaType, string>> = {
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FLOAT32: 'float',
  FLOAT64: 'double',
  BOOLEAN: 'boolean',
  STRING: 'string',
  BYTES: 'bytes',
  ARRAY: 'array',
  MAP: 'map',
  STRUCT: 'struct',
};

/** The schema as JSON text, members in Connect's order. `defaultText` renders a default value. */
export const schemaText = (schema: Schema | null, defaultText: (schema: Schema) => string, field?: string): string => {
  if (schema === null) return 'null';
  const nested = (inner: Schema | undefined): string => schemaText(inner ?? null, defaultText);
  const members = [`"type":"${jsonTypeNames[schema.type]}"`];
  if (schema.type === 'ARRAY') members.push(`"items":${nested(schema.valueSchema)}`);
  if (schema.type === 'MAP')
    members.push(`"keys":${nested(schema.keySchema)}`, `"values":${nested(schema.valueSchema)}`);
  if (schema.type === 'STRUCT') {
    const fields = (schema.fields ?? []).map(({ name, schema: inner }) => schemaText(inner, defaultText, name));
    members.push(`"fields":[${fields.join(',')}]`);
  }
  members.push(`"optional":${schema.optional}`);
  if (schema.name !== undefined) members.push(`"name":${JSON.stringify(schema.name)}`);
  if (schema.version !== undefined) members.push(`"version":${schema.version}`);
  if (schema.doc !== undefined) members.push(`"doc":${JSON.stringify(schema.doc)}`);
  if (schema.parameters !== undefined) {
    const parameters = [...schema.parameters].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    members.push(`"parameters":{${parameters.join(',')}}`);
  }
  if (schema.defaultValue !== undefined && schema.defaultValue !== null)
    members.push(`"default":${defaultText(schema)}`);
  if (field !== undefined) members.push(`"field":${JSON.stringify(field)}`);
  return `{${members.join(',')}}`;
};
