import { type Column, ConnectError, type IcebergTableOptions } from '../api/index.ts';
import { mergedType, parseStructuredType, type StructuredType, structuredTypeText } from './columns/structured-type.ts';
import type { NestedColumns } from './iceberg-type.ts';
import { icebergDdl } from './iceberg-widening.ts';
import type { Generation, SinkSettings } from './sink-settings.ts';
import { metadataObjectType, missingMetadataFields } from './structured-metadata.ts';

const optionsKey = 'snowflake.iceberg.create.table.options';

/** Format 3 has VARIANT; of format 2, or where no column tells, nested values go to structured types, which both have. */
export const nestedColumns = (columns: readonly Column[], generation: Generation): NestedColumns =>
  generation !== 'v3' && columns.some(({ type }) => type.toUpperCase() === 'VARIANT') ? 'variant' : 'structured';

/** How a missing table is made with snowflake.autocreate.table.type=iceberg. @throws ConnectError (ERROR_0034) where its format cannot hold the rows */
export const icebergCreation = (
  table: string,
  { generation, schematization }: Pick<SinkSettings, 'generation' | 'schematization'>,
  clauses: string,
): IcebergTableOptions => {
  if (!schematization && !/\bICEBERG_VERSION\s*=\s*'?3'?(?!\d)/i.test(clauses)) {
    throw new ConnectError(
      `Iceberg table ${table} cannot be created: without schematization the record goes to a RECORD_CONTENT VARIANT column, which only format 3 has. Put ICEBERG_VERSION=3 into ${optionsKey}, or set snowflake.enable.schematization=true`,
    );
  }
  return { clauses, metadataType: metadataObjectType(generation) };
};

/** snowflake.streaming.iceberg.enabled: v3 writes to Iceberg tables that are there (its ERROR_0032). */
export const notAnIcebergTable = (table: string, exists: boolean): ConnectError =>
  new ConnectError(
    exists
      ? `Table ${table} is no Iceberg table, but snowflake.streaming.iceberg.enabled=true: set it to false, or map the topic to another table by snowflake.topic2table.map`
      : `Iceberg table ${table} does not exist: create it (CREATE ICEBERG TABLE ${table} (RECORD_METADATA OBJECT()) EXTERNAL_VOLUME = '…' CATALOG = 'SNOWFLAKE' BASE_LOCATION = '…' ENABLE_SCHEMA_EVOLUTION = TRUE), or take com.snowflake.kafka.connector.SnowflakeStreamingSinkConnector with snowflake.autocreate.table.type=iceberg`,
  );

/** The type that a structured RECORD_METADATA must become before rows have a place for all that they tell; null: it is good. */
export const metadataTypeNeeded = (column: Column, generation: Generation): string | null => {
  const type = parseStructuredType(column.type);
  const isNarrow = isObject(type) && type.fields.some(hasShortOffset);
  if (!isNarrow && missingMetadataFields(type, generation).length === 0) return null;
  const wanted = parseStructuredType(metadataObjectType(generation));
  return structuredTypeText(mergedType(withLongOffset(icebergDdl(type)), wanted));
};

/** v4 leaves the table as it is, and fails (ERROR_0035). */
export const metadataTypeRefusal = (table: string, column: Column, generation: Generation): ConnectError => {
  const missing = missingMetadataFields(parseStructuredType(column.type), generation);
  const type = metadataTypeNeeded(column, generation);
  return new ConnectError(
    `Column ${column.name} of table ${table} is a structured OBJECT ${missing.length === 0 ? 'whose offset is too short' : `without ${missing.join(', ')}`}, which each row has: ALTER ICEBERG TABLE ${table} ALTER COLUMN ${column.name} SET DATA TYPE ${type}`,
  );
};

type ObjectType = Extract<StructuredType, { kind: 'object' }>;
const isObject = (type: StructuredType): type is ObjectType => type.kind === 'object';

/** Offsets of tables that early versions of v3 made were INT. */
const hasShortOffset = ({ name, type }: ObjectType['fields'][number]): boolean =>
  name.toLowerCase() === 'offset' && type.kind === 'scalar' && /^(INT|NUMBER\(10, *0\))$/i.test(type.text);

const withLongOffset = (type: StructuredType): StructuredType => {
  if (!isObject(type)) return { kind: 'object', fields: [] };
  const fields = type.fields.map((field) =>
    hasShortOffset(field) ? { ...field, type: { kind: 'scalar', text: 'LONG' } as const } : field,
  );
  return { kind: 'object', fields };
};
