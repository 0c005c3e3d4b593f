import { expect, inject } from 'vitest';
import type { EmulatorControl } from '../support/emulator-control.ts';
import { emulatorControl } from '../support/emulator-control.ts';
import type { EmulatorProcess } from '../support/emulator-process.ts';
import { startEmulatorProcess } from '../support/emulator-process.ts';
import type { Verdict } from '../support/oracle.ts';
import { createOrder, seededRandom } from '../support/orders.ts';
import type { SinkScenario } from '../support/sink-scenario.ts';
import { createScenario, quickWorker } from '../support/sink-scenario.ts';
import { quoted } from '../support/snowflake.ts';
import type { TestRecord } from '../support/topics.ts';
import { produceRecords } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Properties, WorkerProcess } from '../support/worker-process.ts';
import { startWorker } from '../support/worker-process.ts';

/** Seed of the orders; a failing run is repeated with it. */
export const seed = Number(process.env['FAULT_SEED'] ?? 7);

export interface FaultScenario extends SinkScenario {
  /** The table's default pipe, and for `match.pipe` of a fault. */
  readonly pipe: string;
  readonly control: EmulatorControl;
  readonly bench: FaultBench;
  /** Puts the connector into the bench's worker. */
  submit(changes?: Properties): Promise<void>;
  /** The same; resolves when its task has all partitions. */
  deploy(changes?: Properties): Promise<void>;
}

/** One emulator and one worker for all scenarios of a file, each with a connector, a topic and a table of its own. */
export interface FaultBench {
  readonly emulator: EmulatorProcess;
  readonly control: EmulatorControl;
  readonly worker: WorkerProcess;
  scenario(overrides?: Properties, partitions?: number): Promise<FaultScenario>;
  stop(): Promise<void>;
}

export interface BenchOptions {
  /** Further flags of the emulator's command. */
  readonly emulatorArgs?: readonly string[];
  readonly workerProperties?: Properties;
  /** Of the scenarios' sessions. */
  readonly role?: string;
}

const send = async (method: string, url: string, body?: object): Promise<void> => {
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(url, body === undefined ? { method } : { method, headers, body: JSON.stringify(body) });
  if (!reply.ok) throw new Error(`${method} ${url}: ${reply.status} ${await reply.text()}`);
};

export const startBench = async ({
  emulatorArgs = [],
  workerProperties = {},
  role,
}: BenchOptions = {}): Promise<FaultBench> => {
  console.log(`FAULT_SEED=${seed}`);
  const bootstrapServers = inject('kafkaBootstrapServers');
  const emulator = await startEmulatorProcess(['--commit-delay', '300', ...emulatorArgs]);
  const control = emulatorControl(emulator.url);
  const worker = await startWorker({
    properties: { 'bootstrap.servers': bootstrapServers, ...quickWorker, ...workerProperties },
    connectors: [],
  });
  const made: SinkScenario[] = [];
  const bench: FaultBench = {
    emulator,
    control,
    worker,
    scenario: async (overrides = {}, partitions = 2) => {
      const scenario = await createScenario({
        ...{ bootstrapServers, url: emulator.url, partitions, overrides },
        ...(role === undefined ? {} : { role }),
      });
      made.push(scenario);
      const submit = (changes: Properties = {}): Promise<void> =>
        send('PUT', `${worker.url}/connectors/${scenario.name}/config`, { ...scenario.connector, ...changes });
      const deploy = async (changes: Properties = {}): Promise<void> => {
        await submit(changes);
        const assigned = async () =>
          metric(await worker.metrics(), 'snowsink_partitions_assigned', { connector: scenario.name }) === partitions;
        await waitFor(assigned, { deadlineMs: 30_000, what: `the partitions of ${scenario.name}`, everyMs: 50 });
      };
      return { ...scenario, pipe: `${scenario.table}-STREAMING`, control, bench, submit, deploy };
    },
    stop: async () => {
      await Promise.allSettled(made.map((scenario) => scenario.close()));
      await worker.kill();
      await emulator.stop();
    },
  };
  return bench;
};

