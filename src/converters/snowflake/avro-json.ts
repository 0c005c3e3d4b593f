import { Decimal, JsonNumber, type Schema, Struct, TypedNumber } from '../../api/index.ts';
import { decimalText } from '../../util/big-decimal.ts';

const unionName = 'io.confluent.connect.avro.Union';
const fixedSize = 'connect.fixed.size';

/**
 * A value as Avro's own JSON has it, which is what Snowflake's converters hand on: no schema, unions are their branch, bytes are text of
 * ISO 8859-1, fixed values lists of signed bytes. Numbers keep their digits (Java reads decimals as doubles).
 */
export const avroJson = (schema: Schema | null, value: unknown): unknown => {
  if (value === null || value === undefined) return null;
  if (value instanceof Struct) return structJson(value);
  if (value instanceof Decimal) return new JsonNumber(decimalText(value));
  if (value instanceof Uint8Array) {
    if (schema?.parameters?.has(fixedSize) === true)
      return [...value].map((byte) => new JsonNumber(String((byte << 24) >> 24)));
    return Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1');
  }
  const inner = schema?.valueSchema ?? null;
  if (Array.isArray(value)) return value.map((element) => avroJson(inner, element));
  if (value instanceof Map) return new Map([...value].map(([key, element]) => [key, avroJson(inner, element)]));
  if (typeof value !== 'number') return value;
  if (schema?.type === 'FLOAT32') return new TypedNumber('FLOAT32', value);
  return schema?.type === 'FLOAT64' ? value : new JsonNumber(String(value));
};

const structJson = (struct: Struct): unknown => {
  const fields = struct.schema.fields ?? [];
  if (struct.schema.name !== unionName) {
    return new Map(fields.map(({ name, schema }) => [name, avroJson(schema, struct.getWithoutDefault(name))]));
  }
  const branch = fields.find(({ name }) => struct.getWithoutDefault(name) !== null);
  return branch === undefined ? null : avroJson(branch.schema, struct.getWithoutDefault(branch.name));
};

/** The schema's text without the logical types that Snowflake's converter does not know. */
export const withoutLogicalTypes = (text: string, kept: readonly string[]): string => {
  if (!text.includes('"logicalType"')) return text;
  const strip = (name: string, value: unknown): unknown =>
    name === 'logicalType' && !kept.includes(String(value)) ? undefined : value;
  return JSON.stringify(JSON.parse(text, strip));
};
