import { expect, test } from 'vitest';
import type { Column } from '../../../src/api/index.ts';
import { type TargetTableSettings, TargetTables } from '../../../src/connector/target-tables.ts';
import { MemoryTables } from '../../support/memory-tables.ts';

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

test('server-side validation: told whether Snowflake evolves the table', async () => {
  const { targets, described, memory } = setUp([column('RECORD_METADATA')], { validation: 'server' });
  await targets.ready('T');
  memory.evolution = 'disabled';
  await targets.refresh('T');
  expect(described.map(([, , evolves]) => evolves)).toEqual([true, false]);
});
