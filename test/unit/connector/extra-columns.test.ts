import { expect, test } from 'vitest';
import { ConfigError, JsonNumber, type SinkRecord } from '../../../src/api/index.ts';
import { RowMapper } from '../../../src/connector/row-mapper.ts';
import { TableMismatchError } from '../../../src/connector/table-mismatch-error.ts';
import { allMetadata } from '../../support/all-metadata.ts';

const record = (value: unknown): SinkRecord => {
  const view = {
    offset: 42n,
    batchOffset: 42n,
    timestamp: 0n,
    timestampType: 'CreateTime',
    key: null,
    value: null,
    headers: [],
  } as const;
  return {
    topic: 'orders',
    partition: 3,
    offset: 42n,
    timestamp: 1_700_000_000_000n,
    timestampType: 'CreateTime',
    keySchema: null,
    key: 'k',
    valueSchema: null,
    value,
    headers: [{ name: 'trace', schema: null, value: 'abc' }],
    original: { topic: 'orders', partition: 3, record: view },
  };
};

const mapper = (columns: string, names: Readonly<Record<string, string>>): RowMapper => {
  const rows = new RowMapper({
    generation: 'own',
    schematization: true,
    validation: 'client',
    evolution: { policy: 'evolve', widen: false, types: 'connector' },
    metadata: { ...allMetadata, all: false },
    onNullValue: 'default',
    normalizeColumnNames: true,
    columns,
  });
  rows.describe(
    'T',
    Object.entries(names).map(([name, type]) => ({ name, type, nullable: true, hasDefault: false })),
  );
  return rows;
};

const value = new Map<string, unknown>([
  ['id', new JsonNumber('1')],
  ['__op', 'u'],
  ['after', new Map([['city', 'Bern']])],
]);

test('metadata, headers and paths go to columns of their own; a field renamed so has no other', () => {
  const rows = mapper(
    '_OFFSET=$offset, _PARTITION=$partition, _AT=$timestamp, _NOW=$now, OP=$.__op, CITY=$.after.city, TRACE=$header.trace, K=$key, "t"=$topic, other:ID2=$.id, GONE=$.after.none',
    {
      ID: 'NUMBER(38,0)',
      AFTER: 'VARIANT',
      _OFFSET: 'NUMBER(38,0)',
      _PARTITION: 'NUMBER(38,0)',
      _AT: 'TIMESTAMP_NTZ(9)',
      _NOW: 'TIMESTAMP_NTZ(9)',
      OP: 'VARCHAR(10)',
      CITY: 'VARCHAR(10)',
      TRACE: 'VARCHAR(10)',
      K: 'VARCHAR(10)',
      t: 'VARCHAR(10)',
      GONE: 'VARCHAR(10)',
    },
  );
  expect(JSON.parse(rows.rowText(record(value), 'T', 1_700_000_001_500) ?? '')).toEqual({
    ID: 1,
    AFTER: { city: 'Bern' },
    _OFFSET: 42,
    _PARTITION: 3,
    _AT: '2023-11-14T22:13:20',
    _NOW: '2023-11-14T22:13:21.5',
    OP: 'u',
    CITY: 'Bern',
    TRACE: 'abc',
    K: 'k',
    t: 'orders',
    GONE: null,
  });
});

test('missing columns are added with types of their own', () => {
  const rows = mapper('O=$offset,P=$partition,AT=$now,T=$topic', {});
  const added = (): unknown => {
    try {
      return rows.rowText(record(new Map()), 'T', 0);
    } catch (error) {
      return error instanceof TableMismatchError ? error.change.add.map(({ name, type }) => `${name} ${type}`) : error;
    }
  };
  expect(added()).toEqual(['O BIGINT', 'P INT', 'AT TIMESTAMP(6)', 'T VARCHAR']);
});

test("a topic's own entry comes before the general one", () => {
  const rows = mapper('X=$offset,orders:X=$partition,other:X=$topic', { X: 'NUMBER(38,0)' });
  expect(rows.rowText(record(new Map()), 'T', 0)).toBe('{"X":3}');
});

test.each(['X', 'X=offset', '=$offset', 'X=$nothing', 'X=$.', 'a b:X=$offset'])('%s is refused in words', (columns) => {
  expect(() => mapper(columns, {})).toThrow(ConfigError);
  expect(() => mapper(columns, {})).toThrow(/^snowsink\.columns: .*COLUMN=source/);
});
