import { describe, expect, test } from 'vitest';
import { type Column, RetriableError, silentLogger } from '../../../src/api/index.ts';
import type { TableTraits } from '../../../src/connector/row-mapper.ts';
import { type TargetTableSettings, TargetTables } from '../../../src/connector/target-tables.ts';
import { MemoryTables } from '../../support/memory-tables.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const column = (name: string, type = 'VARIANT'): Column => ({ name, type, nullable: true, hasDefault: false });

const schematized: TargetTableSettings = {
  generation: 'own',
  schematization: true,
  autocreate: true,
  validation: 'client',
  evolution: { policy: 'evolve' },
  metadata: { all: true },
};

const setUp = (columns: Column[] | null, over: Partial<TargetTableSettings> = {}) => {
  const memory = new MemoryTables();
  if (columns !== null) memory.tables.set('T', columns);
  const described: (readonly [string, readonly string[], boolean])[] = [];
  const targets = new TargetTables(memory.service(), { ...schematized, ...over }, (table, found, { evolves }) =>
    described.push([table, found.map(({ name }) => name), evolves]),
  );
  return { memory, targets, described };
};

test('a missing table is made once, with the metadata column alone where fields become columns', async () => {
  const { memory, targets, described } = setUp(null);
  await Promise.all([targets.ready('T'), targets.ready('T')]);
  expect(memory.calls).toEqual(['describe T', 'create T schematized', 'describe T']);
  expect(described).toEqual([['T', ['RECORD_METADATA'], false]]);
});

test('snowflake.autocreate.table.type=none: a missing table stops the task', async () => {
  const { targets } = setUp(null, { autocreate: false });
  await expect(targets.ready('T')).rejects.toThrow(/Table T does not exist.*autocreate\.table\.type=none/);
});

test('RECORD_METADATA is added where it is missing', async () => {
  const { memory, targets, described } = setUp([column('A', 'NUMBER(38,0)')]);
  await targets.ready('T');
  expect(memory.calls).toContain('alter T add RECORD_METADATA VARIANT');
  expect(described).toEqual([['T', ['A', 'RECORD_METADATA'], false]]);
});

test('a table that is to stay as it is and has no RECORD_METADATA is refused in words', async () => {
  const { targets } = setUp([column('A')], { evolution: { policy: 'freeze' } });
  await expect(targets.ready('T')).rejects.toThrow(
    /Table T has no column RECORD_METADATA.*ADD COLUMN RECORD_METADATA VARIANT.*snowflake\.metadata\.all=false/,
  );
});

test('a RECORD_METADATA of another type is refused, except by v4, which takes the table as it is', async () => {
  const columns = [column('RECORD_METADATA', 'VARCHAR(10)')];
  await expect(setUp(columns).targets.ready('T')).rejects.toThrow('must be VARIANT');
  await setUp(columns, { generation: 'v4' }).targets.ready('T');
});

test('with the column, or without wish for metadata, the table is taken', async () => {
  const { memory, targets, described } = setUp([column('A')], { metadata: { all: false } });
  await targets.ready('T');
  expect(memory.calls).toEqual(['describe T']);
  expect(described).toEqual([['T', ['A'], false]]);
});

test('an account that is away is waited for, once for all that want the table', async () => {
  const clock = new VirtualClock();
  const { memory } = setUp([column('RECORD_METADATA')]);
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (_: object, message: string) => void warnings.push(message) };
  const tables = memory.service();
  let isAway = true;
  const describe = async (table: string) => {
    if (isAway) throw new RetriableError('connect ECONNREFUSED');
    return tables.describe(table);
  };
  const patience = { clock, logger, signal: new AbortController().signal };
  const targets = new TargetTables({ ...tables, describe }, schematized, () => {}, patience);
  const ready = Promise.all([targets.ready('T'), targets.ready('T')]);
  await clock.advance(0);
  isAway = false;
  await clock.advance(1000);
  await ready;
  expect(warnings).toEqual(["Snowflake's SQL does not answer yet, trying again: connect ECONNREFUSED"]);
});

test('server-side validation: told whether Snowflake evolves the table', async () => {
  const { targets, described, memory } = setUp([column('RECORD_METADATA')], { validation: 'server' });
  await targets.ready('T');
  memory.evolution = 'disabled';
  await targets.refresh('T');
  expect(described.map(([, , evolves]) => evolves)).toEqual([true, false]);
});

const metadataType =
  'OBJECT(offset NUMBER(19,0), topic VARCHAR, partition NUMBER(10,0), key VARCHAR, CreateTime NUMBER(19,0), LogAppendTime NUMBER(19,0), SnowflakeConnectorPushTime NUMBER(19,0), headers MAP(VARCHAR, VARCHAR))';

