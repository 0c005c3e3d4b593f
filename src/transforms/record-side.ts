import type { ConnectorConfig, Schema, SinkRecord } from '../api/index.ts';

/** Which half of a record a `$Key` or `$Value` transform works on. */
export interface RecordSide {
  schemaOf(record: SinkRecord): Schema | null;
  valueOf(record: SinkRecord): unknown;
  /** The same record with this half replaced. */
  replaced(record: SinkRecord, schema: Schema | null, value: unknown): SinkRecord;
}

export const keySide: RecordSide = {
  schemaOf: ({ keySchema }) => keySchema,
  valueOf: ({ key }) => key,
  replaced: (record, keySchema, key) => ({ ...record, keySchema, key }),
};

export const valueSide: RecordSide = {
  schemaOf: ({ valueSchema }) => valueSchema,
  valueOf: ({ value }) => value,
  replaced: (record, valueSchema, value) => ({ ...record, valueSchema, value }),
};

/** What a transform does with a record; null: it is filtered out. Throws ConnectErrors, each meaning a bad record. */
export type Apply = (record: SinkRecord) => SinkRecord | null;

/** Makes a transform from its sub-keys (`field`, not `transforms.a.field`). Throws a ConfigError with all that is wrong. */
export type CreateApply = (config: ConnectorConfig) => Apply;
export type CreateSidedApply = (config: ConnectorConfig, side: RecordSide) => Apply;
