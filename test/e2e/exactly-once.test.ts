import { afterAll, beforeAll, expect, inject, type TestContext, test } from 'vitest';
import type { EmulatorProcess } from '../support/emulator-process.ts';
import { startEmulatorProcess } from '../support/emulator-process.ts';
import { startBroker } from '../support/kafka.ts';
import type { Verdict } from '../support/oracle.ts';
import { seededRandom } from '../support/orders.ts';
import type { ScenarioOptions, SinkScenario } from '../support/sink-scenario.ts';
import { createScenario } from '../support/sink-scenario.ts';
import { committedOffsets, withAdmin } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import type { WorkerProcess } from '../support/worker-process.ts';
import { startWorker } from '../support/worker-process.ts';

let emulator: EmulatorProcess;
beforeAll(async () => {
  emulator = await startEmulatorProcess();
});
afterAll(() => emulator?.stop());

const scenario = async (
  { onTestFinished }: TestContext,
  options: Partial<ScenarioOptions> = {},
): Promise<SinkScenario> => {
  const made = await createScenario({
    bootstrapServers: inject('kafkaBootstrapServers'),
    url: emulator.url,
    ...options,
  });
  onTestFinished(() => made.close());
  return made;
};

const start = async ({ onTestFinished }: TestContext, { worker }: SinkScenario): Promise<WorkerProcess> => {
  const started = await startWorker(worker);
  onTestFinished(async ({ task }) => {
    await started.kill();
    if (task.result?.state === 'fail')
      console.log(`worker ${started.process.pid}:\n${started.process.output().slice(-6000)}`);
  });
  return started;
};

const expectExactlyOnce = (
  { missing, twice, unexpected, produced, stored, deadLettered, deadLettersRepeated }: Verdict,
  total: number,
): void => {
  expect({ missing, twice, unexpected }).toEqual({ missing: [], twice: [], unexpected: [] });
  expect(produced).toBe(total);
  expect(stored + deadLettered).toBe(total);
  expect(deadLettered).toBeGreaterThan(0);
  expect(deadLettersRepeated).toBe(0);
};

const groupMembers = (bootstrapServers: string, groupId: string): Promise<number> =>
  withAdmin(bootstrapServers, async (admin) => {
    const { groups } = await admin.describeGroups([groupId]);
    return groups[0]?.state === 'Stable' ? groups[0].members.length : 0;
  });

/** Fails at once, with the trace, when a task has failed: waiting longer would not help. */
const rowsAtLeast = (of: SinkScenario, rows: number): Promise<boolean> =>
  waitFor(async () => (await of.rows()) >= rows, {
    deadlineMs: 60_000,
    what: `${rows} rows in ${of.table}`,
    everyMs: 20,
  });

const seed = Number(process.env['E2E_SEED'] ?? 7);

test.concurrent(`SIGKILL at three moments of a stream (E2E_SEED=${seed}): every record once`, async (context) => {
  const orders = await scenario(context);
  const random = seededRandom(seed);
  const total = 30_000;
  let worker = await start(context, orders);
  const stream = await orders.stream({ perSecond: 1500, total, seed });
  for (const from of [0.1, 0.4, 0.7]) {
    const moment = Math.floor((from + random() * 0.2) * total);
    const before = await orders.rows();
    // On a busy machine the stream may be over, and all of it stored, before this worker had its turn.
    const reached = async (): Promise<boolean> =>
      stream.produced.length === total || (stream.produced.length >= moment && (await orders.rows()) > before);
    await waitFor(reached, {
      deadlineMs: 60_000,
      what: `record ${moment} and a row from this worker`,
      everyMs: 5,
    });
    expect((await worker.kill()).signal).toBe('SIGKILL');
    worker = await start(context, orders);
  }
  await stream.done;
  expectExactlyOnce(await orders.settled(), total);
});

test.concurrent('a second worker joins and leaves under load: every record once', async (context) => {
  const orders = await scenario(context);
  const bootstrapServers = inject('kafkaBootstrapServers');
  await start(context, orders);
  const stream = await orders.stream({ perSecond: 1500 });
  await rowsAtLeast(orders, 500);
  const second = await start(context, orders);
  const members = (count: number) =>
    waitFor(async () => (await groupMembers(bootstrapServers, `connect-${orders.name}`)) === count, {
      deadlineMs: 30_000,
      what: `${count} members in the group`,
      everyMs: 100,
    });
  await members(2);
  await rowsAtLeast(orders, (await orders.rows()) + 1000);
  expect(await second.terminate()).toEqual({ code: 0, signal: null });
  await members(1);
  stream.stop();
  await stream.done;
  expectExactlyOnce(await orders.settled(), stream.produced.length);
});

test.concurrent('SIGTERM under load: exit code 0, and Kafka is committed exactly up to the last durable record', async (context) => {
  const orders = await scenario(context);
  const bootstrapServers = inject('kafkaBootstrapServers');
  const first = await start(context, orders);
  const stream = await orders.stream({ perSecond: 2000 });
  await rowsAtLeast(orders, 2000);
  expect(await first.terminate()).toEqual({ code: 0, signal: null });

  const committed = await committedOffsets(bootstrapServers, `connect-${orders.name}`, orders.topic);
  const { missing, twice } = await orders.verdict();
  expect(twice).toEqual([]);
  const firstMissing = new Map<number, bigint>();
  for (const origin of missing) {
    const [, partition = '', offset = ''] = origin.split('/');
    const known = firstMissing.get(Number(partition));
    if (known === undefined || BigInt(offset) < known) firstMissing.set(Number(partition), BigInt(offset));
  }
  for (const [partition, offset] of firstMissing)
    expect([partition, committed.get(partition)]).toEqual([partition, offset]);

  await start(context, orders);
  await rowsAtLeast(orders, (await orders.rows()) + 1000);
  stream.stop();
  await stream.done;
  expectExactlyOnce(await orders.settled(), stream.produced.length);
});

test.concurrent('a broker 4.1.1 is killed and comes back: every record once', async (context) => {
  const broker = await startBroker({ version: '4.1.1' });
  context.onTestFinished(() => broker.stop());
  const orders = await scenario(context, { bootstrapServers: broker.bootstrapServers });
  const worker = await start(context, orders);
  const stream = await orders.stream({ perSecond: 1000 });
  await rowsAtLeast(orders, 1000);
  await broker.kill();
  await broker.restart();
  await rowsAtLeast(orders, (await orders.rows()) + 1000);
  stream.stop();
  await stream.done;
  // a retry of the producer may have written records twice: each is a record of its own
  const verdict = await orders.settled();
  expectExactlyOnce(verdict, verdict.produced);
  expect(verdict.produced).toBeGreaterThanOrEqual(stream.produced.length);
  expect(worker.process.isRunning()).toBe(true);
});
