import PQueue from 'p-queue';
import { expect, test } from 'vitest';
import {
  type Assignment,
  asLastOffset,
  asNextOffset,
  BatchTooLargeError,
  type Channel,
  ChannelInvalidError,
  type ChannelStatus,
  type Destination,
  noMetrics,
  type RowBatch,
  type SinkTaskContext,
  silentLogger,
} from '../../../src/api/index.ts';
import { createMemoryBudget, EncoderPool, PartitionBuffer } from '../../../src/buffer/index.ts';
import { PartitionPauses } from '../../../src/connector/partition-pauses.ts';
import type { SinkSettings } from '../../../src/connector/sink-settings.ts';
import { TopicPartitionWriter } from '../../../src/connector/topic-partition-writer.ts';
import { AppendRate } from '../../../src/destinations/snowpipe-streaming/append-rate.ts';
import { settled, VirtualClock } from '../../support/virtual-clock.ts';

const assignment: Assignment = {
  topic: 't',
  partition: 0,
  epoch: 1,
  committed: null,
  logStart: asNextOffset(0n),
  logEnd: asNextOffset(1_000n),
  topicId: 'T',
};

const settings = {
  commitTimeoutMs: 60_000,
  errorsTolerance: 'all',
  offsetReset: 'earliest',
  onAmbiguousOffset: 'fail',
  onLoss: 'fail',
  lateRejections: 'count',
} as unknown as SinkSettings;

interface Appended {
  readonly first: bigint;
  readonly last: bigint;
  readonly wireBytes: number;
}

/** A writer on a channel whose answers a test scripts. */
const setUp = (maxRecords = 2, maxAgeMs = 1_000) => {
  const clock = new VirtualClock();
  const appended: Appended[] = [];
  const rewinds: bigint[] = [];
  const rejected: number[] = [];
  const flushes: string[] = [];
  const state = {
    appended,
    rewinds,
    rejected,
    flushes,
    giveWay: (): void => {},
    opens: 0,
    failure: null as Error | null,
    paused: false,
    token: null as bigint | null,
    rowsErrorCount: 0,
    paceAtMs: 0,
    answer: async (_batch: RowBatch): Promise<void> => {},
    reports: Promise.resolve(),
    listener: (_status: ChannelStatus | Error): void => {},
  };
  const statusNow = (baseline: number): ChannelStatus => ({
    committed: state.token === null ? null : asLastOffset(state.token),
    rowsRejected: state.rowsErrorCount - baseline,
    rowsRejectedEver: state.rowsErrorCount,
    rowsInsertedEver: null,
    lastRejection: null,
    incarnation: '1',
  });
  const channelOf = (): Channel => {
    const baseline = state.rowsErrorCount;
    let status = statusNow(baseline);
    return {
      spec: { topic: 't', partition: 0, table: 'T', channelName: 't_0' },
      opened: status,
      append: async (batch) => {
        await state.answer(batch);
        appended.push({ first: batch.firstOffset, last: batch.lastOffset, wireBytes: batch.wireBytes });
      },
      paceAtMs: () => state.paceAtMs,
      status: () => status,
      onStatus: (listener) => {
        state.listener = (told) => {
          if (!(told instanceof Error)) status = told;
          listener(told);
        };
      },
      close: () => {},
    };
  };
  const destination = {
    limits: { maxWireBytes: 4_000_000, maxRowBytes: 16_000_000 },
    open: async () => {
      state.opens++;
      return channelOf();
    },
  } as unknown as Destination;
  const context = {
    id: { connector: 'c', task: 0 },
    clock,
    logger: silentLogger,
    metrics: {
      ...noMetrics,
      increment: (name: string, { reason = '' }: { reason?: string }, by = 1) => {
        if (name === 'snowsink_rows_rejected_total') rejected.push(by);
        if (name === 'snowsink_flush_total') flushes.push(reason);
      },
    },
    errantRecordReporter: { report: async () => {}, settled: () => state.reports },
    offset: (_partition: unknown, offset: bigint) => rewinds.push(offset),
    pause: () => {
      state.paused = true;
    },
    resume: () => {
      state.paused = false;
    },
    fail: (error: Error) => {
      state.failure ??= error;
    },
  } as unknown as SinkTaskContext;
  const budget = createMemoryBudget(64_000_000);
  const encoders = new EncoderPool({ encoding: 'identity', budget });
  const policy = { maxRecords, maxBytes: 8_000_000, maxAgeMs, maxWireBytes: 4_000_000 };
  const writer = new TopicPartitionWriter(assignment, channelOf(), {
    destination,
    settings,
    context,
    pauses: new PartitionPauses(context),
    rewind: (to) => context.offset(assignment, to),
    sends: new PQueue({ concurrency: 2 }),
    tables: { offsets: async () => [] },
    noted: Promise.resolve(),
    isLane: false,
    verified: { last: channelOf().opened.committed ?? -1n, count: 0, rows: null },
    random: () => 0,
    hasStructuredColumns: () => false,
    tableReplaced: async () => {},
    newBuffer: (limits, giveWay = () => {}) => {
      state.giveWay = giveWay;
      return new PartitionBuffer({ encoders, policy: { ...policy, ...limits }, budget, clock, giveWay });
    },
  });
  const put = async (from: number, to: number, size = 10): Promise<void> => {
    const lease = writer.lease();
    for (let at = from; at <= to; at++) {
      const offset = BigInt(at);
      const bytes = Buffer.alloc(size, 0x20);
      await lease.add({ bytes, rowCount: 1, firstOffset: offset, lastOffset: offset, release: () => {} });
    }
    await settled();
  };
  const commitTo = (token: bigint): void => {
    state.token = token;
    state.listener({ ...statusNow(0), rowsRejected: 0 });
  };
  return { ...state, state, statusNow, clock, writer, put, commitTo, budget };
};

