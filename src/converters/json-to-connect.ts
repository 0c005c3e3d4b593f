import { DataError, type Decimal, JsonNumber, logicalNames, type Schema, Struct } from '../api/index.ts';
import { integerBits, parseDecimal } from '../util/big-decimal.ts';
import { decimalOfBytes } from './decimal-logical-type.ts';
import { decodeJsonBase64 } from './json-base64.ts';
import { jsonNodeType } from './json-node-type.ts';

const millisPerDay = 86_400_000;

/**
 * JsonConverter's reading of a JSON node by a schema. Types are coerced as Jackson does, not checked: `"x"` for an INT32 is 0,
 * 300 for an INT8 is 44, a number for a STRING is null. `node` undefined: the member is absent. Throws DataError with Connect's messages.
 */
export const connectValueOf = (schema: Schema, node: unknown, replaceNullWithDefault: boolean): unknown => {
  if (node === null || node === undefined) {
    const { defaultValue } = schema;
    if (replaceNullWithDefault && defaultValue !== undefined && defaultValue !== null) return defaultValue;
    if (schema.optional) return null;
    throw new DataError(`Invalid null value for required ${schema.type} field`);
  }
  const logical = schema.name === undefined ? undefined : logicalConverters.get(schema.name);
  return logical === undefined ? plainValueOf(schema, node, replaceNullWithDefault) : logical(schema, node);
};

const plainValueOf = (schema: Schema, node: unknown, replaceNull: boolean): unknown => {
  switch (schema.type) {
    case 'BOOLEAN':
      return node === true;
    case 'INT8':
      return Number(BigInt.asIntN(8, bitsOf(node)));
    case 'INT16':
      return Number(BigInt.asIntN(16, bitsOf(node)));
    case 'INT32':
      return Number(BigInt.asIntN(32, bitsOf(node)));
    case 'INT64':
      return BigInt.asIntN(64, bitsOf(node));
    case 'FLOAT32':
      return Math.fround(doubleOf(node));
    case 'FLOAT64':
      return doubleOf(node);
    case 'STRING':
      return typeof node === 'string' ? node : null;
    case 'BYTES':
      return typeof node === 'string' ? bytesOf(node) : null;
    case 'ARRAY':
      return elementsOf(node).map((element) => connectValueOf(innerSchema(schema), element, replaceNull));
    case 'MAP':
      return mapOf(schema, node, replaceNull);
    case 'STRUCT':
      return structOf(schema, node, replaceNull);
  }
};

const bitsOf = (node: unknown): bigint => {
  if (!(node instanceof JsonNumber)) return 0n;
  return node.isInteger ? BigInt(node.text) : integerBits(decimalOf(node));
};

/** BigDecimal has no negative zero, and Connect's numbers come through it. */
const doubleOf = (node: unknown): number => (node instanceof JsonNumber ? Number(node.text) + 0 : 0);

const decimalOf = (node: JsonNumber): Decimal => {
  const decimal = parseDecimal(node.text);
  if (decimal === null) throw new DataError('Number out of the range of a Java BigDecimal');
  return decimal;
};

const bytesOf = (text: string): Uint8Array => {
  try {
    return decodeJsonBase64(text);
  } catch (cause) {
    throw new DataError('Invalid bytes field', { cause });
  }
};

/** What iterating a Jackson node yields: members' values of an object, nothing of a scalar. */
const elementsOf = (node: unknown): readonly unknown[] => {
  if (Array.isArray(node)) return node;
  return node instanceof Map ? [...node.values()] : [];
};

const innerSchema = (schema: Schema): Schema => {
  if (schema.valueSchema === undefined) throw new DataError(`Schema of type ${schema.type} has no value schema`);
  return schema.valueSchema;
};

