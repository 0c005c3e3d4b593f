import fc from 'fast-check';
import PQueue from 'p-queue';
import { expect, test } from 'vitest';
import {
  type Assignment,
  asLastOffset,
  asNextOffset,
  BatchTooLargeError,
  type Channel,
  ChannelInvalidError,
  type ChannelSpec,
  type ChannelStatus,
  type CommittedOffset,
  type Destination,
  type NextOffset,
  noMetrics,
  type RowBatch,
  type SinkTaskContext,
  silentLogger,
} from '../../../src/api/index.ts';
import { createMemoryBudget, EncoderPool, PartitionBuffer } from '../../../src/buffer/index.ts';
import { PartitionPauses } from '../../../src/connector/partition-pauses.ts';
import { decideFirstStart } from '../../../src/connector/resume-decision.ts';
import type { SinkSettings } from '../../../src/connector/sink-settings.ts';
import { TopicPartitionWriter, type WriterLease } from '../../../src/connector/topic-partition-writer.ts';
import { settled, VirtualClock } from '../../support/virtual-clock.ts';

type Fault = 'refuse' | 'lost' | 'swallow' | 'too-large';

/** Snowflake's side of one channel, reduced to what exactly-once stands on: fencing, pending rows, a token stored with the rows. */
class ModelChannelStore {
  readonly table: bigint[] = [];
  token: bigint | null = null;
  pending: { rows: bigint[]; last: bigint }[] = [];
  holder = 0;
  frozen = false;
  appended = 0;
  /** Offsets with a durable dead letter. */
  readonly letters = new Set<bigint>();
  readonly #statuses: ChannelStatus[] = [];
  /** Faults for the next appends: `refuse` = fenced before it lands, `lost` = it lands and the channel is fenced then, `swallow` = accepted and forgotten, `too-large` = refused unless it is one row. */
  faults: Fault[] = [];
  listeners = new Map<number, (status: ChannelStatus | Error) => void>();

  status(): ChannelStatus {
    return {
      committed: this.token === null ? null : asLastOffset(this.token),
      rowsRejected: 0,
      rowsRejectedEver: 0,
      rowsInsertedEver: null,
      lastRejection: null,
      incarnation: '1',
    };
  }

  commit(): void {
    if (this.frozen) return;
    for (const { rows, last } of this.pending) {
      this.table.push(...rows);
      this.token = last;
    }
    this.pending = [];
    this.#statuses.push(this.status());
    this.tell(0);
  }

  /** A status answer reaches everybody who polls the channel, fenced or not; it may be late, and come twice. */
  tell(age: number): void {
    const status = this.#statuses.at(-1 - age);
    if (status !== undefined) for (const listener of [...this.listeners.values()]) listener(status);
  }

  fence(): void {
    const listener = this.listeners.get(this.holder);
    this.holder++;
    listener?.(new ChannelInvalidError('STALE', 'fenced by a model fault'));
  }
}

const modelDestination = (store: ModelChannelStore): Destination => ({
  limits: { maxWireBytes: 1_000_000, maxRowBytes: 1_000_000 },
  open: async (spec: ChannelSpec): Promise<Channel> => {
    store.pending = [];
    store.faults = store.faults.filter((fault) => fault !== 'swallow');
    const me = ++store.holder;
    const opened = store.status();
    return {
      spec,
      opened,
      append: async (batch: RowBatch) => {
        const fault = store.faults.shift();
        if (fault === 'refuse') store.holder++;
        if (me !== store.holder) throw new ChannelInvalidError('STALE', 'fenced');
        if (fault === 'too-large' && batch.rowCount > 1) throw new BatchTooLargeError('413');
        if (fault === 'swallow') {
          // As the real one does with an invalid pipe (snowflake-ingest 1.10): accepted, and so is all that follows until a reopen.
          store.faults.unshift('swallow');
          return;
        }
        const text = Buffer.concat(batch.chunks).toString();
        store.pending.push({ rows: text.split('\n').filter(Boolean).map(BigInt), last: batch.lastOffset });
        store.appended++;
        if (fault === 'lost') {
          store.holder++;
          throw new ChannelInvalidError('STALE', 'accepted, then fenced');
        }
      },
      status: () => store.status(),
      onStatus: (listener) => store.listeners.set(me, listener),
      close: () => store.listeners.delete(me),
    };
  },
  drop: async () => {},
  availability: () => 'available',
  onAvailability: () => {},
  close: async () => {},
});

const settings = {
  commitTimeoutMs: 5000,
  errorsTolerance: 'none',
  offsetReset: 'earliest',
  onAmbiguousOffset: 'fail',
  onLoss: 'fail',
} as unknown as SinkSettings;

