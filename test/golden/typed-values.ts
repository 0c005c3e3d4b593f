import {
  Decimal,
  JsonNumber,
  type Schema,
  type SchemaAndValue,
  type SchemaType,
  Struct,
  TypedNumber,
} from '../../src/api/index.ts';
import { doubleText, floatText } from '../../src/util/java-number-text.ts';
import { isObject } from './outcome.ts';

/** A value that our types have no like for: `{"java": …}`, a ByteBuffer's window, a BigInteger. */
export class NoLikeError extends Error {}

type Json = Readonly<Record<string, unknown>>;

const schemaTypes: ReadonlyMap<string, SchemaType> = new Map([
  ['float', 'FLOAT32'],
  ['double', 'FLOAT64'],
]);

/** `{"type": "struct", "fields": …}` → Schema. */
export const readSchema = (json: unknown): Schema | null => {
  if (!isObject(json)) return null;
  const text = String(json['type']);
  const type = schemaTypes.get(text) ?? (text.toUpperCase() as SchemaType);
  const keySchema = readSchema(json['keys']);
  const valueSchema = readSchema(json['values'] ?? json['items']);
  const fields = json['fields'];
  const parameters = json['parameters'];
  const schema: Schema = {
    type,
    optional: json['optional'] === true,
    ...(typeof json['name'] === 'string' && { name: json['name'] }),
    ...(typeof json['version'] === 'number' && { version: json['version'] }),
    ...(typeof json['doc'] === 'string' && { doc: json['doc'] }),
    ...(isObject(parameters) && { parameters: new Map(Object.entries(parameters).map(([k, v]) => [k, String(v)])) }),
    ...(keySchema !== null && { keySchema }),
    ...(valueSchema !== null && { valueSchema }),
    ...(Array.isArray(fields) && { fields: fields.map(readField) }),
  };
  const byDefault = json['default'];
  return byDefault === undefined ? schema : { ...schema, defaultValue: readValue(schema, byDefault) };
};

const readField = (json: unknown, index: number) => {
  const schema = readSchema(json);
  if (schema === null || !isObject(json)) throw new Error('a field without schema');
  return { name: String(json['field']), index, schema };
};

/** `{"s": schema, "v": value}`. */
export const readTyped = (json: unknown): SchemaAndValue => {
  if (!isObject(json)) throw new Error('not a typed value');
  const schema = readSchema(json['s']);
  return { schema, value: readValue(schema, json['v']) };
};

/** A tagged value as our types have it beside this schema; where the tag does not fit the schema, as it looks without one. */
export const readValue = (schema: Schema | null, json: unknown): unknown => {
  if (Array.isArray(json)) throw new Error('an untagged array');
  if (!isObject(json)) return json;
  const [tag = '', content] = Object.entries(json)[0] ?? [];
  switch (tag) {
    case 'i8':
      return readSmall('INT8', schema, Number(content));
    case 'i16':
      return readSmall('INT16', schema, Number(content));
    case 'i32':
      return readSmall('INT32', schema, Number(content));
    case 'f32':
      return readSmall('FLOAT32', schema, Math.fround(Number(content)));
    case 'i64':
      return BigInt(String(content));
    case 'f64':
      if (schema?.type === 'FLOAT32')
        throw new NoLikeError(
          'Java values that no converter makes: of java.time, BigInteger, Character, Set, a double under a FLOAT32 schema',
        );
      return Number(content);
    case 'dec': {
      const [unscaled, scale] = content as [string, number];
      return new Decimal(BigInt(unscaled), scale);
    }
    case 'date':
      return new Date(Number(content));
    case 'b64':
      return new Uint8Array(Buffer.from(String(content), 'base64'));
    case 'buf': {
      const { b64, pos, lim } = content as { readonly b64: string; readonly pos: number; readonly lim: number };
      return new Uint8Array(Buffer.from(b64, 'base64')).subarray(pos, lim);
    }
    case 'bigint':
    case 'java':
      throw new NoLikeError(
        'Java values that no converter makes: of java.time, BigInteger, Character, Set, a double under a FLOAT32 schema',
      );
    case 'arr':
      return (content as unknown[]).map((element) => readValue(schema?.valueSchema ?? null, element));
    case 'map':
      return new Map(
        (content as [unknown, unknown][]).map(([key, value]) => [
          readValue(schema?.keySchema ?? null, key),
          readValue(schema?.valueSchema ?? null, value),
        ]),
      );
    case 'st':
      return readStruct(schema, content as Json);
    default:
      throw new Error(`unknown tag ${tag}`);
  }
};

const readSmall = (type: 'INT8' | 'INT16' | 'INT32' | 'FLOAT32', schema: Schema | null, value: number): unknown =>
  schema?.type === type ? value : new TypedNumber(type, value);

