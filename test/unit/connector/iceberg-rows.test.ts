import { describe, expect, test } from 'vitest';
import {
  type Column,
  DataError,
  Decimal,
  JsonNumber,
  type Schema,
  type SinkRecord,
  Struct,
} from '../../../src/api/index.ts';
import { RowMapper, type RowSettings } from '../../../src/connector/row-mapper.ts';
import { TableMismatchError } from '../../../src/connector/table-mismatch-error.ts';

const settings: RowSettings = {
  generation: 'own',
  schematization: true,
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

const column = (name: string, type: string): Column => ({ name, type, nullable: true, hasDefault: false });
const metadata = column(
  'RECORD_METADATA',
  'OBJECT(offset NUMBER(19,0), topic VARCHAR(134217728), partition NUMBER(10,0), key VARCHAR(134217728), schema_id NUMBER(10,0), CreateTime NUMBER(19,0), LogAppendTime NUMBER(19,0), SnowflakeConnectorPushTime NUMBER(19,0), headers MAP(VARCHAR(134217728), VARCHAR(134217728)))',
);

const record = (value: unknown, more: Partial<SinkRecord> = {}): SinkRecord => ({
  topic: 't',
  partition: 3,
  offset: 7n,
  timestamp: 5n,
  timestampType: 'CreateTime',
  keySchema: null,
  key: null,
  valueSchema: null,
  value,
  headers: [],
  original: {
    topic: 't',
    partition: 3,
    record: {
      offset: 7n,
      batchOffset: 7n,
      timestamp: 5n,
      timestampType: 'CreateTime',
      key: null,
      value: null,
      headers: [],
    },
  },
  ...more,
});

const rowOf = (
  columns: readonly Column[],
  sink: SinkRecord,
  over: Partial<RowSettings> = {},
  iceberg: 'structured' | 'variant' = 'structured',
): Record<string, unknown> => {
  const mapper = new RowMapper({ ...settings, ...over });
  mapper.describe('T', columns, { evolves: false, iceberg });
  return JSON.parse(mapper.rowText(sink, 'T', 9) ?? 'null');
};

const changeOf = (...args: Parameters<typeof rowOf>) => {
  try {
    rowOf(...args);
  } catch (error) {
    if (error instanceof TableMismatchError) return error.change;
    throw error;
  }
  return null;
};

const object = (fields: Record<string, unknown>) => new Map(Object.entries(fields));

describe('structured RECORD_METADATA', () => {
  const columns = [metadata, column('A', 'NUMBER(19,0)')];

  test('has every field of the type and no other; keys and headers are texts', () => {
    const headers = [
      { name: 'h', schema: null, value: object({ x: new JsonNumber('1') }) },
      { name: 's', schema: null, value: 'text' },
    ];
    const sink = record(object({ A: new JsonNumber('1') }), { key: object({ id: new JsonNumber('1') }), headers });
    const common = { offset: 7, topic: 't', partition: 3, CreateTime: 5, LogAppendTime: null, schema_id: null };
    expect(rowOf(columns, sink)).toEqual({
      A: 1,
      RECORD_METADATA: {
        ...common,
        SnowflakeConnectorPushTime: null,
        key: '{"id":1}',
        headers: { h: '{"x":1}', s: 'text' },
      },
    });
    expect(rowOf(columns, sink, { generation: 'v4', validation: 'server' })['RECORD_METADATA']).toMatchObject({
      ...common,
      key: '{id=1}',
      headers: { h: '{x=1}', s: 'text' },
    });
    expect(rowOf(columns, record(object({ A: new JsonNumber('1') })), { generation: 'v3' })).toMatchObject({
      RECORD_METADATA: { ...common, key: null, headers: {} },
    });
  });

  test('is what a missing column of a format 2 table becomes; of format 3 it is a VARIANT', () => {
    const sink = record(object({ A: new JsonNumber('1') }));
    const added = (iceberg: 'structured' | 'variant') => changeOf(columns.slice(1), sink, {}, iceberg)?.add[0]?.type;
    expect(added('structured')).toMatch(/^OBJECT\(offset LONG,topic STRING,partition INTEGER,key STRING,/);
    expect(added('variant')).toBe('VARIANT');
  });
});

describe('structured columns', () => {
  const type =
    'OBJECT(id NUMBER(19,0), "a b" ARRAY(VARCHAR(10)) NOT NULL, at TIMESTAMP_NTZ(6), m MAP(NUMBER(10,0), FLOAT))';
  const columns = [metadata, column('O', type)];
  const stored = (value: unknown, over: Partial<RowSettings> = {}) =>
    rowOf(columns, record(object({ O: value })), over)['O'];

  test.each(['client', 'server'] as const)(
    'absent fields are null, values what their types store (%s)',
    (validation) => {
      const value = object({
        'a b': ['x', new JsonNumber('1')],
        id: '12',
        m: new Map([[new JsonNumber('1'), new JsonNumber('0.5')]]),
      });
      expect(stored(value, { validation })).toEqual({ id: '12', 'a b': ['x', '1'], at: null, m: { 1: 0.5 } });
      expect(stored(null, { validation })).toBeNull();
    },
  );

  test.each([
    ['text', 'x', /Java type|java\.lang\.String.*column O of type STRUCT/],
    ['a list', [], /column O of type STRUCT/],
    ['an object for a list', object({ 'a b': object({}) }), /column O\.a b of type LIST/],
    ['an object for a text', object({ 'a b': [object({ x: 'y' })] }), /column O\.a b\.element of type VARCHAR/],
    ['no number', object({ 'a b': [], id: 'x' }), /column O\.id of type/],
    ['a missing NOT NULL field', object({ id: new JsonNumber('1') }), /column O\.a b .*NOT NULL/],
  ])('%s is a bad record', (_what, value, expected) => {
    expect(() => stored(value)).toThrow(DataError);
    expect(() => stored(value)).toThrow(expected);
  });

  test('fields that the type lacks are added to it, without snowsink.schema.evolution.widen', () => {
    const sink = record(object({ O: object({ 'a b': [], n: new JsonNumber('1'), s: object({ t: true }) }) }));
    expect(changeOf(columns, sink)).toEqual({
      add: [],
      dropNotNull: [],
      iceberg: true,
      widen: [
        {
          name: 'O',
          type: 'OBJECT(id LONG, "a b" ARRAY(VARCHAR(10)) NOT NULL, at TIMESTAMP_NTZ(6), m MAP(INT, DOUBLE), n LONG, s OBJECT(t BOOLEAN))',
        },
      ],
    });
  });

  test('a null in a field that the type lacks asks for nothing, but by v3’s rule makes a bad record', () => {
    const value = object({ 'a b': [], n: null });
    expect(stored(value)).not.toHaveProperty('n');
    expect(() => stored(value, { generation: 'v3' })).toThrow("'n' field value is null or empty");
  });

  test('bytes and decimals of a schema keep what they are', () => {
    const inner: Schema = {
      type: 'STRUCT',
      optional: true,
      fields: [
        { name: 'b', index: 0, schema: { type: 'BYTES', optional: true } },
        {
          name: 'd',
          index: 1,
          schema: { type: 'BYTES', optional: true, name: 'org.apache.kafka.connect.data.Decimal' },
        },
      ],
    };
    const schema: Schema = { type: 'STRUCT', optional: false, fields: [{ name: 'O', index: 0, schema: inner }] };
    const values = new Map<string, unknown>([
      ['b', Buffer.from('foo')],
      ['d', new Decimal(123n, 2)],
    ]);
    const value = new Struct(schema, new Map([['O', new Struct(inner, values)]]));
    const sink = record(value, { valueSchema: schema });
    const bytes = [metadata, column('O', 'OBJECT(b BINARY(67108864), d VARCHAR(134217728))')];
    expect(rowOf(bytes, sink)['O']).toEqual({ b: 'Zm9v', d: '1.23' });
    expect(changeOf([metadata], sink)?.add).toEqual([
      { name: 'O', type: 'OBJECT(b BINARY, d VARCHAR)', comment: null },
    ]);
    expect(changeOf([metadata], sink, {}, 'variant')?.add[0]?.type).toBe('VARIANT');
  });
});

test('RECORD_CONTENT with types inside takes the record without schematization', () => {
  const columns = [metadata, column('RECORD_CONTENT', 'OBJECT(a NUMBER(19,0), b BOOLEAN)')];
  const over = { generation: 'v3', schematization: false } as const;
  expect(rowOf(columns, record(object({ a: new JsonNumber('1') })), over)['RECORD_CONTENT']).toEqual({ a: 1, b: null });
  expect(() => rowOf(columns, record(object({ c: new JsonNumber('1') })), over)).toThrow(
    'Extra columns: [RECORD_CONTENT.c]',
  );
});
