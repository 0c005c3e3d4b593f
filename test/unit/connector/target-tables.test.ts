import { expect, test } from 'vitest';
import type { Column } from '../../../src/api/index.ts';
import { TargetTables } from '../../../src/connector/target-tables.ts';

const column = (name: string, type = 'VARIANT'): Column => ({ name, type, nullable: true, hasDefault: false });

const tablesWith = (columns: readonly Column[], all = true): TargetTables =>
  new TargetTables(
    {
      describe: async () => columns,
      create: async () => {},
      evolution: async () => 'disabled',
      alter: async () => {},
      plan: async () => [],
      close: async () => {},
    },
    { schematization: true, metadata: { all } },
  );

test('schematization: a table without RECORD_METADATA is refused in words, not filled without metadata', async () => {
  await expect(tablesWith([column('A', 'NUMBER(38,0)')]).ready('T')).rejects.toThrow(
    /Table T has no column RECORD_METADATA.*ADD COLUMN RECORD_METADATA VARIANT.*snowflake\.metadata\.all=false/,
  );
});

test('schematization: with the column, or without wish for metadata, it is taken', async () => {
  const without = [column('A')];
  expect(await tablesWith(without, false).ready('T')).toBe(without);
  const columns = [column('RECORD_METADATA'), column('A')];
  expect(await tablesWith(columns).ready('T')).toBe(columns);
});