/** Orders without a malformed one, `count` from number `from` on, round-robin over the partitions. */
export const goodOrders = (from: number, count: number, partitions = 1): TestRecord[] => {
  const random = seededRandom(seed + from);
  return Array.from({ length: count }, (_, index) => ({
    ...createOrder(from + index, random, Number.POSITIVE_INFINITY),
    partition: index % partitions,
  }));
};

export const produceGood = async (
  { topic }: FaultScenario,
  from: number,
  count: number,
  partitions = 1,
): Promise<void> => {
  await produceRecords(inject('kafkaBootstrapServers'), topic, goodOrders(from, count, partitions));
};

export const rowsAtLeast = (of: SinkScenario, rows: number, deadlineMs = 60_000): Promise<boolean> =>
  waitFor(async () => (await of.rows()) >= rows, { deadlineMs, what: `${rows} rows in ${of.table}`, everyMs: 50 });

/** The first task's trace, once it has failed. */
export const failedTrace = ({ bench, name }: FaultScenario, deadlineMs = 60_000): Promise<string> =>
  waitFor(
    async () => {
      const { tasks } = await bench.worker.status(name);
      return tasks[0]?.state === 'FAILED' ? (tasks[0].trace ?? 'FAILED without a trace') : false;
    },
    { deadlineMs, what: `the task of ${name} to fail`, everyMs: 100 },
  );

export const restartTask = ({ bench, name }: FaultScenario): Promise<void> =>
  send('POST', `${bench.worker.url}/connectors/${name}/tasks/0/restart`);

/** Rows are in the table in the order of their offsets, partition by partition: as they were appended. */
export const expectOrderKept = async ({ session, table }: SinkScenario): Promise<void> => {
  const rows = await session.query(
    `SELECT RECORD_METADATA:partition::NUMBER AS P, RECORD_METADATA:offset::NUMBER AS O FROM ${quoted(table)}`,
  );
  const last = new Map<unknown, number>();
  const misplaced: string[] = [];
  for (const row of rows) {
    const offset = Number(row['O']);
    if (offset <= (last.get(row['P']) ?? -1)) misplaced.push(`${row['P']}/${offset}`);
    last.set(row['P'], offset);
  }
  expect(misplaced).toEqual([]);
};

export const expectExactlyOnce = ({ missing, twice, unexpected, ...counts }: Verdict, total: number): void => {
  expect({ missing, twice, unexpected }).toEqual({ missing: [], twice: [], unexpected: [] });
  expect(counts.produced).toBe(total);
  expect(counts.stored + counts.deadLettered).toBe(total);
};

export const expectRunning = async ({ bench, name }: FaultScenario): Promise<void> => {
  const { connector, tasks } = await bench.worker.status(name);
  expect([connector.state, ...tasks.map(({ state, trace }) => trace ?? state)]).toEqual(['RUNNING', 'RUNNING']);
};

/** All there, nothing twice, in order, dead letters among them, and nothing had to be restarted. */
export const expectComplete = async (scenario: FaultScenario, total: number, deadlineMs = 60_000): Promise<void> => {
  const verdict = await scenario.settled(deadlineMs).catch(async (error: unknown) => {
    await expectRunning(scenario);
    throw error;
  });
  expectExactlyOnce(verdict, total);
  expect(verdict.deadLettered).toBeGreaterThan(0);
  await expectOrderKept(scenario);
  await expectRunning(scenario);
};

/** Value of the first series of a metric whose labels hold all the given ones; undefined: there is none. */
export const metric = (text: string, name: string, labels: Properties = {}): number | undefined => {
  const line = text
    .split('\n')
    .find(
      (each) =>
        (each.startsWith(`${name}{`) || each.startsWith(`${name} `)) &&
        Object.entries(labels).every(([label, value]) => each.includes(`${label}="${value}"`)),
    );
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
};
