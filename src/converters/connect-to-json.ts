import {
  DataError,
  Decimal,
  JsonNumber,
  logicalNames,
  type Schema,
  type SchemaType,
  Struct,
  TypedNumber,
} from '../api/index.ts';
import { decimalText } from '../util/big-decimal.ts';
import { doubleText, floatText } from '../util/java-number-text.ts';
import { bytesOfDecimal } from './decimal-logical-type.ts';

/** How JsonConverter writes: decimal.format, and replace.null.with.default. */
export interface JsonFormat {
  readonly decimals: 'BASE64' | 'NUMERIC';
  readonly replaceNullWithDefault: boolean;
}

const millisPerDay = 86_400_000;

/** JSON text of a Connect value as JsonConverter serialises it. Throws DataError where value and schema do not fit. */
export const jsonOfConnectValue = (schema: Schema | null, value: unknown, format: JsonFormat): string => {
  if (value === null || value === undefined) return jsonOfNull(schema, format);
  const type = schema?.type ?? inferredType(value);
  if (schema?.name !== undefined) {
    const logical = jsonOfLogicalValue(schema, value, format);
    if (logical !== null) return logical;
  }
  switch (type) {
    case 'INT8':
    case 'INT16':
    case 'INT32':
      return String(value instanceof TypedNumber ? value.value : checked(value, 'number', type));
    case 'INT64':
      return value instanceof JsonNumber ? value.text : String(checked(value, 'bigint', type));
    case 'FLOAT32':
      return floatJson(floatText(value instanceof TypedNumber ? value.value : checked(value, 'number', type)));
    case 'FLOAT64':
      return value instanceof JsonNumber ? value.text : floatJson(doubleText(checked(value, 'number', type)));
    case 'BOOLEAN':
      return String(checked(value, 'boolean', type));
    case 'STRING':
      return JSON.stringify(checked(value, 'string', type));
    case 'BYTES':
      if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
      throw mismatch(type);
    case 'ARRAY':
      if (!Array.isArray(value)) throw mismatch(type);
      return `[${value.map((element) => jsonOfConnectValue(schema?.valueSchema ?? null, element, format)).join(',')}]`;
    case 'MAP':
      if (!(value instanceof Map)) throw mismatch(type);
      return jsonOfMap(schema, value, format);
    case 'STRUCT':
      if (!(value instanceof Struct)) throw mismatch(type);
      return jsonOfStruct(value, format);
  }
};

const jsonOfNull = (schema: Schema | null, format: JsonFormat): string => {
  if (schema === null) return 'null';
  if (format.replaceNullWithDefault && schema.defaultValue !== undefined && schema.defaultValue !== null) {
    return jsonOfConnectValue(schema, schema.defaultValue, format);
  }
  if (schema.optional) return 'null';
  throw new DataError('Conversion error: null value for field that is required and has no default value');
};

const inferredType = (value: unknown): SchemaType => {
  if (value instanceof TypedNumber) return value.type;
  if (value instanceof JsonNumber) return value.isInteger ? 'INT64' : 'FLOAT64';
  if (typeof value === 'bigint') return 'INT64';
  if (typeof value === 'number') return 'FLOAT64';
  if (typeof value === 'boolean') return 'BOOLEAN';
  if (typeof value === 'string') return 'STRING';
  if (value instanceof Uint8Array) return 'BYTES';
  if (Array.isArray(value)) return 'ARRAY';
  if (value instanceof Map) return 'MAP';
  if (value instanceof Struct) return 'STRUCT';
  const javaClass = value instanceof Decimal ? 'java.math.BigDecimal' : 'java.util.Date';
  throw new DataError(`Java class class ${javaClass} does not have corresponding schema type.`);
};

const jsonOfLogicalValue = (schema: Schema, value: unknown, format: JsonFormat): string | null => {
  switch (schema.name) {
    case logicalNames.decimal:
      if (!(value instanceof Decimal)) throw new DataError('Invalid type for Decimal, expected BigDecimal');
      return format.decimals === 'NUMERIC'
        ? decimalText(value)
        : `"${Buffer.from(bytesOfDecimal(value)).toString('base64')}"`;
    case logicalNames.date:
      return String(Math.floor(dateMillis(value, 'Date') / millisPerDay));
    case logicalNames.time:
      return String(dateMillis(value, 'Time'));
    case logicalNames.timestamp:
      return String(dateMillis(value, 'Timestamp'));
    default:
      return null;
  }
};

const dateMillis = (value: unknown, logicalType: string): number => {
  if (value instanceof Date) return value.getTime();
  throw new DataError(`Invalid type for ${logicalType}, expected Date`);
};

const floatJson = (text: string): string => (/[NI]/.test(text) ? `"${text}"` : text);

const jsonOfMap = (schema: Schema | null, map: ReadonlyMap<unknown, unknown>, format: JsonFormat): string => {
  const keySchema = schema?.keySchema ?? null;
  const valueSchema = schema?.valueSchema ?? null;
  const valueText = (value: unknown): string => jsonOfConnectValue(valueSchema, value, format);
  const asObject =
    keySchema === null ? [...map.keys()].every((key) => typeof key === 'string') : keySchema.type === 'STRING';
  if (asObject) {
    return `{${[...map].map(([key, value]) => `${JSON.stringify(String(key))}:${valueText(value)}`).join(',')}}`;
  }
  const entries = [...map].map(([key, value]) => `[${jsonOfConnectValue(keySchema, key, format)},${valueText(value)}]`);
  return `[${entries.join(',')}]`;
};

const jsonOfStruct = (struct: Struct, format: JsonFormat): string => {
  const members = (struct.schema.fields ?? []).map(
    ({ name, schema }) =>
      `${JSON.stringify(name)}:${jsonOfConnectValue(schema, struct.getWithoutDefault(name), format)}`,
  );
  return `{${members.join(',')}}`;
};

interface TypeOf {
  readonly number: number;
  readonly bigint: bigint;
  readonly boolean: boolean;
  readonly string: string;
}

const checked = <K extends keyof TypeOf>(value: unknown, kind: K, type: SchemaType): TypeOf[K] => {
  if (typeof value !== kind) throw mismatch(type);
  return value as TypeOf[K];
};

const mismatch = (type: SchemaType): DataError =>
  new DataError(`Invalid type for ${type}: the value is of another type`);
