import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import type { EmulatorProcess } from '../support/emulator-process.ts';
import { startEmulatorProcess } from '../support/emulator-process.ts';
import type { SinkScenario } from '../support/sink-scenario.ts';
import { createScenario } from '../support/sink-scenario.ts';
import { readTopic, uniqueName } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Properties, WorkerProcess } from '../support/worker-process.ts';
import { startWorker } from '../support/worker-process.ts';

let emulator: EmulatorProcess;
beforeAll(async () => {
  emulator = await startEmulatorProcess();
});
afterAll(() => emulator?.stop());

const scenario = async (overrides: Properties): Promise<SinkScenario> => {
  const made = await createScenario({
    bootstrapServers: inject('kafkaBootstrapServers'),
    url: emulator.url,
    overrides,
  });
  onTestFinished(() => made.close());
  return made;
};

const killedAtTheEnd = (worker: WorkerProcess): WorkerProcess => {
  onTestFinished(async ({ task }) => {
    await worker.kill();
    if (task.result?.state === 'fail') console.log(`worker ${worker.url}:\n${worker.process.output().slice(-6000)}`);
  });
  return worker;
};

const call = async ({ url }: WorkerProcess, method: string, path: string, body?: object): Promise<unknown> => {
  const json =
    body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(`${url}${path}`, { method, ...json });
  const text = await response.text();
  expect(response.status, `${method} ${path}: ${text}`).toBeLessThan(300);
  return text === '' ? null : JSON.parse(text);
};

interface Status {
  readonly connector: { readonly state: string; readonly worker_id: string };
  readonly tasks: readonly { readonly state: string; readonly worker_id: string }[];
}

const statusOn = async (worker: WorkerProcess, name: string): Promise<Status> =>
  (await worker.get(`/connectors/${name}/status`)) as Status;

const statesOn = async (worker: WorkerProcess, name: string): Promise<string> => {
  const { connector, tasks } = await statusOn(worker, name);
  return [connector, ...tasks].map(({ state }) => state).join();
};

const becomes = (worker: WorkerProcess, name: string, states: string): Promise<boolean> =>
  waitFor(async () => (await statesOn(worker, name)) === states, {
    deadlineMs: 60_000,
    what: `${states} on ${worker.url}`,
  });

const workersOn = async (worker: WorkerProcess, name: string): Promise<readonly string[]> =>
  [...new Set((await statusOn(worker, name)).tasks.map(({ worker_id }) => worker_id))].sort();

const hostOf = ({ url }: WorkerProcess): string => new URL(url).host;

test('two workers see and share one connector, the survivor takes over, and a new one finds it again: every record once', async () => {
  const orders = await scenario({ 'tasks.max': '2' });
  const { name } = orders;
  const cluster = uniqueName('cluster');
  const start = async (): Promise<WorkerProcess> =>
    killedAtTheEnd(
      await startWorker({
        command: 'connect-distributed',
        connectors: [],
        properties: {
          ...orders.worker.properties,
          'group.id': cluster,
          // an even number: consecutive tasks then fall on different workers
          'offset.storage.partitions': '24',
          'session.timeout.ms': '6000',
          'heartbeat.interval.ms': '500',
          'offset.flush.interval.ms': '500',
          ...Object.fromEntries(
            ['config', 'offset', 'status'].flatMap((kind) => [
              [`${kind}.storage.topic`, `${cluster}-${kind}`],
              [`${kind}.storage.replication.factor`, '1'],
            ]),
          ),
        },
      }),
    );
  const [one, two] = await Promise.all([start(), start()]);

  await call(one, 'POST', '/connectors', { name, config: orders.connector });
  const isKnown = async () => JSON.stringify(await two.get('/connectors')) === JSON.stringify([name]);
  await waitFor(isKnown, { deadlineMs: 20_000, what: 'the connector on the other worker' });
  expect(await two.get(`/connectors/${name}/config`)).toEqual({ ...orders.connector, name });
  await waitFor(async () => (await workersOn(two, name)).length === 2, { deadlineMs: 60_000, what: 'a task on each' });
  expect(await workersOn(two, name)).toEqual([hostOf(one), hostOf(two)].sort());
  await becomes(one, name, 'RUNNING,RUNNING,RUNNING');

  await call(two, 'PUT', `/connectors/${name}/pause`);
  await becomes(one, name, 'PAUSED,PAUSED,PAUSED');
  await call(one, 'PUT', `/connectors/${name}/resume`);
  await becomes(two, name, 'RUNNING,RUNNING,RUNNING');

  const stream = await orders.stream({ perSecond: 4000, total: 4000 });
  await waitFor(async () => (await orders.rows()) > 0, { deadlineMs: 60_000, what: 'a first row' });
  await one.kill();
  await waitFor(async () => (await workersOn(two, name)).join() === hostOf(two), {
    deadlineMs: 60_000,
    what: 'both tasks on the survivor',
  });
  await stream.done;
  const { missing, twice, unexpected } = await orders.settled();
  expect({ missing, twice, unexpected }).toEqual({ missing: [], twice: [], unexpected: [] });

  // the records are what a Java worker writes and reads
  const config = await readTopic(inject('kafkaBootstrapServers'), `${cluster}-config`);
  const byKey = new Map(
    config.map(({ key, value }) => [String(key), value === null ? null : JSON.parse(String(value))]),
  );
  expect(byKey.get(`connector-${name}`)).toEqual({ properties: { ...orders.connector, name } });
  expect(byKey.get(`target-state-${name}`)).toEqual({ state: 'STARTED', 'state.v2': 'STARTED' });
  expect(byKey.get(`commit-${name}`)).toEqual({ tasks: 2 });
  expect(byKey.get(`task-${name}-1`)).toMatchObject({ properties: { topics: orders.topic } });

  await call(two, 'PUT', `/connectors/${name}/pause`);
  await two.terminate();
  const three = await start();
  await becomes(three, name, 'PAUSED,PAUSED,PAUSED');
  expect(await three.get(`/connectors/${name}/topics`)).toEqual({ [name]: { topics: [orders.topic] } });
  await call(three, 'DELETE', `/connectors/${name}`);
  expect(await three.get('/connectors')).toEqual([]);
});
