import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { startEmulatorProcess } from '../support/emulator-process.ts';
import { freePort } from '../support/free-port.ts';
import { askOracle, countRows } from '../support/oracle.ts';
import { connectSnowflake } from '../support/snowflake.ts';
import { readTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWorker } from '../support/worker-process.ts';
import type { FaultBench, FaultScenario } from './fault-bench.ts';
import {
  expectComplete,
  expectExactlyOnce,
  expectRunning,
  metric,
  rowsAtLeast,
  seed,
  startBench,
} from './fault-bench.ts';

/** Snowflake is gone for seconds: the breaker opens, partitions pause, nothing grows, and all arrives afterwards. */
const data = mkdtempSync(join(tmpdir(), 'snowsink-outage-'));
let emulatorArgs: readonly string[];
let bench: FaultBench;
beforeAll(async () => {
  emulatorArgs = ['--port', String(await freePort()), '--data', data];
  bench = await startBench({ emulatorArgs });
});
afterAll(async () => {
  await bench?.stop();
  rmSync(data, { recursive: true, force: true });
});

const breakerOpen = async ({ name }: FaultScenario): Promise<boolean> => {
  const text = await bench.worker.metrics();
  return ['account', 'ingest'].some(
    (endpoint) => metric(text, 'snowsink_breaker_open', { connector: name, endpoint }) === 1,
  );
};

const pausedByBreaker = async ({ name }: FaultScenario): Promise<number | undefined> =>
  metric(await bench.worker.metrics(), 'snowsink_partitions_paused', { connector: name, reason: 'breaker' });

const expectOutageSeen = async (orders: FaultScenario): Promise<void> => {
  await waitFor(() => breakerOpen(orders), { deadlineMs: 30_000, what: 'the breaker to open' });
  await waitFor(async () => (await pausedByBreaker(orders)) === 2, {
    deadlineMs: 5000,
    what: 'both partitions to pause',
  });
  const isTold = async () =>
    JSON.stringify(await bench.worker.get('/health?details=true')).includes(`"${orders.name}-0 ingest"`);
  await waitFor(isTold, { deadlineMs: 5000, what: 'the breaker in /health' });
};

const expectOutageOver = async (orders: FaultScenario): Promise<void> => {
  await waitFor(async () => !(await breakerOpen(orders)), { deadlineMs: 30_000, what: 'the breaker to close' });
  await waitFor(async () => (await pausedByBreaker(orders)) === 0, { deadlineMs: 5000, what: 'partitions to resume' });
};

test(`every request is answered with 503 (FAULT_SEED=${seed}): breaker, pause, steady memory, then every record once`, async () => {
  const orders = await bench.scenario({ 'consumer.override.max.partition.fetch.bytes': '65536' });
  await orders.deploy();
  const stream = await orders.stream({ perSecond: 1000, seed });
  await rowsAtLeast(orders, 100);
  const match = { pipe: `^${orders.pipe}$` };
  const [down, silent] = await Promise.all([
    bench.control.order({ operation: 'append', match, action: { type: 'respond', status: 503, form: 'string' } }),
    bench.control.order({ operation: 'status', match, action: { type: 'reset', when: 'before' } }),
  ]);
  await expectOutageSeen(orders);
  const before = await bench.worker.metrics();
  const producedThen = stream.produced.length;
  await waitFor(() => stream.produced.length > producedThen + 4000, { deadlineMs: 30_000, what: '4,000 more records' });
  const after = await bench.worker.metrics();
  const used = 'snowsink_memory_used_bytes';
  // paused: what was fetched before may still come in, what the stream brought since may not
  expect(metric(after, used)).toBeLessThanOrEqual((metric(before, used) ?? 0) + 4 * 65_536);
  const consumed = (text: string) => metric(text, 'snowsink_records_consumed_total', { connector: orders.name }) ?? 0;
  expect(consumed(after) - consumed(before)).toBeLessThan(2000);
  expect(await silent.remove()).toBeGreaterThan(0);
  expect(await down.remove()).toBeGreaterThan(0);
  stream.stop();
  await expectOutageOver(orders);
  await stream.done;
  await expectComplete(orders, stream.produced.length);
});

test('Snowflake stands still (SIGSTOP) and goes on: every record once', async () => {
  const orders = await bench.scenario();
  await orders.deploy();
  const stream = await orders.stream({ perSecond: 300, seed });
  await rowsAtLeast(orders, 50);
  const { emulator } = bench;
  emulator.process.signal('SIGSTOP');
  onTestFinished(() => emulator.process.signal('SIGCONT'));
  const producedThen = stream.produced.length;
  await waitFor(() => stream.produced.length > producedThen + 1500, { deadlineMs: 30_000, what: '1,500 more records' });
  expect((await bench.worker.status(orders.name)).tasks[0]?.state).toBe('RUNNING');
  emulator.process.signal('SIGCONT');
  stream.stop();
  await stream.done;
  await expectComplete(orders, stream.produced.length);
});

test('SIGTERM while Snowflake is away: the worker ends within its graceful timeout, and a restart brings all', async () => {
  const orders = await bench.scenario();
  const worker = await startWorker({
    ...orders.worker,
    properties: { ...orders.worker.properties, 'task.shutdown.graceful.timeout.ms': '4000' },
  });
  onTestFinished(async () => void (await worker.kill()));
  const stream = await orders.stream({ perSecond: 300, seed });
  await rowsAtLeast(orders, 50);
  const down = await bench.control.order({
    operation: 'append',
    match: { pipe: `^${orders.pipe}$` },
    action: { type: 'reset', when: 'before' },
  });
  await waitFor(async () => (await down.fired()) > 2, { deadlineMs: 20_000, what: 'appends to fail' });
  // it is killed if it does not end by itself
  expect(await worker.terminate()).toEqual({ code: 0, signal: null });
  expect(await down.remove()).toBeGreaterThan(2);
  stream.stop();
  await stream.done;
  await orders.deploy();
  await expectComplete(orders, stream.produced.length);
});

test('Snowflake is killed and comes back with its data: every record once', async () => {
  const bootstrapServers = inject('kafkaBootstrapServers');
  const orders = await bench.scenario();
  await orders.deploy();
  const stream = await orders.stream({ perSecond: 300, seed });
  await rowsAtLeast(orders, 50);
  await bench.emulator.process.kill();
  await expectOutageSeen(orders);
  const again = await startEmulatorProcess(['--commit-delay', '300', ...emulatorArgs]);
  onTestFinished(() => again.stop());
  await expectOutageOver(orders);
  // the session of before the kill is gone with it
  const session = await connectSnowflake(orders.login);
  onTestFinished(() => session.close());
  const rows = await countRows(session, orders.table);
  await waitFor(async () => (await countRows(session, orders.table)) > rows + 100, {
    deadlineMs: 30_000,
    what: 'rows after the outage',
  });
  stream.stop();
  await stream.done;
  const verdict = await waitFor(
    async () => {
      const now = await askOracle({
        produced: await readTopic(bootstrapServers, orders.topic),
        session,
        tables: [orders.table],
        bootstrapServers,
        deadLetterTopic: orders.deadLetterTopic,
      });
      return now.missing.length === 0 && now;
    },
    { deadlineMs: 40_000, what: 'every record', everyMs: 300 },
  );
  expectExactlyOnce(verdict, stream.produced.length);
  await expectRunning(orders);
});
