import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { readTopic } from '../support/topics.ts';
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
