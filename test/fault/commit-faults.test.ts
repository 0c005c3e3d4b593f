import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { committedOffsets } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWorker } from '../support/worker-process.ts';
import type { FaultBench } from './fault-bench.ts';
import { expectComplete, metric, rowsAtLeast, seed, startBench } from './fault-bench.ts';

/** Ten appends a second and channel are Snowflake's limit; its commits take seconds. */
let bench: FaultBench;
beforeAll(async () => {
  bench = await startBench({ emulatorArgs: ['--commit-delay', '3000', '--appends-per-second', '10'] });
});
afterAll(() => bench?.stop());

test.concurrent(`SIGTERM under load while commits take three seconds (FAULT_SEED=${seed}): nothing lost, a restart completes`, async (context) => {
  const orders = await bench.scenario();
  const first = await startWorker(orders.worker);
  context.onTestFinished(async () => void (await first.kill()));
  const stream = await orders.stream({ perSecond: 500, seed });
  await rowsAtLeast(orders, 100);
  await waitFor(async () => (await bench.control.pendingRows(orders.pipe)) > 0, {
    deadlineMs: 20_000,
    what: 'rows that are accepted and not committed',
  });
  expect(await first.terminate()).toEqual({ code: 0, signal: null });
  const unfinished = await orders.rows();

  const group = `connect-${orders.name}`;
  const committed = await committedOffsets(inject('kafkaBootstrapServers'), group, orders.topic);
  const { missing, twice } = await orders.verdict();
  expect(twice).toEqual([]);
  const ahead = missing.filter((origin) => {
    const [, partition = '', offset = ''] = origin.split('/');
    return BigInt(offset) < (committed.get(Number(partition)) ?? 0n);
  });
  expect(ahead).toEqual([]);
  for (const offset of committed.values()) expect(offset).toBeGreaterThan(0n);

  await orders.deploy();
  await rowsAtLeast(orders, unfinished + 100);
  stream.stop();
  await stream.done;
  await expectComplete(orders, stream.produced.length);
});

test.concurrent('Snowflake allows ten appends a second and channel: more flushes than that wait for their turn', async () => {
  const orders = await bench.scenario({ 'buffer.flush.time': '0.02' }, 1);
  await orders.deploy();
  const refused = await bench.control.order({
    operation: 'append',
    match: { pipe: `^${orders.pipe}$` },
    skip: 10,
    count: 3,
    action: { type: 'respond', status: 429, code: 'ERR_CHANNEL_RATE_LIMIT_EXCEEDED' },
  });
  const stream = await orders.stream({ perSecond: 1000, seed });
  const manyAppends = async () => (await bench.control.appends(orders.table)) >= 40;
  await waitFor(manyAppends, { deadlineMs: 40_000, what: 'forty appends' });
  stream.stop();
  await stream.done;
  await expectComplete(orders, stream.produced.length);
  expect(await refused.remove()).toBe(3);
});

test('commits stand still for longer than snowsink.commit.timeout.ms, then go on: every record once', async () => {
  const orders = await bench.scenario({ 'snowsink.commit.timeout.ms': '5000' });
  await orders.deploy();
  const stream = await orders.stream({ perSecond: 300, seed });
  await rowsAtLeast(orders, 20);
  await bench.control.freezeCommits(true);
  onTestFinished(() => bench.control.freezeCommits(false));
  const frozenAt = await orders.rows();
  const labels = { connector: orders.name, cause: 'COMMIT_TIMEOUT' };
  const recovers = async () =>
    (metric(await bench.worker.metrics(), 'snowsink_channel_recoveries_total', labels) ?? 0) >= 2;
  await waitFor(recovers, { deadlineMs: 30_000, what: 'both channels to run into the commit timeout' });
  expect(await orders.rows()).toBe(frozenAt);
  await bench.control.freezeCommits(false);
  stream.stop();
  await stream.done;
  await expectComplete(orders, stream.produced.length);
});
