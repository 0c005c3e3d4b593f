import { expect, test } from 'vitest';
import { type Schema, type SinkRecord, Struct } from '../../../src/api/index.ts';
import { RowMapper } from '../../../src/connector/row-mapper.ts';
import { TableMismatchError } from '../../../src/connector/table-mismatch-error.ts';
import { allMetadata } from '../../support/all-metadata.ts';

const field = (type: Schema['type'], name?: string, doc?: string): Schema => ({
  type,
  optional: true,
  ...(name !== undefined && { name }),
  ...(doc !== undefined && { doc }),
});
const schemas: Readonly<Record<string, Schema>> = {
  DAY: field('INT32', 'io.debezium.time.Date', 'day of birth'),
  CLOCK: field('INT64', 'io.debezium.time.MicroTime'),
  AT: field('INT64', 'io.debezium.time.Timestamp'),
  AT_NANOS: field('INT64', 'io.debezium.time.NanoTimestamp'),
  ZONED: field('STRING', 'io.debezium.time.ZonedTimestamp'),
  DOCUMENT: field('STRING', 'io.debezium.data.Json'),
  AMOUNT: {
    ...field('BYTES', 'org.apache.kafka.connect.data.Decimal'),
    parameters: new Map(Object.entries({ scale: '2', 'connect.decimal.precision': '12' })),
  },
  STATE: field('STRING', 'io.debezium.data.Enum'),
  RAW: field('BYTES'),
};
const values: Readonly<Record<string, unknown>> = {
  DAY: 19_000,
  CLOCK: 45_296_000_001n,
  AT: -1n,
  AT_NANOS: 1_700_000_000_123_456_789n,
  ZONED: '2024-01-15T13:45:30.5+02:00',
  DOCUMENT: '{"a":1}',
  STATE: 'new',
  RAW: new Uint8Array([255]),
};
const schema: Schema = {
  type: 'STRUCT',
  optional: false,
  fields: Object.entries(schemas).map(([name, one], index) => ({ name, index, schema: one })),
};

const rowOf = (types: 'connector' | 'schema', columns: Readonly<Record<string, string>>): string | null => {
  const mapper = new RowMapper({
    generation: 'own',
    schematization: true,
    validation: 'client',
    evolution: { policy: 'evolve', widen: false, types },
    metadata: { ...allMetadata, all: false },
    onNullValue: 'default',
    normalizeColumnNames: true,
  });
  mapper.describe(
    'T',
    Object.entries(columns).map(([name, type]) => ({ name, type, nullable: true, hasDefault: false })),
  );
  const record = { topic: 't', key: null, keySchema: null, headers: [], valueSchema: schema };
  return mapper.rowText(
    { ...record, value: new Struct(schema, new Map(Object.entries(values))) } as unknown as SinkRecord,
    'T',
    0,
  );
};

const columnsOf = (types: 'connector' | 'schema') => {
  try {
    rowOf(types, { OTHER: 'VARIANT' });
  } catch (error) {
    if (error instanceof TableMismatchError) return error.change.add;
    throw error;
  }
  throw new Error('no column is missing');
};

test('types=schema: columns as the schema means them, and values as those columns take them', () => {
  const columns = columnsOf('schema');
  expect(Object.fromEntries(columns.map(({ name, type }) => [name, type]))).toEqual({
    DAY: 'DATE',
    CLOCK: 'TIME(6)',
    AT: 'TIMESTAMP_NTZ(3)',
    AT_NANOS: 'TIMESTAMP_NTZ(9)',
    ZONED: 'TIMESTAMP_TZ(6)',
    DOCUMENT: 'VARIANT',
    AMOUNT: 'NUMBER(12,2)',
    STATE: 'VARCHAR',
    RAW: 'BINARY',
  });
  expect(columns[0]?.comment).toBe('day of birth');
  expect(JSON.parse(rowOf('schema', Object.fromEntries(columns.map(({ name, type }) => [name, type]))) ?? '')).toEqual({
    DAY: '2022-01-08',
    CLOCK: '12:34:56.000001',
    AT: '1969-12-31T23:59:59.999',
    AT_NANOS: '2023-11-14T22:13:20.123456789',
    ZONED: '2024-01-15T13:45:30.5+02:00',
    DOCUMENT: { a: 1 },
    AMOUNT: null,
    STATE: 'new',
    RAW: '/w==',
  });
});

test('types=schema leaves integers to columns of numbers; types=connector knows Connect’s own logical types only', () => {
  const columns = columnsOf('connector');
  expect(Object.fromEntries(columns.map(({ name, type }) => [name, type]))).toMatchObject({
    DAY: 'INT',
    AT: 'BIGINT',
    ZONED: 'VARCHAR',
    DOCUMENT: 'VARCHAR',
    AMOUNT: 'VARCHAR',
  });
  const numbers = Object.fromEntries(
    columns.map(({ name, type }) => [name, /INT$/.test(type) ? 'NUMBER(38,0)' : type]),
  );
  expect(JSON.parse(rowOf('schema', numbers) ?? '')).toMatchObject({ DAY: 19_000, AT: -1 });
});
