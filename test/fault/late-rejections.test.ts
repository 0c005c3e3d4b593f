import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { quoted } from '../support/snowflake.ts';
import { produceRecords, readTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWorker } from '../support/worker-process.ts';
import type { FaultBench, FaultScenario } from './fault-bench.ts';
import {
  expectExactlyOnce,
  expectOrderKept,
  expectRunning,
  metric,
  rowsAtLeast,
  seed,
  startBench,
} from './fault-bench.ts';

/** Snowflake accepts rows and drops some of them later, telling only how many (ON_ERROR = CONTINUE). */
let bench: FaultBench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

const orderRejections = ({ pipe }: FaultScenario, share: number) =>
  bench.control.order({
    operation: 'append',
    match: { pipe: `^${pipe}$` },
    action: { type: 'row-errors', share },
  });

const lateLetters = async (orders: FaultScenario): Promise<number> => {
  const letters = await readTopic(orders.worker.properties['bootstrap.servers'] ?? '', orders.deadLetterTopic);
  return letters.filter(({ headers }) =>
    String(headers['__connect.errors.exception.message']).includes('dropped this row'),
  ).length;
};

test(`one row in a hundred is dropped late, and the worker is killed in between (FAULT_SEED=${seed}): each has one dead letter`, async () => {
  const orders = await bench.scenario();
  const rejections = await orderRejections(orders, 0.01);
  const first = await startWorker(orders.worker);
  onTestFinished(async () => void (await first.kill()));
  const stream = await orders.stream({ perSecond: 1000, seed });
  await waitFor(async () => (await lateLetters(orders)) > 5, {
    deadlineMs: 40_000,
    what: 'dead letters of dropped rows',
  });
  await first.kill();
  await orders.deploy();
  const stored = await orders.rows();
  await rowsAtLeast(orders, stored + 500);
  stream.stop();
  await stream.done;
  const verdict = await orders.settled();
  expect(await rejections.remove()).toBeGreaterThan(0);
  expectExactlyOnce(verdict, stream.produced.length);
  expect(verdict.deadLettersRepeated).toBe(0);
  expect(await lateLetters(orders)).toBeGreaterThan(10);
  await expectOrderKept(orders);
  await expectRunning(orders);
  expect(
    metric(await bench.worker.metrics(), 'snowsink_rows_rejected_total', { connector: orders.name }),
  ).toBeGreaterThan(0);
});

test('rows that are on their way while another worker lets a structured column grow are sent again in its new shape', async () => {
  const orders = await bench.scenario({ 'snowflake.enable.schematization': 'true' }, 1);
  const { session, table, name } = orders;
  const produce = (...ids: readonly number[]) =>
    produceRecords(
      inject('kafkaBootstrapServers'),
      orders.topic,
      ids.map((id) => ({ value: JSON.stringify({ order_id: id, to: { city: `C${id}` } }) })),
    );
  await session.query(
    `CREATE ICEBERG TABLE ${quoted(table)} (ORDER_ID LONG, "TO" OBJECT(city STRING)) CATALOG = 'SNOWFLAKE' ENABLE_SCHEMA_EVOLUTION = TRUE`,
  );
  await produce(0);
  await orders.deploy();
  await rowsAtLeast(orders, 1);
  await bench.control.freezeCommits(true);
  onTestFinished(() => bench.control.freezeCommits(false));
  await produce(1, 2, 3);
  await waitFor(
    async () => metric(await bench.worker.metrics(), 'snowsink_rows_appended_total', { connector: name }) === 4,
    { deadlineMs: 30_000, what: 'rows on their way' },
  );
  await session.query(`ALTER ICEBERG TABLE ${quoted(table)} ALTER "TO" SET DATA TYPE OBJECT(city STRING, zip STRING)`);
  await bench.control.freezeCommits(false);
  const verdict = await orders.settled();
  expectExactlyOnce(verdict, 4);
  expect(verdict.deadLettered).toBe(0);
  expect(metric(await bench.worker.metrics(), 'snowsink_rows_rejected_total', { connector: name })).toBe(3);
  const rows = await session.query(`SELECT ORDER_ID, "TO" FROM ${quoted(table)} WHERE ORDER_ID > 0 ORDER BY 1`);
  expect(rows).toEqual([1, 2, 3].map((id) => ({ ORDER_ID: id, TO: { city: `C${id}`, zip: null } })));
  const again = () => session.query(`SHOW CHANNELS LIKE '%${name}%_again'`);
  await waitFor(async () => (await again()).length === 0, { deadlineMs: 20_000, what: 'their channel to be dropped' });
  await produce(4);
  await rowsAtLeast(orders, 5);
  await expectRunning(orders);
});