const offsetsOf = (appended: readonly Appended[]): string =>
  appended.map(({ first, last }) => `${first}-${last}`).join(' ');

test('nothing is appended behind a batch that could not be: the token must not pass it', async () => {
  const { state, appended, writer, put, commitTo } = setUp();
  const gate = Promise.withResolvers<void>();
  state.answer = async (batch) => {
    if (batch.firstOffset === 0n) {
      await gate.promise;
      throw new Error('the compressor broke');
    }
  };
  await put(0, 3);
  gate.resolve();
  await settled();
  expect(state.failure?.message).toContain('the compressor broke');
  expect(offsetsOf(appended)).toBe('');
  commitTo(3n); // whatever comes now
  expect(writer.committable(asNextOffset(4n)).offset).toBe(0n);
});

test('rows that come of age while a batch is under way go as one behind it', async () => {
  const { state, appended, clock, put } = setUp(1_000);
  const gate = Promise.withResolvers<void>();
  state.answer = () => gate.promise;
  await put(0, 0);
  await clock.advance(1_000);
  await put(1, 1);
  await clock.advance(1_500);
  await put(2, 2);
  await clock.advance(5_000);
  expect([offsetsOf(appended), state.paused]).toEqual(['', false]);
  gate.resolve();
  await settled();
  await clock.advance(0);
  expect(offsetsOf(appended)).toBe('0-0 1-2');
});

test('rows that come of age sooner than the channel keeps its pace wait in the buffer; a full one does not', async () => {
  const { state, appended, clock, put } = setUp(3);
  state.paceAtMs = clock.now() + 1_400;
  await put(0, 0);
  await clock.advance(1_300);
  await put(1, 1);
  expect(offsetsOf(appended)).toBe('');
  await clock.advance(100);
  expect(offsetsOf(appended)).toBe('0-1');
  state.paceAtMs = clock.now() + 1_400;
  await put(2, 4);
  expect(offsetsOf(appended)).toBe('0-1 2-4');
});

test('rows that go because others need their compressor are not counted as short of memory', async () => {
  const { state, appended, flushes, writer, put } = setUp(1_000);
  await put(0, 0);
  state.giveWay();
  await put(1, 1);
  writer.cut('memory');
  await settled();
  expect([offsetsOf(appended), flushes]).toEqual(['0-0 1-1', ['compressor', 'memory']]);
});

test('a clock set back while a batch is under way holds no row longer than it may age', async () => {
  const { state, appended, clock, put } = setUp();
  const answered = Promise.withResolvers<void>();
  state.answer = () => answered.promise;
  await put(0, 1);
  await put(2, 2);
  const now = clock.now.bind(clock);
  clock.now = () => now() - 120_000;
  state.answer = async () => {};
  answered.resolve();
  await clock.advance(1_000);
  expect(offsetsOf(appended)).toBe('0-1 2-2');
});

test('at Snowflake’s ten appends a second, rows of a steady stream with a flush time of 50 ms wait 80 ms at the median, none 150', async () => {
  const { state, clock, put } = setUp(1_000, 50);
  const rate = new AppendRate(clock);
  const comeAtMs: number[] = [];
  const ages: number[] = [];
  state.answer = async ({ firstOffset, lastOffset }) => {
    await rate.take(new AbortController().signal);
    await clock.sleep(10);
    for (let at = firstOffset; at <= lastOffset; at++) ages.push(clock.now() - (comeAtMs[Number(at)] ?? 0));
    state.paceAtMs = rate.paceAtMs;
  };
  for (let i = 0; i < 250; i++) {
    comeAtMs.push(clock.now());
    await put(i, i);
    await clock.advance(20);
  }
  await clock.advance(1_000);
  ages.sort((a, b) => a - b);
  expect(ages).toHaveLength(250);
  expect(ages[125]).toBeLessThanOrEqual(80);
  expect(ages.at(-1)).toBeLessThanOrEqual(150);
});