interface LogRecord {
  readonly offset: bigint;
  readonly filtered: boolean;
}

/** One worker on one partition; a crash throws it away and a new one reads Kafka's commit and the token. */
class Owner {
  readonly #store: ModelChannelStore;
  readonly #clock: VirtualClock;
  readonly #paused = { value: false };
  #writer: TopicPartitionWriter | null = null;
  #put: {
    readonly lease: WriterLease;
    readonly from: NextOffset;
    readonly rest: LogRecord[];
    reached?: NextOffset;
  } | null = null;
  #sought = false;
  position: NextOffset = asNextOffset(0n);
  failure: Error | null = null;
  readonly #letters = new Set<bigint>();
  #lettersDurable = Promise.withResolvers<void>();

  constructor(store: ModelChannelStore, clock: VirtualClock) {
    this.#store = store;
    this.#clock = clock;
  }

  get isPaused(): boolean {
    return this.#paused.value;
  }

  async open(committed: CommittedOffset | null, logEnd: bigint): Promise<void> {
    const assignment: Assignment = {
      topic: 't',
      partition: 0,
      epoch: 1,
      committed,
      logStart: asNextOffset(0n),
      logEnd: asNextOffset(logEnd),
      topicId: 'T',
    };
    const destination = modelDestination(this.#store);
    const context = {
      id: { connector: 'c', task: 0 },
      clock: this.#clock,
      logger: silentLogger,
      metrics: noMetrics,
      errantRecordReporter: {
        report: async () => {},
        settled: () => (this.#letters.size === 0 ? Promise.resolve() : this.#lettersDurable.promise),
      },
      offset: (_: unknown, offset: NextOffset) => {
        this.position = offset;
        this.#sought = this.#put !== null;
      },
      pause: () => {
        this.#paused.value = true;
      },
      resume: () => {
        this.#paused.value = false;
      },
      fail: (error: Error) => {
        this.failure ??= error;
      },
    } as unknown as SinkTaskContext;
    const channel = await destination.open(
      { topic: 't', partition: 0, table: 'T', channelName: 't_0' },
      new AbortController().signal,
    );
    const { at, verified } = decideFirstStart(assignment, {
      token: channel.opened.committed,
      settings,
      logger: silentLogger,
    });
    this.position = at;
    const budget = createMemoryBudget(1_000_000);
    const encoders = new EncoderPool({ encoding: 'identity', budget });
    const policy = { maxRecords: 5, maxBytes: 10_000, maxAgeMs: 1000, maxWireBytes: 1_000_000 };
    this.#writer = new TopicPartitionWriter(assignment, channel, {
      destination,
      settings,
      context,
      pauses: new PartitionPauses(context),
      rewind: (to) => context.offset(assignment, to),
      sends: new PQueue({ concurrency: 2 }),
      tables: { offsets: async () => [] },
      noted: Promise.resolve(),
      isLane: false,
      verified,
      random: () => 0.5,
      hasStructuredColumns: () => false,
      tableReplaced: async () => {},
      newBuffer: (limits) =>
        new PartitionBuffer({ encoders, policy: { ...policy, ...limits }, budget, clock: this.#clock }),
    });
  }

  /** A put takes several steps: what happens to the channel meanwhile must not matter. */
  async put(log: readonly LogRecord[], count: number): Promise<void> {
    if (this.#writer === null) return;
    this.#put ??= this.isPaused
      ? null
      : {
          lease: this.#writer.lease(),
          from: this.position,
          rest: log.filter(({ offset }) => offset >= this.position).slice(0, 9),
        };
    const put = this.#put;
    if (put === null) return;
    for (const { offset, filtered } of put.rest.splice(0, count)) {
      put.reached = asNextOffset(offset + 1n);
      if (put.lease.taken !== null && offset <= put.lease.taken) continue;
      if (filtered) {
        this.#letters.add(offset);
        continue;
      }
      await put.lease.add({
        bytes: Buffer.from(`${offset}\n`),
        rowCount: 1,
        firstOffset: offset,
        lastOffset: offset,
        release: () => {},
      });
    }
    if (put.rest.length > 0) return;
    this.#put = null;
    // A rewind during the put wins over the position that the put would have led to.
    if (put.reached !== undefined && !this.#sought) this.position = put.reached;
    this.#sought = false;
  }

  /** The dead letters that are on the way arrive. */
  lettersArrive(): void {
    for (const offset of this.#letters) this.#store.letters.add(offset);
    this.#letters.clear();
    this.#lettersDurable.resolve();
    this.#lettersDurable = Promise.withResolvers();
  }

  commit(): CommittedOffset | null {
    if (this.#letters.size > 0) return null;
    return this.#writer?.committable(this.position) ?? null;
  }

  async flush(deadline: AbortSignal): Promise<void> {
    await this.#writer?.flush(deadline);
  }

  close(): void {
    this.#writer?.close();
  }
}

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('put' as const), count: fc.integer({ min: 1, max: 7 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 1500 }) }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'durable' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'commit' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'fence' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fault' as const),
      fault: fc.constantFrom('refuse' as const, 'lost' as const, 'swallow' as const, 'too-large' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('freeze' as const), on: fc.boolean() }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'letters' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('status' as const), age: fc.integer({ min: 0, max: 3 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'zombie' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'crash' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'revoke' as const }) },
);

test('whatever happens to the channel or the owner, each row is in the table once and in order', async () => {
  const hits = { recovered: 0, crashed: 0, revoked: 0, zombies: 0, tooLarge: 0, swallowed: false };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ gap: fc.integer({ min: 1, max: 3 }), filtered: fc.boolean() }), {
        minLength: 5,
        maxLength: 60,
      }),
      fc.array(step, { minLength: 5, maxLength: 60 }),
      async (shape, steps) => {
        let next = 0n;
        const log = shape.map(({ gap, filtered }) => {
          const offset = next + BigInt(gap) - 1n;
          next = offset + 1n;
          return { offset, filtered };
        });
        const wanted = log.filter(({ filtered }) => !filtered).map(({ offset }) => offset);
        const store = new ModelChannelStore();
        const clock = new VirtualClock();
        let kafka: CommittedOffset | null = null;
        let owner = new Owner(store, clock);
        let zombie: Owner | null = null;
        await owner.open(kafka, next);
        const commit = (): void => {
          const offer = owner.commit();
          if (offer === null) return;
          kafka = offer;
          const missing = wanted.find((offset) => offset < offer.offset && !store.table.includes(offset));
          expect(missing, `committed ${offer.offset} before row ${missing} was durable`).toBeUndefined();
        };
        // No row is sent before Kafka has a commit.
        commit();
        const restart = async (): Promise<void> => {
          owner.close();
          owner = new Owner(store, clock);
          await owner.open(kafka, next);
        };
        for (const at of steps) {
          if (owner.failure !== null) await restart();
          if (at.kind === 'put') {
            await zombie?.put(log, at.count);
            await owner.put(log, at.count);
          } else if (at.kind === 'letters') owner.lettersArrive();
          else if (at.kind === 'status') store.tell(at.age);
          else if (at.kind === 'zombie') {
            // The group gave the partition away, and the old owner has not heard of it. What it reports and commits counts no more.
            hits.zombies++;
            zombie?.close();
            zombie = owner;
            owner = new Owner(store, clock);
            await owner.open(kafka, next);
          } else if (at.kind === 'time') await clock.advance(at.ms);
          else if (at.kind === 'durable') store.commit();
          else if (at.kind === 'commit') commit();
          else if (at.kind === 'fence') {
            hits.recovered++;
            store.fence();
          } else if (at.kind === 'fault') {
            if (at.fault === 'too-large') hits.tooLarge++;
            store.faults.push(at.fault);
          } else if (at.kind === 'freeze') store.frozen = at.on;
          else if (at.kind === 'crash') {
            hits.crashed++;
            await restart();
          } else {
            hits.revoked++;
            const deadline = new AbortController();
            const flushed = owner.flush(deadline.signal);
            owner.lettersArrive();
            await settled();
            store.commit();
            deadline.abort();
            await flushed;
            commit();
            await restart();
          }
          hits.swallowed ||= store.faults.includes('swallow');
          await settled();
        }
        zombie?.close();
        store.frozen = false;
        store.faults = store.faults.filter((fault) => fault === 'swallow');
        for (let round = 0; round < 400 && store.table.length < wanted.length; round++) {
          if (owner.failure !== null) await restart();
          await owner.put(log, 10);
          owner.lettersArrive();
          await clock.advance(1100);
          store.commit();
        }
        expect(store.table).toEqual(wanted);
        // What the token or a commit has passed is in the table or has its dead letter.
        const behind = store.token ?? -1n;
        const lost = log.filter(({ offset, filtered }) => filtered && offset < behind && !store.letters.has(offset));
        expect(lost).toEqual([]);
        owner.close();
      },
    ),
    { numRuns: 600 },
  );
  expect(hits.swallowed).toBe(true);
  expect(Math.min(hits.recovered, hits.crashed, hits.revoked, hits.zombies, hits.tooLarge)).toBeGreaterThan(0);
});
