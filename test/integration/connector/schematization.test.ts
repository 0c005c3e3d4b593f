import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BehaviourBench, json, startBehaviourBench } from './behaviour-bench.ts';

/** What the Snowflake connector's own end-to-end tests ask of schematization, asked of us, as a client sees it. */
let bench: BehaviourBench;
beforeAll(async () => {
  bench = await startBehaviourBench();
});
afterAll(() => bench?.stop());

const offsets = 'TO_NUMBER(RECORD_METADATA:offset) AS O';
const evolving = 'ALTER TABLE {t} SET ENABLE_SCHEMA_EVOLUTION = TRUE';

test.concurrent.for(['v3', 'v4', 'own'] as const)(
  '%s: the table is made, and a column for each field, typed by what came first',
  async (connector) => {
    const sink = await bench.sink({ connector });
    await sink.produce([
      json({ name: 'a', n_1: 7, price: 1.5, ok: true, list: [1, 'x'], nested: { k: null }, nothing: null }),
    ]);
    await sink.deploy();
    const [row] = await sink.rows(1);
    expect(row).toMatchObject({
      NAME: 'a',
      N_1: 7,
      PRICE: 1.5,
      OK: true,
      LIST: [1, 'x'],
      NESTED: { k: null },
      NOTHING: null,
    });
    expect(await sink.columns()).toEqual({
      RECORD_METADATA: 'VARIANT',
      NAME: 'VARCHAR(16777216)',
      N_1: 'NUMBER(38,0)',
      PRICE: 'FLOAT',
      OK: 'BOOLEAN',
      LIST: 'ARRAY',
      NESTED: 'VARIANT',
      NOTHING: 'VARCHAR(16777216)',
    });
  },
);

test.concurrent('several waves of new fields, several topics and partitions, two tasks: no row lost, none twice', async () => {
  const sink = await bench.sink({ connector: 'v4', topics: 2, partitions: 2, config: { 'tasks.max': '2' } });
  await sink.deploy();
  const wave = (number: number, topic: number) =>
    Array.from({ length: 40 }, (_, index) => ({
      ...json({ id: index, [`wave_${number}`]: index, [`topic_${topic}_${number}`]: 'x' }),
      partition: index % 2,
    }));
  for (const number of [0, 1, 2]) {
    await Promise.all([0, 1].map((topic) => sink.produce(wave(number, topic), topic)));
    if (number === 0) await sink.rows(80, offsets);
  }
  const rows = await sink.rows(
    240,
    "RECORD_METADATA:topic || RECORD_METADATA:partition || '-' || RECORD_METADATA:offset AS P",
  );
  expect(new Set(rows.map((row) => row['P'])).size).toBe(240);
  expect(rows).toHaveLength(240);
  expect(Object.keys(await sink.columns())).toHaveLength(2 + 3 + 6);
  const [filled] = await bench.session.query(
    `SELECT COUNT(WAVE_0) AS A, COUNT(WAVE_2) AS B, COUNT(TOPIC_1_2) AS C FROM ${sink.table}`,
  );
  expect(filled).toEqual({ A: 80, B: 80, C: 40 });
});

test.concurrent('NOT NULL is dropped where records leave the column out; DEFAULT and IDENTITY columns get their values', async () => {
  const sink = await bench.sink({
    connector: 'v4',
    table: [
      "CREATE TABLE {t} (ID NUMBER AUTOINCREMENT NOT NULL, A NUMBER NOT NULL, B VARCHAR NOT NULL, STATE VARCHAR NOT NULL DEFAULT 'new', RECORD_METADATA VARIANT)",
      evolving,
    ],
  });
  await sink.produce([json({ a: 1, b: 'x' }), json({ a: 2 }), json({ b: null, a: 3, state: 'done' })]);
  await sink.deploy();
  const rows = await sink.rows(3, 'A, B, STATE, ID');
  expect(rows.map(({ A, B, STATE }) => [A, B, STATE]).sort()).toEqual([
    [1, 'x', 'new'],
    [2, null, 'new'],
    [3, null, 'done'],
  ]);
  expect(new Set(rows.map((row) => row['ID'])).size).toBe(3);
  expect(await sink.columns()).toMatchObject({ A: 'NUMBER(38,0) NOT NULL', B: 'VARCHAR(16777216)' });
});

test.concurrent('a table that does not evolve: odd records become dead letters with the reason, good ones rows', async () => {
  const sink = await bench.sink({ connector: 'v3', table: ['CREATE TABLE {t} (A NUMBER)'] });
  await sink.produce([json({ a: 1 }), json({ a: 2, colour: 'red' }), json({ a: 'no number' }), json({ a: 3 })]);
  await sink.deploy();
  const rows = await sink.rows(2, `A, ${offsets}`);
  expect(rows.map(({ A, O }) => [A, O]).sort()).toEqual([
    [1, 0],
    [3, 3],
  ]);
  const letters = await sink.deadLetters(2);
  expect(letters.map(({ value }) => String(value)).sort()).toEqual(['{"a":"no number"}', '{"a":2,"colour":"red"}']);
  const [first] = letters;
  expect(String(first?.headers['__connect.errors.exception.message'])).toMatch(/COLOUR.*ENABLE_SCHEMA_EVOLUTION/);
});

test.concurrent('freeze: the task fails with the ALTER TABLE that it needs', async () => {
  const sink = await bench.sink({
    connector: 'own',
    config: { 'snowsink.schema.evolution': 'freeze' },
    table: ['CREATE TABLE {t} (A NUMBER, RECORD_METADATA VARIANT)', evolving],
  });
  await sink.produce([json({ a: 1 }), json({ a: 2, colour: 'red' })]);
  await sink.deploy();
  expect(await sink.trace()).toMatch(
    /ALTER TABLE "SNOWSINK_TEST"."PUBLIC"."\w+" ADD COLUMN IF NOT EXISTS "COLOUR" VARCHAR/,
  );
});
