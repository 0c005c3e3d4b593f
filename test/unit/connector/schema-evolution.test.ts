import { expect, test } from 'vitest';
import { ConnectError, DataError, RetriableError, type SinkRecord, silentLogger } from '../../../src/api/index.ts';
import { RowMapper } from '../../../src/connector/row-mapper.ts';
import { SchemaEvolution } from '../../../src/connector/schema-evolution.ts';
import type { SinkSettings } from '../../../src/connector/sink-settings.ts';
import { TableMismatchError } from '../../../src/connector/table-mismatch-error.ts';
import { TargetTables } from '../../../src/connector/target-tables.ts';
import { allMetadata } from '../../support/all-metadata.ts';
import { MemoryTables } from '../../support/memory-tables.ts';
import { settled, VirtualClock } from '../../support/virtual-clock.ts';

interface Given {
  readonly policy?: SinkSettings['evolution']['policy'];
  readonly widen?: boolean;
  readonly validation?: 'client' | 'server';
}

/** One task of a worker: what it knows of tables is its own, the tables are shared. */
const task = (memory: MemoryTables, { policy = 'evolve', widen = false, validation = 'client' }: Given = {}) => {
  const clock = new VirtualClock();
  const evolution = { policy, widen, types: 'connector' } as const;
  const common = { generation: 'own', schematization: true, validation, evolution } as const;
  const metadata = { ...allMetadata, all: false };
  const rows = new RowMapper({ ...common, metadata, onNullValue: 'default', normalizeColumnNames: true });
  const tables = memory.service();
  const targets = new TargetTables(tables, { ...common, autocreate: true, metadata }, (...told) =>
    rows.describe(...told),
  );
  const log: string[] = [];
  const schema = new SchemaEvolution({
    tables,
    targets,
    policy,
    serverSide: () => validation === 'server',
    clock,
    logger: silentLogger,
    signal: new AbortController().signal,
    onAltered: (table) => log.push(`altered ${table}`),
  });
  const put = async (fields: Readonly<Record<string, unknown>>): Promise<string | null> => {
    await targets.ready('T');
    const make = () => rows.rowText(record(fields), 'T', 0);
    try {
      return make();
    } catch (error) {
      if (!(error instanceof TableMismatchError)) throw error;
      return schema.fit(error, make, async () => void log.push('flushed'));
    }
  };
  return { put, clock, log };
};

const record = (fields: Readonly<Record<string, unknown>>): SinkRecord => {
  const view = {
    offset: 0n,
    batchOffset: 0n,
    timestamp: 0n,
    timestampType: 'CreateTime',
    key: null,
    value: null,
    headers: [],
  } as const;
  return {
    topic: 't',
    partition: 0,
    offset: 0n,
    timestamp: 0n,
    timestampType: 'CreateTime',
    keySchema: null,
    key: null,
    valueSchema: null,
    value: new Map(Object.entries(fields)),
    headers: [],
    original: { topic: 't', partition: 0, record: view },
  };
};

const tableWith = (name: string, type: string, nullable = true): MemoryTables => {
  const memory = new MemoryTables();
  memory.tables.set('T', [{ name, type, nullable, hasDefault: false }]);
  return memory;
};

test('fields without a column get one, after the rows before them were sent; what fits costs nothing', async () => {
  const memory = tableWith('A', 'NUMBER(38,0)');
  const { put, log } = task(memory);
  expect(await put({ a: 1n, b: 'x', c: true })).toBe('{"A":1,"B":"x","C":true}');
  expect(log).toEqual(['flushed', 'altered T']);
  const asked = memory.calls.length;
  expect(await put({ a: 2n, b: 'y', c: false })).toBe('{"A":2,"B":"y","C":false}');
  expect(memory.calls).toHaveLength(asked);
  expect(memory.calls.filter((call) => call.startsWith('alter'))).toEqual(['alter T add B VARCHAR, add C BOOLEAN']);
});

test('NOT NULL is dropped where a record leaves the column out or has null', async () => {
  const memory = tableWith('A', 'NUMBER(38,0)', false);
  const { put } = task(memory);
  expect(await put({ a: null })).toBe('{"A":null}');
  expect(memory.calls).toContain('alter T drop not null A');
});

test('what another task has done is seen, not done again', async () => {
  const memory = tableWith('A', 'NUMBER(38,0)');
  const [one, other] = [task(memory), task(memory)];
  await other.put({ a: 1n });
  await one.put({ a: 1n, b: 'x' });
  expect(await other.put({ a: 1n, b: 'y' })).toBe('{"A":1,"B":"y"}');
  expect(other.log).toEqual([]);
  expect(memory.calls.filter((call) => call.startsWith('alter'))).toHaveLength(1);
});

test('a refused ALTER is no failure if the table fits afterwards: another worker was first', async () => {
  const memory = tableWith('A', 'NUMBER(38,0)');
  memory.alterFailures.push(new ConnectError('column B already exists'));
  memory.beforeAlter = () =>
    memory.tables.set('T', [
      ...(memory.tables.get('T') ?? []),
      { name: 'B', type: 'VARCHAR(5)', nullable: true, hasDefault: false },
    ]);
  expect(await task(memory).put({ a: 1n, b: 'x' })).toBe('{"A":1,"B":"x"}');
});

