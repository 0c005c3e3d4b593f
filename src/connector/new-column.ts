import { Decimal, JsonNumber, logicalNames, type NewColumn, type Schema, Struct, TypedNumber } from '../api/index.ts';
import { declaredColumnType } from './declared-type.ts';
import type { SinkSettings } from './sink-settings.ts';
import { hasObjectShape } from './value-writer.ts';

export type NewColumnSettings = Pick<SinkSettings, 'generation'> & {
  readonly evolution: Pick<SinkSettings['evolution'], 'types'>;
};

/** Most digits of a Snowflake NUMBER. */
const maxPrecision = 38;

/**
 * The column that evolution makes for a field, as the Snowflake connector's would be: by the field's schema, else by the value that came
 * first (a null: VARCHAR, for ever). The schema's doc is the column's comment. Never NOT NULL: a table that has rows cannot get such a
 * column, and the next version of the schema may make the field optional.
 */
export const newColumn = (
  settings: NewColumnSettings,
  { name, schema, value }: { readonly name: string; readonly schema: Schema | null; readonly value: unknown },
  byValue: boolean,
): NewColumn => ({
  name,
  type: schema === null || byValue ? typeOfMember(settings, schema, value) : typeOfSchema(settings, schema),
  comment: schema?.doc ?? null,
});

/**
 * A member of a Map: v4 looks at the JSON that is made of it, so a logical type's text is text. v3 dies of the first such map with a schema
 * (`Cannot list fields on non-struct type`); it and our own class take the schema at its word.
 */
const typeOfMember = (settings: NewColumnSettings, schema: Schema | null, value: unknown): string => {
  if (value === null || value === undefined) return 'VARCHAR';
  if (schema === null) return typeOfValue(settings, value);
  if (settings.generation !== 'v4') return typeOfSchema(settings, schema);
  if (value instanceof Date) return 'VARCHAR';
  if (typeof value !== 'number') return typeOfValue(settings, value);
  if (schema.type === 'FLOAT32' || schema.type === 'FLOAT64')
    return Number.isFinite(value) ? typeOfSchema(settings, schema) : 'VARCHAR';
  return 'INT';
};

const typeOfSchema = (settings: NewColumnSettings, schema: Schema): string => {
  const declared = settings.evolution.types === 'schema' ? declaredColumnType(schema) : null;
  if (declared !== null) return declared;
  switch (schema.type) {
    case 'INT8':
      return 'BYTEINT';
    case 'INT16':
      return 'SMALLINT';
    case 'INT32':
      if (schema.name === logicalNames.date) return 'DATE';
      return schema.name === logicalNames.time ? 'TIME(6)' : 'INT';
    case 'INT64':
      return schema.name === logicalNames.timestamp ? 'TIMESTAMP(6)' : 'BIGINT';
    case 'FLOAT32':
      return 'FLOAT';
    case 'FLOAT64':
      return 'DOUBLE';
    case 'BOOLEAN':
      return 'BOOLEAN';
    case 'STRING':
      return 'VARCHAR';
    case 'BYTES':
      return schema.name === logicalNames.decimal ? decimalType(settings, schema) : 'BINARY';
    case 'ARRAY':
      return 'ARRAY';
    case 'MAP':
    case 'STRUCT':
      return 'VARIANT';
  }
};

/** The connector keeps Decimals as text; by wish they become numbers of the schema's precision and scale. */
export const decimalType = ({ evolution }: NewColumnSettings, { parameters }: Schema): string => {
  if (evolution.types === 'connector') return 'VARCHAR';
  const scale = Number(parameters?.get('scale') ?? 0);
  const precision = Number(parameters?.get('connect.decimal.precision') ?? maxPrecision);
  const fits = scale >= 0 && scale <= precision && precision <= maxPrecision;
  return fits ? `NUMBER(${precision},${scale})` : 'VARCHAR';
};

const typeOfValue = (settings: NewColumnSettings, value: unknown): string => {
  const { generation } = settings;
  switch (typeof value) {
    case 'string':
      return 'VARCHAR';
    case 'boolean':
      return 'BOOLEAN';
    case 'bigint':
      return 'BIGINT';
    case 'number':
      return generation === 'v4' && !Number.isFinite(value) ? 'VARCHAR' : 'DOUBLE';
  }
  if (value instanceof JsonNumber) return typeOfNumber(value);
  if (value instanceof TypedNumber) {
    if (value.type === 'FLOAT32') return 'FLOAT';
    return generation === 'v3' && value.type === 'INT16' ? 'SMALLINT' : 'INT';
  }
  if (value instanceof Uint8Array) return 'BINARY';
  if (Array.isArray(value)) return 'ARRAY';
  if (value instanceof Map) return generation === 'v3' && !hasObjectShape(null, value) ? 'ARRAY' : 'VARIANT';
  if (value instanceof Struct) return 'VARIANT';
  if (value instanceof Date && generation !== 'v3') return generation === 'v4' ? 'BIGINT' : 'TIMESTAMP(6)';
  if (value instanceof Decimal && settings.evolution.types === 'schema')
    return value.scale >= 0 && value.scale <= maxPrecision ? `NUMBER(${maxPrecision},${value.scale})` : 'VARCHAR';
  return 'VARCHAR';
};

/** Kafka's JsonConverter knows longs and doubles only; more digits than a NUMBER holds are kept as text. */
const typeOfNumber = (number: JsonNumber): string => {
  if (!number.isInteger) return 'DOUBLE';
  return number.text.replace('-', '').length > maxPrecision ? 'VARCHAR' : 'BIGINT';
};
