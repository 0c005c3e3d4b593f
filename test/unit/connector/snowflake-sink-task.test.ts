import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  type Assignment,
  asNextOffset,
  type Channel,
  type ChannelSpec,
  type ChannelStatus,
  type Column,
  ConnectError,
  type Destination,
  type DestinationLimits,
  noMetrics,
  RecordRows,
  type RowBatch,
  type SinkRecord,
  type SinkTaskContext,
  silentLogger,
} from '../../../src/api/index.ts';
import { createMemoryBudget } from '../../../src/buffer/index.ts';
import type { SinkSettings } from '../../../src/connector/sink-settings.ts';
import { SnowflakeSinkTask } from '../../../src/connector/snowflake-sink-task.ts';
import { noTables } from '../../support/plain-connector.ts';
import { settled, VirtualClock } from '../../support/virtual-clock.ts';

const settingsFor = (errorsTolerance: 'none' | 'all'): SinkSettings => ({
  connectorName: 'c',
  generation: 'own',
  account: {
    url: '',
    account: '',
    user: '',
    privateKey: '',
    privateKeyPassphrase: null,
    role: null,
    database: 'D',
    schema: 'S',
  },
  destination: 'snowpipe-streaming',
  warehouse: null,
  schematization: true,
  metadata: {
    all: true,
    topic: true,
    offsetAndPartition: true,
    createTime: true,
    connectorPushTime: false,
    typedHeaders: true,
  },
  autocreate: true,
  iceberg: { expected: false, create: null },
  columns: '',
  tableFrom: '',
  validation: 'client',
  evolution: { policy: 'evolve', widen: false, types: 'connector' },
  onNullValue: 'default',
  topicToTableMap: 't:ORDERS,u:ORDERS',
  topicToTableRegexReplacement: false,
  sanitizeTableNames: true,
  normalizeColumnNames: true,
  channelNameIncludesConnector: false,
  flush: { maxRecords: 1000, maxBytes: 1e6, maxAgeMs: 1000 },
  compression: 'zstd',
  maxConcurrentAppends: 2,
  lanes: 1,
  commitTimeoutMs: 60_000,
  onAmbiguousOffset: 'fail',
  onLoss: 'fail',
  lateRejections: 'dead-letter',
  errorsTolerance,
  oversize: 'dlq',
  severalTables: true,
  offsetReset: 'earliest',
});

const columns: readonly Column[] = [
  { name: 'RECORD_METADATA', type: 'VARIANT', nullable: true, hasDefault: false },
  { name: 'A', type: 'NUMBER(38,0)', nullable: true, hasDefault: false },
  { name: 'SHORT', type: 'VARCHAR(3)', nullable: true, hasDefault: false },
  { name: 'LONG', type: 'VARCHAR(16777216)', nullable: true, hasDefault: false },
];

const setUp = async (
  errorsTolerance: 'none' | 'all',
  changes: Partial<SinkSettings> = {},
  limits: DestinationLimits = { maxWireBytes: 3_900_000, maxRowBytes: 16_000_000 },
) => {
  const clock = new VirtualClock();
  const appended: RowBatch[] = [];
  const specs: ChannelSpec[] = [];
  const reported: bigint[] = [];
  const state = { failure: null as Error | null, report: async (): Promise<void> => {}, topics: [] as string[] };
  const opened: ChannelStatus = {
    committed: null,
    rowsRejected: 0,
    rowsRejectedEver: 0,
    rowsInsertedEver: null,
    lastRejection: null,
    incarnation: '1',
  };
  const destination: Destination = {
    limits,
    open: async (spec): Promise<Channel> => {
      specs.push(spec);
      return {
        spec,
        opened,
        append: async (batch) => {
          appended.push(batch);
        },
        status: () => opened,
        onStatus: () => {},
        close: () => {},
      };
    },
    drop: async () => {},
    availability: () => 'available',
    onAvailability: () => {},
    close: async () => {},
  };
  const context: SinkTaskContext = {
    id: { connector: 'c', task: 0 },
    clock,
    logger: silentLogger,
    metrics: noMetrics,
    config: {},
    bytes: null,
    assignment: () => [],
    subscription: () => state.topics,
    offset: () => {},
    pause: () => {},
    resume: () => {},
    requestCommit: () => {},
    fail: (error) => {
      state.failure ??= error;
    },
    errantRecordReporter: {
      report: (original) => {
        reported.push(original.record.offset);
        return state.report();
      },
      settled: async () => {},
      droppedRowsWithin: () => [],
    },
  };
  const task = new SnowflakeSinkTask(context, {
    settings: { ...settingsFor(errorsTolerance), ...changes },
    tables: { ...noTables, describe: async () => columns },
    memoryBudget: createMemoryBudget(1e8),
    random: () => 0,
    openDestination: () => destination,
  });
  await task.start({});
  const assignment: Assignment = {
    topic: 't',
    partition: 0,
    epoch: 1,
    committed: null,
    logStart: asNextOffset(0n),
    logEnd: asNextOffset(100n),
    topicId: null,
  };
  await task.open([assignment]);
  task.committed(assignment);
  return { task, assignment, state, clock, appended, reported, specs };
};

const record = (offset: bigint, field: string): SinkRecord => ({
  topic: 't',
  partition: 0,
  offset,
  timestamp: null,
  timestampType: 'CreateTime',
  keySchema: null,
  key: null,
  valueSchema: null,
  value: new Map([[field, 1]]),
  headers: [],
  original: {
    topic: 't',
    partition: 0,
    record: {
      offset,
      batchOffset: offset,
      timestamp: 0n,
      timestampType: 'CreateTime',
      key: null,
      value: new Uint8Array(0),
      headers: [],
    },
  },
});

