import { Decimal, JsonNumber, type Schema, type SchemaType, Struct, TypedNumber } from '../api/index.ts';

/** A JSON number as the Java transforms see it (a long, which wraps, or a double); anything else as it is. */
export const connectValue = (value: unknown): unknown => {
  if (!(value instanceof JsonNumber)) return value;
  const number = value.connectValue;
  // Jackson's doubles come through BigDecimal, which has no negative zero.
  return typeof number === 'number' ? number + 0 : number;
};

/** ConnectSchema.schemaType of a schemaless value's class; null: none of Connect's (Decimal, Date). */
export const schemaTypeOf = (value: unknown): SchemaType | null => {
  if (typeof value === 'string') return 'STRING';
  if (typeof value === 'boolean') return 'BOOLEAN';
  if (typeof value === 'bigint') return 'INT64';
  if (typeof value === 'number') return 'FLOAT64';
  if (value instanceof TypedNumber) return value.type;
  if (value instanceof JsonNumber) return value.isInteger ? 'INT64' : 'FLOAT64';
  if (value instanceof Map) return 'MAP';
  if (Array.isArray(value)) return 'ARRAY';
  if (value instanceof Struct) return 'STRUCT';
  return value instanceof Uint8Array ? 'BYTES' : null;
};

const javaClasses: Readonly<Record<SchemaType, string>> = {
  INT8: 'java.lang.Byte',
  INT16: 'java.lang.Short',
  INT32: 'java.lang.Integer',
  INT64: 'java.lang.Long',
  FLOAT32: 'java.lang.Float',
  FLOAT64: 'java.lang.Double',
  BOOLEAN: 'java.lang.Boolean',
  STRING: 'java.lang.String',
  BYTES: '[B',
  ARRAY: 'java.util.ArrayList',
  MAP: 'java.util.HashMap',
  STRUCT: 'org.apache.kafka.connect.data.Struct',
};

/** Class.getName() of the value that Java would have here; `null` for null. */
export const javaClassName = (schema: Schema | null, value: unknown): string => {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Decimal) return 'java.math.BigDecimal';
  if (value instanceof Date) return 'java.util.Date';
  const type = typeof value === 'number' && schema !== null ? schema.type : schemaTypeOf(value);
  return type === null ? 'java.lang.Object' : javaClasses[type];
};

/** A small number as it looks here: tagged with its type where no schema tells it. */
export const smallNumber = (
  type: 'INT8' | 'INT16' | 'INT32' | 'FLOAT32',
  value: number,
  hasSchema: boolean,
): number | TypedNumber => (hasSchema ? value : new TypedNumber(type, value));