const grant = 'GRANT EVOLVE SCHEMA ON TABLE T TO ROLE R;';

test.each([
  ['disabled', 'SET ENABLE_SCHEMA_EVOLUTION = TRUE'],
  ['forbidden', 'GRANT EVOLVE SCHEMA ON TABLE T TO ROLE R'],
] as const)(
  'a table that may not evolve (%s): a bad record, told what to do; asked again only after a while',
  async (evolution, advice) => {
    const memory = tableWith('A', 'NUMBER(38,0)');
    memory.evolution = evolution;
    const refusal = new ConnectError(`Could not alter table T: 003001 Insufficient privileges. ${grant}`);
    if (evolution === 'forbidden') memory.alterFailures.push(refusal);
    const { put, clock } = task(memory);
    await expect(put({ b: 'secret' })).rejects.toThrow(DataError);
    const asked = memory.calls.length;
    await expect(put({ b: 'secret' })).rejects.toThrow(advice);
    await expect(put({ b: 'secret' })).rejects.toThrow(
      /(What it needs|Or let the table's owner run): ALTER TABLE T add B VARCHAR;/,
    );
    await expect(put({ b: 'secret' })).rejects.not.toThrow('secret');
    expect(memory.calls).toHaveLength(asked);
    memory.evolution = 'allowed';
    await clock.advance(30_001);
    expect(await put({ b: 'x' })).toBe('{"B":"x"}');
  },
);

test('freeze stops the task, dlq makes a bad record; both print the DDL and run none', async () => {
  const memory = tableWith('A', 'NUMBER(38,0)');
  const frozen = await task(memory, { policy: 'freeze' })
    .put({ b: 1n })
    .catch((error: unknown) => error);
  expect(frozen).toBeInstanceOf(ConnectError);
  expect(frozen).not.toBeInstanceOf(DataError);
  expect(String(frozen)).toContain('ALTER TABLE T add B BIGINT');
  await expect(task(memory, { policy: 'dlq' }).put({ b: 1n })).rejects.toThrow(DataError);
  expect(memory.calls.filter((call) => call.startsWith('alter'))).toEqual([]);
});

test('columns are widened by wish only', async () => {
  const memory = tableWith('A', 'VARCHAR(3)');
  await expect(task(memory).put({ a: 'abcd!' })).rejects.toThrow(
    'String too long: length=5 characters maxLength=3 characters',
  );
  expect(await task(memory, { widen: true }).put({ a: 'abcd!' })).toBe('{"A":"abcd!"}');
  expect(memory.tables.get('T')?.[0]?.type).toBe('VARCHAR(8)');
  const numbers = tableWith('A', 'NUMBER(5,2)');
  expect(await task(numbers, { widen: true }).put({ a: 12345n })).toBe('{"A":12345}');
  expect(numbers.tables.get('T')?.[0]?.type).toBe('NUMBER(7,2)');
});

test('a record that needs a second change once the first is made gets both', async () => {
  const memory = tableWith('A', 'VARCHAR(3)');
  memory.tables.get('T')?.push({ name: 'ID', type: 'NUMBER(38,0)', nullable: false, hasDefault: false });
  const { put, log } = task(memory, { widen: true });
  expect(await put({ a: 'abcd!', b: 1n })).toBe('{"A":"abcd!","B":1}');
  expect(log).toEqual(['flushed', 'altered T', 'flushed', 'altered T']);
  expect(memory.tables.get('T')?.[0]?.type).toBe('VARCHAR(8)');
});

test('SQL that does not answer is asked again', async () => {
  const memory = tableWith('A', 'NUMBER(38,0)');
  memory.alterFailures.push(new RetriableError('no answer'), new RetriableError('no answer'));
  const { put, clock } = task(memory);
  const row = put({ b: 'x' });
  for (let second = 0; second < 4; second++) {
    await settled();
    await clock.advance(1000);
  }
  expect(await row).toBe('{"B":"x"}');
});

test('server-side validation: nothing is altered here; a table that does not evolve must not lose the field', async () => {
  const memory = tableWith('A', 'NUMBER(38,0)', false);
  const evolving = task(memory, { validation: 'server' });
  expect(await evolving.put({ a: 'no number', new_field: new Map([['not', 'checked']]), b: null })).toContain(
    '"A":"no number"',
  );
  memory.evolution = 'disabled';
  const fixed = task(memory, { validation: 'server' });
  expect(await fixed.put({ a: 'no number' })).toBe('{"A":"no number"}');
  await expect(fixed.put({ a: 1n, b: 'x' })).rejects.toThrow('SET ENABLE_SCHEMA_EVOLUTION = TRUE');
  expect(memory.calls.filter((call) => call.startsWith('alter'))).toEqual([]);
});
