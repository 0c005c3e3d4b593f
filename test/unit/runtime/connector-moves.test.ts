import { expect, test } from 'vitest';
import type { ConnectorConfig, SinkTask, TableService } from '../../../src/api/index.ts';
import { ConfigDef } from '../../../src/config/index.ts';
import { type ConnectorPlugin, Herder } from '../../../src/runtime/index.ts';
import type { WorkerGroup } from '../../../src/runtime/worker-group.ts';
import { MemoryConfigBackingStore, MemoryStatusBackingStore } from '../../../src/storage/index.ts';
import { noTables, plainConnector } from '../../support/plain-connector.ts';
import { InMemoryKafka } from './in-memory-kafka.ts';
import { plainPlugins, portsOn } from './in-memory-ports.ts';
import { RecordingSinkTask } from './recording-sink-task.ts';

/** A worker with connector c, whose two tasks may ask for their tables at any time. */
const setUp = async () => {
  const closed: string[] = [];
  const ofTasks = new Map<number, TableService>();
  const tableService = ({ user = '' }: ConnectorConfig): TableService => ({
    ...noTables,
    isIceberg: async () => user === 'iceberg',
    close: async () => void closed.push(user),
  });
  const plugin: ConnectorPlugin = {
    javaClass: 'com.example.TestSinkConnector',
    version: '1',
    configDef: new ConfigDef({}),
    validate: () => [],
    createConnector: plainConnector,
    createTask: (context, { tables }): SinkTask => {
      ofTasks.set(context.id.task, tables);
      return new RecordingSinkTask(context);
    },
    createTableService: tableService,
  };
  const owned = new Set([0, 1]);
  let sharedAnew = (): void => {};
  const group: WorkerGroup = {
    start: async (onChange) => {
      sharedAnew = onChange;
    },
    owns: ({ task }) => owned.has(task),
    generation: 1,
    stop: async () => {},
  };
  const configs = new MemoryConfigBackingStore();
  const statuses = new MemoryStatusBackingStore();
  const herder = new Herder({
    worker: {
      properties: {},
      offsetFlushIntervalMs: 1000,
      offsetFlushTimeoutMs: 1000,
      gracefulShutdownTimeoutMs: 1000,
    },
    plugins: { ...plainPlugins, connector: () => plugin, connectors: () => [plugin] },
    ports: portsOn(new InMemoryKafka(), {}),
    threads: null,
    version: '0',
    commit: 'test',
    ...{ group, configs, statuses },
  });
  const put = (user: string, tasks = '2') =>
    herder.putConnectorConfig(
      'c',
      { 'connector.class': 'Test', topics: 't', 'tasks.max': tasks, user },
      { replace: true },
    );
  await herder.start();
  await put('first');
  await expect.poll(() => ofTasks.size).toBe(2);
  const share = async (...tasks: readonly number[]): Promise<void> => {
    owned.clear();
    for (const task of tasks) owned.add(task);
    sharedAnew();
    await herder.deleteConnector('nobody').catch(() => undefined); // takes its turn behind what is to be brought about
  };
  return { herder, configs, statuses, closed, ofTasks, put, share };
};

test('a task whose connector is another worker’s from now on still reaches its tables', async () => {
  const { herder, closed, ofTasks, share } = await setUp();
  const isIceberg = () => ofTasks.get(1)?.isIceberg('T');
  expect(await isIceberg()).toBe(false);
  await share(1);
  expect(await isIceberg()).toBe(false);
  expect(closed).toEqual([]);
  await share();
  expect(closed).toEqual(['first']);
  await herder.stop();
});

test('tables of a connector that another worker leads are those of its present config', async () => {
  const { herder, configs, closed, ofTasks, put, share } = await setUp();
  await share(1);
  ofTasks.clear();
  await put('iceberg');
  const { config = {} } = configs.get('c') ?? {};
  await configs.putTaskConfigs('c', [config, config]); // as its leader does
  await expect.poll(() => [...ofTasks.keys()]).toEqual([1]);
  expect(await ofTasks.get(1)?.isIceberg('T')).toBe(true);
  expect(closed).toEqual(['first']);
  await herder.stop();
});

test('of a task that a smaller tasks.max took away no status is left', async () => {
  const { herder, statuses, put } = await setUp();
  const tasks = () => [...(statuses.get('c')?.tasks.keys() ?? [])];
  expect(tasks()).toEqual([0, 1]);
  await put('first', '1');
  expect(tasks()).toEqual([0]);
  await herder.stop();
});