/** Without its schema at hand (or where the values are of another struct) the fields tell their own. */
const readStruct = (schema: Schema | null, content: Json): Struct => {
  const names = Object.keys(content);
  const fits = schema?.type === 'STRUCT' && names.every((name) => schema.fields?.some((field) => field.name === name));
  const own = fits ? schema : schemaOfContent(content);
  const fieldSchema = (name: string): Schema | null => own.fields?.find((field) => field.name === name)?.schema ?? null;
  return new Struct(own, new Map(names.map((name) => [name, readValue(fieldSchema(name), content[name])])));
};

const schemaOfContent = (content: Json): Schema => ({
  type: 'STRUCT',
  optional: false,
  fields: Object.entries(content).map(([name, value], index) => ({
    name,
    index,
    schema: { type: typeOfTag(value), optional: true },
  })),
});

const typeOfTag = (value: unknown): SchemaType => {
  if (typeof value === 'boolean') return 'BOOLEAN';
  if (!isObject(value)) return 'STRING';
  const types: Json = {
    i8: 'INT8',
    i16: 'INT16',
    i32: 'INT32',
    i64: 'INT64',
    f32: 'FLOAT32',
    f64: 'FLOAT64',
    b64: 'BYTES',
  };
  return (types[Object.keys(value)[0] ?? ''] ?? 'STRING') as SchemaType;
};

/** The other way round, as the vectors have it. Undefined members are left out. */
export const writeSchema = (schema: Schema | null | undefined): unknown => {
  if (schema === null || schema === undefined) return null;
  const { type, optional, name, version, doc, parameters, fields, defaultValue } = schema;
  return {
    type: type.toLowerCase(),
    optional,
    ...(name !== undefined && { name }),
    ...(version !== undefined && { version }),
    ...(doc !== undefined && { doc }),
    ...(parameters !== undefined && { parameters: Object.fromEntries(parameters) }),
    ...(defaultValue !== undefined && defaultValue !== null && { default: writeValue(schema, defaultValue) }),
    ...(type === 'ARRAY' && { items: writeSchema(schema.valueSchema) }),
    ...(type === 'MAP' && { keys: writeSchema(schema.keySchema), values: writeSchema(schema.valueSchema) }),
    ...(fields !== undefined && {
      fields: fields.map((field) => ({ ...(writeSchema(field.schema) as Json), field: field.name })),
    }),
  };
};

export const writeTyped = ({ schema, value }: SchemaAndValue): unknown => ({
  s: writeSchema(schema),
  v: writeValue(schema, value),
});

const smallTags: Readonly<Partial<Record<SchemaType, string>>> = { INT8: 'i8', INT16: 'i16', INT32: 'i32' };

/**
 * Schemaless JSON numbers are exact here; Java has made a long of them (which wraps) or a double (which rounds). They are written
 * as what Java has, so that a case compares what both know.
 */
export const writeValue = (schema: Schema | null, value: unknown): unknown => {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (value instanceof JsonNumber) return writeValue(null, javaNumber(value));
  if (value instanceof TypedNumber) return writeValue({ type: value.type, optional: false }, value.value);
  if (typeof value === 'bigint') return { i64: String(value) };
  if (typeof value === 'number') {
    const small = schema === null ? undefined : smallTags[schema.type];
    if (small !== undefined) return { [small]: value };
    return schema?.type === 'FLOAT32' ? { f32: floatText(value) } : { f64: doubleText(value) };
  }
  if (value instanceof Decimal) return { dec: [String(value.unscaled), value.scale] };
  if (value instanceof Date) return { date: value.getTime() };
  if (value instanceof Uint8Array) return { b64: Buffer.from(value).toString('base64') };
  const inner = schema?.valueSchema ?? null;
  if (Array.isArray(value)) return { arr: value.map((element) => writeValue(inner, element)) };
  if (value instanceof Map) {
    const entries = [...value].map(([key, element]) => [
      writeValue(schema?.keySchema ?? null, key),
      writeValue(inner, element),
    ]);
    return { map: entries.sort(([a], [b]) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) };
  }
  if (value instanceof Struct) {
    const fields = value.schema.fields ?? [];
    return {
      st: Object.fromEntries(
        fields.map((field) => [field.name, writeValue(field.schema, value.getWithoutDefault(field.name))]),
      ),
    };
  }
  throw new Error(`no tag for ${typeof value}`);
};

/** Connect reads fractions through BigDecimal, which has no negative zero. */
export const javaNumber = (number: JsonNumber): bigint | number => {
  const value = number.connectValue;
  return typeof value === 'number' ? value + 0 : value;
};