const mapOf = (schema: Schema, node: unknown, replaceNull: boolean): Map<unknown, unknown> => {
  const { keySchema } = schema;
  const valueSchema = innerSchema(schema);
  const result = new Map<unknown, unknown>();
  if (keySchema === undefined || keySchema.type === 'STRING') {
    if (!(node instanceof Map)) {
      throw new DataError(`Maps with string fields should be encoded as JSON objects, but found ${jsonNodeType(node)}`);
    }
    for (const [key, value] of node) result.set(key, connectValueOf(valueSchema, value, replaceNull));
    return result;
  }
  if (!Array.isArray(node)) {
    throw new DataError(
      `Maps with non-string fields should be encoded as JSON array of tuples, but found ${jsonNodeType(node)}`,
    );
  }
  for (const entry of node as readonly unknown[]) {
    if (!Array.isArray(entry)) {
      throw new DataError(`Found invalid map entry instead of array tuple: ${jsonNodeType(entry)}`);
    }
    if (entry.length !== 2) {
      throw new DataError(`Found invalid map entry, expected length 2 but found :${entry.length}`);
    }
    const key = connectValueOf(keySchema, entry[0], replaceNull);
    result.set(key, connectValueOf(valueSchema, entry[1], replaceNull));
  }
  return result;
};

const structOf = (schema: Schema, node: unknown, replaceNull: boolean): Struct => {
  if (!(node instanceof Map)) {
    throw new DataError(`Structs should be encoded as JSON objects, but found ${jsonNodeType(node)}`);
  }
  const values: unknown[] = [];
  for (const field of schema.fields ?? []) {
    const value = connectValueOf(field.schema, node.get(field.name), replaceNull);
    checkRequired(field.schema, value, `field: "${field.name}"`);
    values.push(value);
  }
  return new Struct(schema, values);
};

/** ConnectSchema.validateValue, of what coercion may have made null (a number for a required string). */
export const checkRequired = (schema: Schema, value: unknown, place: string): void => {
  if (value === null && !schema.optional) {
    throw new DataError(`Invalid value: null used for required ${place}, schema type: ${schema.type}`);
  }
  const { keySchema, valueSchema } = schema;
  if (valueSchema === undefined) return;
  if (Array.isArray(value))
    for (const element of value) checkRequired(valueSchema, element, `element of array ${place}`);
  if (!(value instanceof Map)) return;
  for (const [key, element] of value) {
    if (keySchema !== undefined) checkRequired(keySchema, key, `key of map ${place}`);
    checkRequired(valueSchema, element, `value of map ${place}`);
  }
};

type LogicalConverter = (schema: Schema, node: unknown) => unknown;

const decimal: LogicalConverter = (schema, node) => {
  if (node instanceof JsonNumber) return decimalOf(node);
  if (typeof node !== 'string') {
    throw new DataError(
      `Invalid type for Decimal, underlying representation should be numeric or bytes but was ${jsonNodeType(node)}`,
    );
  }
  try {
    return decimalOfBytes(schema, decodeJsonBase64(node));
  } catch (cause) {
    throw new DataError('Invalid bytes for Decimal field', { cause });
  }
};

const int32 = (logicalType: string, node: unknown): number => {
  const integer = node instanceof JsonNumber && node.isInteger ? BigInt(node.text) : null;
  if (integer === null || BigInt.asIntN(32, integer) !== integer) {
    throw new DataError(
      `Invalid type for ${logicalType}, underlying representation should be integer but was ${jsonNodeType(node)}`,
    );
  }
  return Number(integer);
};

const timeOfDay = (millis: number): Date => {
  if (millis < 0 || millis > millisPerDay) {
    throw new DataError('Time values must use number of milliseconds greater than 0 and less than 86400000');
  }
  return new Date(millis);
};

const timestamp: LogicalConverter = (_schema, node) => {
  if (!(node instanceof JsonNumber) || !node.isInteger) {
    throw new DataError(
      `Invalid type for Timestamp, underlying representation should be integral but was ${jsonNodeType(node)}`,
    );
  }
  return dateOf('Timestamp', Number(BigInt.asIntN(64, BigInt(node.text))));
};

/** Java's Date reaches further than JavaScript's; what lies beyond is no date that Snowflake takes either. */
const dateOf = (logicalType: string, millis: number): Date => {
  const date = new Date(millis);
  if (Number.isNaN(date.getTime())) {
    throw new DataError(
      `Invalid ${logicalType}: further than 100,000,000 days from 1970; is its unit finer than ${logicalType}'s?`,
    );
  }
  return date;
};

const logicalConverters: ReadonlyMap<string, LogicalConverter> = new Map([
  [logicalNames.decimal, decimal],
  [logicalNames.date, (_schema: Schema, node: unknown) => dateOf('Date', int32('Date', node) * millisPerDay)],
  [logicalNames.time, (_schema: Schema, node: unknown) => timeOfDay(int32('Time', node))],
  [logicalNames.timestamp, timestamp],
]);
