import { describe, expect, test } from 'vitest';
import { type Column, DataError, Decimal, type Header, JsonNumber, type SinkRecord } from '../../../src/api/index.ts';
import { RowMapper, type RowSettings } from '../../../src/connector/row-mapper.ts';

const settings: RowSettings = {
  generation: 'own',
  schematization: false,
  validation: 'client',
  evolution: { policy: 'evolve', widen: false, types: 'connector' },
  onNullValue: 'default',
  normalizeColumnNames: true,
  metadata: {
    all: true,
    topic: true,
    offsetAndPartition: true,
    createTime: true,
    connectorPushTime: false,
    typedHeaders: true,
  },
};
const noMetadata = { ...settings.metadata, all: false };

const record = (value: unknown, over: Partial<SinkRecord> = {}): SinkRecord => ({
  topic: 'orders',
  partition: 1,
  offset: 42n,
  timestamp: 1700000000000n,
  timestampType: 'CreateTime',
  keySchema: null,
  key: null,
  valueSchema: null,
  value,
  headers: [],
  original: {
    topic: 'orders',
    partition: 1,
    record: {
      offset: 42n,
      batchOffset: 42n,
      timestamp: -1n,
      timestampType: 'CreateTime',
      key: null,
      value: null,
      headers: [],
    },
  },
  ...over,
});

const rowText = (sink: SinkRecord, over: Partial<RowSettings> = {}): string | null =>
  new RowMapper({ ...settings, ...over }).rowText(sink, 'T', 1);

describe('RECORD_CONTENT and RECORD_METADATA', () => {
  test('numbers stay digit for digit; one line', () => {
    const value = new Map<string, unknown>([
      ['id', new JsonNumber('9007199254740993')],
      ['price', new JsonNumber('0.10')],
      ['text', 'a\nb'],
    ]);
    expect(rowText(record(value))).toBe(
      String.raw`{"RECORD_CONTENT":{"id":9007199254740993,"price":0.10,"text":"a\nb"},"RECORD_METADATA":{"topic":"orders","partition":1,"offset":42,"CreateTime":1700000000000}}`,
    );
  });

  test('key and headers: the last of repeated names, at the first place', () => {
    const int8 = { type: 'INT8', optional: false } as const;
    const headers: Header[] = [
      { name: 'a', schema: int8, value: 1 },
      { name: 'b', schema: null, value: null },
      { name: 'a', schema: int8, value: 3 },
    ];
    const parts = { keySchema: null, key: 'k', headers };
    const fragment = ',"key":"k","headers":{"a":3,"b":null}';
    expect(new RowMapper(settings).keyAndHeadersFragment(parts)).toBe(fragment);
    expect(rowText(record('x', parts))).toContain(`${fragment}}}`);
    expect(new RowMapper({ ...settings, metadata: noMetadata }).keyAndHeadersFragment(parts)).toBe('');
  });

  test('a record without a timestamp has null there, one without a time type nothing', () => {
    expect(rowText(record(true, { timestamp: null }))).toContain('"CreateTime":null');
    expect(rowText(record(true, { timestampType: 'NoTimestampType' }))).not.toContain('Time');
  });

  test('tombstones', () => {
    expect(rowText(record(null), { onNullValue: 'ignore' })).toBeNull();
    expect(rowText(record(null))).toMatch(/^\{"RECORD_METADATA":/);
    expect(rowText(record(null), { generation: 'v3' })).toMatch(/^\{"RECORD_CONTENT":\{\},/);
    expect(rowText(record(null), { metadata: noMetadata })).toBeNull();
  });

  test('our own class writes what the others refuse: Decimals without a schema, dates as ISO text', () => {
    const value = new Map<string, unknown>([
      ['d', new Decimal(12345678901234567890123n, 2)],
      ['t', new Date(0)],
    ]);
    expect(rowText(record(value), { metadata: noMetadata })).toBe(
      '{"RECORD_CONTENT":{"d":123456789012345678901.23,"t":"1970-01-01T00:00:00.000Z"}}',
    );
    expect(() => rowText(record(value), { generation: 'v4' })).toThrow(DataError);
  });
});

describe('one column per field', () => {
  const columns: readonly Column[] = [
    { name: 'ID', type: 'NUMBER(38,0)', nullable: false, hasDefault: false },
    { name: 'lower', type: 'VARCHAR(5)', nullable: true, hasDefault: false },
    { name: 'CREATED', type: 'TIMESTAMP_NTZ(9)', nullable: false, hasDefault: true },
    { name: 'RECORD_METADATA', type: 'VARIANT', nullable: true, hasDefault: false },
  ];
  const schematized = (fields: Readonly<Record<string, unknown>>, over: Partial<RowSettings> = {}) => {
    const mapper = new RowMapper({ ...settings, schematization: true, metadata: noMetadata, ...over });
    mapper.describe('T', columns);
    return mapper.rowText(record(new Map(Object.entries(fields))), 'T', 1);
  };

  test('fields find their columns whatever the case', () => {
    expect(schematized({ id: new JsonNumber('9007199254740993'), LOWER: 'x' })).toBe(
      '{"ID":9007199254740993,"lower":"x"}',
    );
  });

  test('v4, names to the letter: fields that differ in case only are columns of their own', () => {
    const exact = { generation: 'v4', normalizeColumnNames: false } as const;
    expect(() => schematized({ ID: 1n, lower: 'x', LOWER: 'y' }, exact)).toThrow('no column for: LOWER (table T)');
    expect(schematized({ ID: 1n, lower: 'x' }, exact)).toBe('{"ID":1,"lower":"x"}');
  });

  test('null leaves a default alone', () => {
    expect(schematized({ id: 1n, created: null, lower: null })).toBe('{"ID":1,"lower":null}');
  });

  test('RECORD_METADATA goes along', () => {
    expect(schematized({ id: 1n }, { metadata: settings.metadata })).toMatch(/^\{"ID":1,"RECORD_METADATA":\{"topic"/);
  });

  test.each([
    ['no column for: COLOUR (table T)', { id: 1n, colour: 'red' }],
    ['column ID of type NUMBER, rowIndex:0, reason: Not a valid number', { id: 'secret' }],
    [
      'column lower of type STRING, rowIndex:0, reason: String too long: length=6 characters maxLength=5 characters',
      { id: 1n, lower: 'secret' },
    ],
    ['has nothing for column ID, which is NOT NULL', { id: null }],
    ['has nothing for column ID', { lower: 'x' }],
    ['Two fields of the record go to column ID', { id: 1n, ID: 2n }],
  ])('a bad record (the column is named, the value is not): %s', (message, fields) => {
    expect(() => schematized(fields)).toThrow(DataError);
    expect(() => schematized(fields)).toThrow(message);
    expect(() => schematized(fields)).not.toThrow('secret');
  });

  test('a value that is no object is refused', () => {
    const mapper = new RowMapper({ ...settings, schematization: true });
    mapper.describe('T', columns);
    expect(() => mapper.rowText(record('text'), 'T', 1)).toThrow(/Record value must be a Map or Struct/);
  });
});