describe('Iceberg tables', () => {
  const iceberg = (
    columns: Column[] | null,
    over: Partial<TargetTableSettings>,
    { isIceberg = true }: { readonly isIceberg?: boolean } = {},
  ) => {
    const found: TableTraits[] = [];
    const memory = new MemoryTables();
    if (columns !== null) memory.tables.set('T', columns);
    if (isIceberg) memory.iceberg.add('T');
    const settings = { ...schematized, ...over };
    const targets = new TargetTables(memory.service(), settings, (_table, _columns, traits) => found.push(traits));
    return { memory, targets, found };
  };
  const created = { iceberg: { expected: false, create: "EXTERNAL_VOLUME = 'v'" } };
  const expected = { generation: 'v3', iceberg: { expected: true, create: null } } as const;

  test.each([
    ["EXTERNAL_VOLUME = 'v'", 'structured'],
    ["ICEBERG_VERSION = '3'", 'variant'],
  ])('are made with %s, for nested values in %s columns', async (create, nested) => {
    const settings = { generation: 'v4', validation: 'server', iceberg: { expected: false, create } } as const;
    const { memory, targets, found } = iceberg(null, settings, { isIceberg: false });
    await targets.ready('T');
    expect(memory.calls).toEqual(['describe T', `create T schematized iceberg ${create}`, 'describe T']);
    // Snowflake itself adds no columns there: the worker does.
    expect(found).toEqual([{ evolves: false, iceberg: nested }]);
    expect(targets.isIceberg('T')).toBe(true);
  });

  test('without schematization need format 3', async () => {
    await expect(iceberg(null, { ...created, schematization: false }).targets.ready('T')).rejects.toThrow(
      /only format 3 has.*ICEBERG_VERSION=3/,
    );
    const third = { iceberg: { expected: false, create: 'ICEBERG_VERSION=3' }, schematization: false };
    await iceberg(null, third).targets.ready('T');
  });

  test('v3 adds RECORD_METADATA to those that are there, or the fields that it lacks', async () => {
    const { memory, targets } = iceberg([column('A', 'NUMBER(19,0)')], expected);
    await targets.ready('T');
    expect(memory.calls).toContainEqual(
      expect.stringMatching(/^alter T add RECORD_METADATA OBJECT\(offset LONG,topic STRING,/),
    );
    const empty = iceberg([column('RECORD_METADATA', 'OBJECT()')], expected);
    await empty.targets.ready('T');
    expect(empty.memory.calls).toContainEqual(
      expect.stringMatching(/^alter T widen RECORD_METADATA OBJECT\(offset LONG, topic STRING, partition INTEGER/),
    );
    const early = [column('RECORD_METADATA', metadataType.replace('NUMBER(19,0)', 'NUMBER(10,0)'))];
    const { memory: altered, targets: older } = iceberg(early, expected);
    await older.ready('T');
    expect(altered.tables.get('T')?.[0]?.type).toMatch(/^OBJECT\(offset LONG, topic VARCHAR, .*schema_id INTEGER, /);
  });

  test.each([
    [null, true, /Iceberg table T does not exist: create it \(CREATE ICEBERG TABLE/],
    [[column('RECORD_METADATA')], false, /Table T is no Iceberg table.*iceberg\.enabled=true/],
    [[column('RECORD_METADATA', 'NUMBER(10,0)')], true, 'must be VARIANT'],
  ])('snowflake.streaming.iceberg.enabled: what does not fit is refused', async (columns, isIceberg, message) => {
    await expect(iceberg(columns, expected, { isIceberg }).targets.ready('T')).rejects.toThrow(message);
  });

  test("v4 takes v3's table with its schema ids, and refuses one that lacks a field", async () => {
    const v4 = { generation: 'v4', validation: 'server' } as const;
    const type = metadataType.replace('CreateTime', 'schema_id NUMBER(10,0), CreateTime');
    await iceberg([column('RECORD_METADATA', type)], v4).targets.ready('T');
    const lacking = metadataType.replace('key VARCHAR, ', '');
    await expect(iceberg([column('RECORD_METADATA', lacking)], v4).targets.ready('T')).rejects.toThrow(
      /without key, which each row has: ALTER ICEBERG TABLE T ALTER COLUMN RECORD_METADATA SET DATA TYPE OBJECT\(.*key STRING/,
    );
  });

  test('without schematization both columns may be structured', async () => {
    const columns = [column('RECORD_METADATA', metadataType), column('RECORD_CONTENT', 'OBJECT(a NUMBER(19,0))')];
    await iceberg(columns, { generation: 'v4', schematization: false }).targets.ready('T');
  });

  test('others are asked for only before they are altered', async () => {
    const { targets, found } = iceberg([column('RECORD_METADATA')], {});
    await targets.ready('T');
    await targets.refresh('T');
    expect(found.map((traits) => traits.iceberg)).toEqual([null, 'variant']);
  });
});