test('without tolerance nothing behind a bad record is put: a token past it would hide it from the next start', async () => {
  const { task, state, clock, appended, reported } = await setUp('none');
  state.report = async () => {
    throw new ConnectError('Tolerance exceeded in error handler');
  };
  await expect(task.put([record(0n, 'A'), record(1n, 'MISSING'), record(2n, 'A')])).rejects.toThrow(
    'Tolerance exceeded',
  );
  await clock.advance(5_000);
  await settled();
  expect(reported).toEqual([1n]);
  expect(appended.filter(({ lastOffset }) => lastOffset >= 1n)).toEqual([]);
  await task.stop();
});

test('with tolerance the rows around a bad record go on', async () => {
  const { task, clock, appended, reported } = await setUp('all');
  await task.put([record(0n, 'A'), record(1n, 'MISSING'), record(2n, 'A')]);
  await clock.advance(1_000);
  await expect.poll(() => appended.map(({ rowCount, lastOffset }) => [rowCount, lastOffset])).toEqual([[2, 2n]]);
  expect(reported).toEqual([1n]);
  await task.stop();
});

describe('snowsink.oversize.policy', () => {
  const limits = { maxWireBytes: 300, maxRowBytes: 1000 };
  const noise = Array.from({ length: 40 }, (_, at) => Math.sin(at)).join();
  const large = { ...record(1n, 'A'), value: new Map([['LONG', noise]]) };
  const tooLong = { ...record(1n, 'A'), value: new Map([['SHORT', 'four']]) };

  test.each([
    ['a row too large for a request', large, 'The row is'],
    ['a value too long for its column', tooLong, 'String too long'],
  ])('%s: a dead letter, or the end of the task whatever is tolerated', async (_what, bad, reason) => {
    const tolerant = await setUp('all', { oversize: 'dlq' }, limits);
    await tolerant.task.put([record(0n, 'A'), bad, record(2n, 'A')]);
    expect(tolerant.reported).toEqual([1n]);
    await tolerant.task.stop();
    const failing = await setUp('all', { oversize: 'fail' }, limits);
    const put = failing.task.put([record(0n, 'A'), bad, record(2n, 'A')]);
    await expect(put).rejects.toThrow(/^topic t, partition 0, offset 1: .*snowsink\.oversize\.policy=fail/);
    await expect(put).rejects.toThrow(reason);
    expect(failing.reported).toEqual([]);
    await failing.task.stop();
  });

  test('a destination that takes larger rows gets them alone, in their order', async () => {
    const { task, clock, appended, reported } = await setUp(
      'all',
      { oversize: 'stage' },
      { maxWireBytes: 3_900_000, maxRowBytes: 16_000_000, maxRowWireBytes: 16_000_000 },
    );
    const larger = { ...large, value: new Map([['LONG', randomBytes(3_500_000).toString('base64')]]) };
    await task.put([record(0n, 'A'), larger, record(2n, 'A')]);
    const sent = async () => {
      // What comes behind the large row ages while that is compressed, in real time.
      await clock.advance(1_000);
      return appended.map(({ rowCount, lastOffset }) => [rowCount, lastOffset]);
    };
    await expect.poll(sent, { timeout: 60_000 }).toEqual([
      [1, 0n],
      [1, 1n],
      [1, 2n],
    ]);
    expect(reported).toEqual([]);
    await task.stop();
  });
});

test('a record that a transform routed goes over a channel of its table; the offset waits for all of them', async () => {
  const { task, clock, appended, specs } = await setUp('all');
  await task.put([{ ...record(0n, 'A'), topic: 'u' }, { ...record(1n, 'A'), topic: 'archive' }, record(2n, 'A')]);
  await clock.advance(1_000);
  await expect
    .poll(() => appended.map(({ firstOffset, lastOffset }) => `${firstOffset}-${lastOffset}`).sort())
    .toEqual(['0-2', '1-1']);
  expect(specs.map(({ table, channelName }) => [table, channelName])).toEqual([
    ['ORDERS', 't_0'],
    ['ARCHIVE', 't_0'],
  ]);
  const consumed = new Map([['t-0', { topic: 't', partition: 0, offset: asNextOffset(3n) }]]);
  expect((await task.preCommit(consumed)).get('t-0')?.offset).toBe(0n);
  await task.stop();
});

test('one record that holds several rows makes them all, under its offset', async () => {
  const { task, clock, appended } = await setUp('all');
  const rows = new RecordRows([new Map([['A', 1]]), new Map([['A', 2]])]);
  await task.put([record(0n, 'A'), { ...record(1n, 'A'), value: rows }, record(2n, 'A')]);
  await clock.advance(1_000);
  await expect.poll(() => appended.map(({ rowCount, lastOffset }) => [rowCount, lastOffset])).toEqual([[4, 2n]]);
  await task.stop();
});

test('a routed topic without a table name is a bad record, not the end of the task', async () => {
  const { task, reported } = await setUp('all');
  await task.put([{ ...record(0n, 'A'), topic: '' }]);
  expect(reported).toEqual([0n]);
  await task.stop();
});

test('of topics whose channels Snowflake could not tell apart none is opened, though the others are another task’s', async () => {
  const { task, assignment, state } = await setUp('all');
  state.topics = ['orders', 'x.y'];
  await task.open([{ ...assignment, topic: 'x.y' }]);
  state.topics = ['Orders', 'orders', 'x.y'];
  await expect(task.open([{ ...assignment, topic: 'orders' }])).rejects.toThrow(
    'Topics Orders, orders differ in case only',
  );
});
