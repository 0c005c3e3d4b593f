import { Worker as Thread } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { type Clock, DestinationRefusedError, silentLogger, type TableService } from '../../../src/api/index.ts';
import { TaskThreads } from '../../../src/runtime/task-threads.ts';
import type { Status } from '../../../src/storage/index.ts';
import { systemClock } from '../../../src/util/system-clock.ts';
import { noTables } from '../../support/plain-connector.ts';
import { waitFor } from '../../support/wait-for.ts';

const worker = {
  properties: {},
  offsetFlushIntervalMs: 1000,
  offsetFlushTimeoutMs: 1000,
  gracefulShutdownTimeoutMs: 500,
};
const tables: TableService = {
  ...noTables,
  describe: async (table) => {
    if (table === 'REFUSED') throw new DestinationRefusedError('GRANT SELECT first');
    return table === 'THERE' ? [{ name: 'A', type: 'VARIANT', nullable: true, hasDefault: false }] : null;
  },
};

const started: TaskThreads[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((threads) => threads.close()));
});

const startThreads = (maxThreads = 2, stopLimitMs = 9000, clock: Clock = systemClock) => {
  const statuses = new Map<number, Status[]>();
  const snapshots: unknown[] = [];
  const names: string[] = [];
  const breakers: string[] = [];
  const threads = new TaskThreads({
    maxThreads,
    createThread: (name) => {
      names.push(name);
      return new Thread(new URL('./task-thread-fixture.ts', import.meta.url), { workerData: { name, worker } });
    },
    tablesOf: () => tables,
    listener: {
      onStatus: ({ task }, status) => statuses.set(task, [...(statuses.get(task) ?? []), status]),
      onBreaker: (_id, endpoint, isOpen) => breakers.push(`${endpoint} ${isOpen}`),
      onTopic: () => {},
    },
    onMetrics: (_thread, snapshot) => snapshots.push(snapshot),
    clock,
    stopLimitMs,
    logger: silentLogger,
  });
  started.push(threads);
  const start = (task: number, config = {}, paused = false): void =>
    threads.start({ id: { connector: 'c', task }, config: { 'connector.class': 'x', topics: 't', ...config }, paused });
  const becomes = (task: number, state: string): Promise<unknown> =>
    waitFor(() => statuses.get(task)?.at(-1)?.state === state, { deadlineMs: 9000, what: `task ${task} ${state}` });
  return { threads, statuses, snapshots, names, breakers, start, becomes };
};

describe('task threads', () => {
  test('run tasks spread over at most so many threads, send metrics, stop in order', async () => {
    const { threads, start, becomes, names, snapshots, breakers } = startThreads(2);
    for (const task of [0, 1, 2]) start(task);
    for (const task of [0, 1, 2]) await becomes(task, 'RUNNING');
    expect(names).toEqual(['task-thread-1', 'task-thread-2']);
    threads.setPaused({ connector: 'c', task: 2 }, true);
    await becomes(2, 'PAUSED');
    await threads.stop({ connector: 'c', task: 0 });
    expect(snapshots.at(-1)).toEqual(['a snapshot']);
    expect(breakers).toEqual(['ingest true', 'ingest true', 'ingest true']);
  });

  test('reach the one table service, whose answers and errors cross the border', async () => {
    const { start, becomes, statuses } = startThreads(1);
    start(0, { 'test.table': 'THERE' });
    start(1, { 'test.table': 'REFUSED' });
    await becomes(0, 'FAILED');
    await becomes(1, 'FAILED');
    expect(statuses.get(0)?.at(-1)?.trace).toContain('columns: A');
    expect(statuses.get(1)?.at(-1)?.trace).toBe('org.apache.kafka.connect.errors.ConnectException: GRANT SELECT first');
  });

  test('a thread that dies takes its tasks to FAILED with the reason; they restart in another', async () => {
    const { threads, start, becomes, statuses, names } = startThreads(1);
    start(0);
    await becomes(0, 'RUNNING');
    start(1, { 'test.die': 'true' });
    await becomes(0, 'FAILED');
    await becomes(1, 'FAILED');
    expect(statuses.get(0)?.at(-1)?.trace).toContain('The thread of task c-0, c-1 ended: exit code 7.');
    await threads.stop({ connector: 'c', task: 0 });
    start(0);
    await becomes(0, 'RUNNING');
    expect(names).toHaveLength(2);
  });

  test('a thread waits a while for its task to start again', async () => {
    const waits: (() => void)[] = [];
    const clock: Clock = {
      ...systemClock,
      setTimer: (ms, callback) => {
        if (ms !== 5000) return systemClock.setTimer(ms, callback);
        waits.push(callback);
        return { cancel: () => void waits.splice(0) };
      },
    };
    const { threads, start, becomes, statuses, names } = startThreads(2, 9000, clock);
    const runOnce = async (): Promise<void> => {
      statuses.clear();
      start(0);
      expect(waits).toHaveLength(0);
      await becomes(0, 'RUNNING');
      await threads.stop({ connector: 'c', task: 0 });
      expect(waits).toHaveLength(1);
    };
    await runOnce();
    await runOnce();
    expect(names).toHaveLength(1);
    waits.splice(0)[0]?.();
    await runOnce();
    expect(names).toHaveLength(2);
  });

  test('a thread that does not answer is ended by force', async () => {
    const { threads, start, becomes } = startThreads(1, 300);
    start(0);
    await becomes(0, 'RUNNING');
    start(1, { 'test.block': 'true' });
    await threads.stop({ connector: 'c', task: 1 });
    await becomes(0, 'FAILED');
  });
});
