/**
 * How Connect's values look in TypeScript.
 *
 * | Connect | with a schema | schemaless |
 * | --- | --- | --- |
 * | INT8, INT16, INT32 | number | TypedNumber |
 * | INT64 | bigint | bigint, or JsonNumber from JSON |
 * | FLOAT32 | number | TypedNumber |
 * | FLOAT64 | number | number, or JsonNumber from JSON |
 * | BOOLEAN, STRING | boolean, string | the same |
 * | BYTES | Uint8Array | Uint8Array |
 * | Decimal | Decimal | Decimal |
 * | Date, Time, Timestamp | Date (JavaScript's, UTC ms) | Date |
 * | ARRAY | array | array |
 * | MAP | Map (any keys) | Map |
 * | STRUCT | Struct | – |
 */
import type { Schema } from './schema.ts';

/** java.math.BigDecimal: unscaled × 10^-scale; the scale is part of the value. */
export class Decimal {
  readonly unscaled: bigint;
  readonly scale: number;
  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled;
    this.scale = scale;
  }
}

/** A schemaless number of a width that JavaScript has no type for (SMTs and header converters make them). */
export class TypedNumber {
  readonly type: 'INT8' | 'INT16' | 'INT32' | 'FLOAT32';
  readonly value: number;
  constructor(type: 'INT8' | 'INT16' | 'INT32' | 'FLOAT32', value: number) {
    this.type = type;
    this.value = value;
  }
}

/**
 * A number of schemaless JSON, digit for digit as it was written, so that neither 2^53 nor a double rounds it on its way to
 * Snowflake. Connect sees an INT64 or FLOAT64: `connectValue` (integers beyond int64 wrap there, as Jackson's do).
 */
export class JsonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  get isInteger(): boolean {
    return /^-?\d+$/.test(this.text);
  }
  get connectValue(): bigint | number {
    return this.isInteger ? BigInt.asIntN(64, BigInt(this.text)) : Number(this.text);
  }
}

/** A STRUCT: a value for each field of its schema, null where absent. */
export class Struct {
  readonly schema: Schema;
  /** In the order of the schema's fields. */
  readonly fields: readonly unknown[];
  /** @param values by field name, or in the order of the schema's fields */
  constructor(schema: Schema, values: ReadonlyMap<string, unknown> | readonly unknown[]) {
    this.schema = schema;
    this.fields = isMap(values) ? (schema.fields ?? []).map(({ name }) => values.get(name) ?? null) : values;
  }
  /** By field name; made anew each time. */
  get values(): ReadonlyMap<string, unknown> {
    return new Map((this.schema.fields ?? []).map(({ name }, index) => [name, this.fields[index] ?? null]));
  }
  /** Struct.get: the field schema's default stands for null. */
  get(name: string): unknown {
    const index = indexOfField(this.schema, name);
    if (index < 0) return null;
    return this.fields[index] ?? this.schema.fields?.[index]?.schema.defaultValue ?? null;
  }
  getWithoutDefault(name: string): unknown {
    const index = indexOfField(this.schema, name);
    return index < 0 ? null : (this.fields[index] ?? null);
  }
}

const isMap = (values: ReadonlyMap<string, unknown> | readonly unknown[]): values is ReadonlyMap<string, unknown> =>
  !Array.isArray(values);

const indexes = new WeakMap<Schema, ReadonlyMap<string, number>>();

/** -1: it has no such field. */
const indexOfField = (schema: Schema, name: string): number => {
  const fields = schema.fields ?? [];
  let known = indexes.get(schema);
  // A schema that contains itself grows while its defaults are read.
  if (known === undefined || known.size !== fields.length) {
    known = new Map(fields.map((field, index) => [field.name, index]));
    indexes.set(schema, known);
  }
  return known.get(name) ?? -1;
};

/** What Snowflake's own Avro converter reads: the fields, and the registry's id of their schema (RECORD_METADATA:schema_id). */
export class SnowflakeRecordContent extends Map<unknown, unknown> {
  readonly schemaId: number;
  constructor(fields: Iterable<readonly [unknown, unknown]>, schemaId: number) {
    super(fields);
    this.schemaId = schemaId;
  }
}

/** One record that holds several rows: an Avro Object Container with more than one object. */
export class RecordRows {
  readonly rows: readonly unknown[];
  constructor(rows: readonly unknown[]) {
    this.rows = rows;
  }
}