test('a batch that is refused as too large is read again in smaller ones', async () => {
  const { state, appended, rewinds, clock, put } = setUp(1_000);
  const limit = 700_000;
  state.answer = async (batch) => {
    if (batch.wireBytes > limit) throw new BatchTooLargeError('413');
  };
  await put(0, 29, 100_000);
  await clock.advance(1_000);
  for (let round = 0; round < 6 && appended.length === 0; round++) {
    await clock.advance(1_000);
    const at = rewinds.at(-1);
    if (at !== undefined && !state.paused) await put(Number(at), 29, 100_000);
  }
  await clock.advance(5_000);
  expect(rewinds.every((offset) => offset === 0n)).toBe(true);
  expect(rewinds.length).toBeGreaterThan(0);
  expect(state.failure).toBeNull();
  expect([appended.at(0)?.first, appended.at(-1)?.last]).toEqual([0n, 29n]);
  expect(appended.every(({ wireBytes }) => wireBytes <= limit)).toBe(true);
});

test('a piece that nobody can cut any more and that is refused as too large fails the task in words', async () => {
  const { state, clock, put } = setUp(1);
  state.answer = async () => {
    throw new BatchTooLargeError('413');
  };
  await put(5, 5);
  await clock.advance(10_000);
  expect(state.failure?.message).toMatch(/offsets? 5.*10 bytes.*4 MB/);
});

test('rows wait for the dead letters before them: the token must not pass a record that is in neither place', async () => {
  const { state, appended, put } = setUp();
  const durable = Promise.withResolvers<void>();
  state.reports = durable.promise;
  await put(1, 2);
  expect(offsetsOf(appended)).toBe('');
  durable.resolve();
  await settled();
  expect(offsetsOf(appended)).toBe('1-2');
});

test('a dead letter that cannot be written stops the rows behind it', async () => {
  const { state, appended, put } = setUp();
  state.reports = Promise.reject(new Error('not enough replicas'));
  state.reports.catch(() => {});
  await put(1, 4);
  expect(state.failure?.message).toContain('not enough replicas');
  expect(offsetsOf(appended)).toBe('');
});

test('another owner got further than we did: rows that are in the table are not sent again, and reading goes on behind them', async () => {
  const { state, rewinds, clock, put, commitTo } = setUp(100);
  await put(0, 1);
  commitTo(3n);
  await put(2, 6);
  await clock.advance(2_000);
  expect(state.failure).toBeNull();
  expect(rewinds).toEqual([4n]);
});

test('channels lost while nothing waits to become durable do not add up to a failure', async () => {
  const { state, clock } = setUp();
  for (let time = 0; time < 10; time++) {
    state.listener(new ChannelInvalidError('PIPE_FAILED_OVER', 'moved'));
    await clock.advance(2_000);
  }
  expect([state.opens, state.failure]).toEqual([10, null]);
});

test('five reopens in a row that make nothing durable fail the task', async () => {
  const { state, clock, put } = setUp(100);
  await put(0, 0);
  for (let time = 0; time < 6; time++) {
    state.listener(new ChannelInvalidError('STALE', 'fenced'));
    await clock.advance(20_000);
    if (state.failure === null) await put(0, 0);
  }
  expect(state.failure?.message).toContain('5 reopens in a row');
});

test('rows that Snowflake dropped before a reopen are counted after it', async () => {
  const { state, rejected, statusNow, clock, put } = setUp();
  await put(0, 1);
  state.rowsErrorCount = 1;
  state.listener(statusNow(0));
  expect(rejected).toEqual([1]);
  state.rowsErrorCount = 3;
  state.listener(new ChannelInvalidError('STALE', 'fenced'));
  await clock.advance(2_000);
  expect(rejected).toEqual([1, 2]);
});

test('a channel that is being reopened holds no memory for rows that will be read again', async () => {
  const { state, budget, clock, put } = setUp(100);
  await put(0, 9, 1_000);
  expect(budget.usedBytes()).toBeGreaterThan(0);
  state.listener(new ChannelInvalidError('STALE', 'fenced'));
  await settled();
  expect(budget.usedBytes()).toBe(0);
  await clock.advance(2_000);
  expect(state.rewinds).toEqual([0n]);
});
