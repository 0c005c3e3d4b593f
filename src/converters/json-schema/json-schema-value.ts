import { DataError, JsonNumber, type Schema, Struct } from '../../api/index.ts';
import { jsonNodeType } from '../json-node-type.ts';
import { connectValueOf } from '../json-to-connect.ts';

export const oneOfName = 'io.confluent.connect.json.OneOf';
const generalizedUnion = 'org.apache.kafka.connect.data.Union';

/**
 * JsonSchemaData.toConnectData: as JsonConverter reads values, but for maps whose keys are no strings (an array of objects with key
 * and value) and unions. `node` undefined: the member is absent. Throws DataError with Confluent's messages.
 */
export const jsonSchemaValue = (schema: Schema, node: unknown): unknown => {
  if (node === null || node === undefined) return connectValueOf(schema, node, true);
  switch (schema.type) {
    case 'STRUCT':
      return isUnion(schema) ? unionOf(schema, node) : structOf(schema, node);
    case 'ARRAY': {
      const items = schema.valueSchema;
      if (!Array.isArray(node) || items === undefined) return connectValueOf(schema, node, true);
      return node.map((item: unknown) => jsonSchemaValue(items, item));
    }
    case 'MAP':
      return mapOf(schema, node);
    default:
      return connectValueOf(schema, node, true);
  }
};

const structOf = (schema: Schema, node: unknown): Struct => {
  if (!(node instanceof Map)) {
    throw new DataError(`Structs should be encoded as JSON objects, but found ${jsonNodeType(node)}`);
  }
  const values: unknown[] = [];
  for (const { name, schema: field } of schema.fields ?? []) {
    const value = jsonSchemaValue(field, node.get(name));
    if (value === null && !field.optional) {
      throw new DataError(`Invalid value: null used for required field: "${name}", schema type: ${field.type}`);
    }
    values.push(value);
  }
  return new Struct(schema, values);
};

const mapOf = (schema: Schema, node: unknown): Map<unknown, unknown> => {
  const { keySchema, valueSchema } = schema;
  if (valueSchema === undefined) throw new DataError('Schema of type MAP has no value schema');
  const result = new Map<unknown, unknown>();
  if (keySchema === undefined || (keySchema.type === 'STRING' && !keySchema.optional)) {
    if (!(node instanceof Map)) {
      throw new DataError(`Maps with string fields should be encoded as JSON objects, but found ${jsonNodeType(node)}`);
    }
    for (const [key, value] of node) result.set(key, jsonSchemaValue(valueSchema, value));
    return result;
  }
  if (!Array.isArray(node)) {
    throw new DataError(
      `Maps with non-string fields should be encoded as JSON array of objects, but found ${jsonNodeType(node)}`,
    );
  }
  for (const entry of node as readonly unknown[]) {
    if (!(entry instanceof Map)) {
      throw new DataError(`Found invalid map entry instead of object: ${jsonNodeType(entry)}`);
    }
    if (entry.size !== 2) throw new DataError(`Found invalid map entry, expected length 2 but found :${entry.size}`);
    result.set(jsonSchemaValue(keySchema, entry.get('key')), jsonSchemaValue(valueSchema, entry.get('value')));
  }
  return result;
};

const isUnion = (schema: Schema): boolean =>
  schema.name === oneOfName || schema.parameters?.has(generalizedUnion) === true;

/** The first simple branch that takes the value, else the struct with the most members in common. */
const unionOf = (schema: Schema, node: unknown): Struct => {
  let best: { readonly name: string; readonly schema: Schema } | null = null;
  let most = 0;
  for (const field of schema.fields ?? []) {
    if (fits(field.schema, node)) {
      best = field;
      break;
    }
    const matching = membersInCommon(field.schema, node);
    if (matching > most) {
      most = matching;
      best = field;
    }
  }
  if (best === null) throw new DataError('Did not find matching oneof field for data');
  return new Struct(schema, new Map([[best.name, jsonSchemaValue(best.schema, node)]]));
};

const fits = ({ type }: Schema, node: unknown): boolean => {
  switch (type) {
    case 'INT8':
    case 'INT16':
    case 'INT32':
    case 'INT64':
      return node instanceof JsonNumber && node.isInteger;
    case 'FLOAT32':
    case 'FLOAT64':
      return node instanceof JsonNumber;
    case 'BOOLEAN':
      return typeof node === 'boolean';
    case 'STRING':
      return typeof node === 'string';
    case 'ARRAY':
      return Array.isArray(node);
    case 'MAP':
      return node instanceof Map || Array.isArray(node);
    default:
      return false;
  }
};

const membersInCommon = (schema: Schema, node: unknown): number => {
  if (schema.type !== 'STRUCT' || !(node instanceof Map)) return 0;
  let count = 0;
  for (const { name, schema: field } of schema.fields ?? []) {
    if (node.has(name)) count += 1 + membersInCommon(field, node.get(name));
  }
  return count;
};
