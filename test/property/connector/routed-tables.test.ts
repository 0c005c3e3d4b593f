import fc from 'fast-check';
import PQueue from 'p-queue';
import { expect, test } from 'vitest';
import {
  type Assignment,
  asLastOffset,
  asNextOffset,
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
import type { SinkSettings } from '../../../src/connector/sink-settings.ts';
import { SourcePartition } from '../../../src/connector/source-partition.ts';
import { TopicPartitionWriter, type WriterLease } from '../../../src/connector/topic-partition-writer.ts';
import { decodeCommitMetadata, encodeCommitMetadata } from '../../../src/offsets/index.ts';
import { settled, VirtualClock } from '../../support/virtual-clock.ts';

const tables = ['HOME', 'ONE', 'TWO'] as const;
type Fault = 'refuse' | 'lost';
const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : 1);

/** One channel of the source partition: fencing, rows that wait, a token stored with the rows. */
class ModelChannel {
  readonly rows: bigint[] = [];
  token: bigint | null = null;
  holder = 0;
  frozen = false;
  faults: Fault[] = [];
  readonly listeners = new Map<number, (status: ChannelStatus | Error) => void>();
  #pending: { readonly rows: readonly bigint[]; readonly last: bigint }[] = [];

  status(): ChannelStatus {
    const committed = this.token === null ? null : asLastOffset(this.token);
    return {
      committed,
      rowsRejected: 0,
      rowsRejectedEver: 0,
      rowsInsertedEver: null,
      lastRejection: null,
      incarnation: '1',
    };
  }

  open(spec: ChannelSpec): Channel {
    this.#pending = [];
    const me = ++this.holder;
    const opened = this.status();
    return {
      spec,
      opened,
      append: async (batch: RowBatch) => {
        const fault = this.faults.shift();
        if (fault === 'refuse') this.holder++;
        if (me !== this.holder) throw new ChannelInvalidError('STALE', 'fenced');
        const rows = Buffer.concat(batch.chunks).toString().split('\n').filter(Boolean).map(BigInt);
        this.#pending.push({ rows, last: batch.lastOffset });
        if (fault !== 'lost') return;
        this.holder++;
        throw new ChannelInvalidError('STALE', 'accepted, then fenced');
      },
      status: () => this.status(),
      onStatus: (listener) => this.listeners.set(me, listener),
      close: () => this.listeners.delete(me),
    };
  }

  commit(): void {
    if (this.frozen) return;
    for (const { rows, last } of this.#pending) {
      this.rows.push(...rows);
      this.token = last;
    }
    this.#pending = [];
    for (const listener of [...this.listeners.values()]) listener(this.status());
  }

  drop(): void {
    this.holder++;
    this.#pending = [];
    this.token = null;
  }

  fence(): void {
    const listener = this.listeners.get(this.holder);
    this.holder++;
    listener?.(new ChannelInvalidError('STALE', 'fenced by a model fault'));
  }
}

/** Channels of the tables, by name. */
class Store {
  readonly #channels = new Map<string, Map<string, ModelChannel>>(tables.map((table) => [table, new Map()]));

  channel({ table, channelName }: Pick<ChannelSpec, 'table' | 'channelName'>): ModelChannel {
    const channels = this.#channels.get(table);
    if (channels === undefined) throw new Error(`no table ${table}`);
    const channel = channels.get(channelName) ?? new ModelChannel();
    channels.set(channelName, channel);
    return channel;
  }

  channels(table: string): readonly ModelChannel[] {
    return [...(this.#channels.get(table)?.values() ?? [])];
  }

  get all(): readonly ModelChannel[] {
    return tables.flatMap((table) => this.channels(table));
  }

  /** One of the table's channels, if it has any. */
  pick(table: string, which: number): ModelChannel | undefined {
    const channels = this.channels(table);
    return channels[which % channels.length];
  }

  rows(table: string): readonly bigint[] {
    return this.channels(table).flatMap(({ rows }) => rows);
  }
}

/** As PATCH /connectors/{name}/offsets writes it, which drops the channels too. */
const operators = encodeCommitMetadata({ token: null, topicId: null, incarnation: '' });

const settings = {
  commitTimeoutMs: 5000,
  errorsTolerance: 'none',
  offsetReset: 'earliest',
  onAmbiguousOffset: 'fail',
  onLoss: 'fail',
  severalTables: true,
  channelNameIncludesConnector: false,
} as unknown as SinkSettings;

interface LogRecord {
  readonly offset: bigint;
  readonly batchOffset: bigint;
  /** Null: a transform filters it. */
  readonly table: string | null;
}

/** One worker on one partition; a crash throws it away and a new one reads Kafka's commit and the tokens. */
class Owner {
  readonly #store: Store;
  readonly #clock: VirtualClock;
  readonly #settings: SinkSettings;
  #partition: SourcePartition | null = null;
  #paused = false;
  #put: {
    readonly leases: Map<TopicPartitionWriter, WriterLease>;
    readonly rest: LogRecord[];
    readonly rewinds: number;
    reached: NextOffset;
  } | null = null;
  #rewound = false;
  position: NextOffset = asNextOffset(0n);
  failure: Error | null = null;
  /** The runtime commits before it puts anything. */
  wantsCommit = false;

  constructor(store: Store, clock: VirtualClock, lanes: number) {
    this.#store = store;
    this.#clock = clock;
    this.#settings = { ...settings, lanes };
  }

  async open(committedNow: () => CommittedOffset | null, logEnd: bigint): Promise<void> {
    const assignment: Assignment = {
      topic: 't',
      partition: 0,
      epoch: 1,
      committed: committedNow(),
      committedNow: async () => committedNow(),
      logStart: asNextOffset(0n),
      logEnd: asNextOffset(logEnd),
      topicId: 'T',
    };
    const destination = {
      limits: { maxWireBytes: 1_000_000, maxRowBytes: 1_000_000 },
      open: async (spec: ChannelSpec) => this.#store.channel(spec).open(spec),
      drop: async () => {},
    } as unknown as Destination;
    const context = {
      id: { connector: 'c', task: 0 },
      clock: this.#clock,
      logger: silentLogger,
      metrics: noMetrics,
      errantRecordReporter: { report: async () => {}, settled: () => Promise.resolve() },
      // As the runtime does: the last wish counts, and what was fetched before it is dropped.
      offset: (_: unknown, offset: NextOffset) => {
        this.position = offset;
        this.#rewound = true;
      },
      pause: () => {
        this.#paused = true;
      },
      resume: () => {
        this.#paused = false;
      },
      requestCommit: () => {
        this.wantsCommit = true;
      },
      fail: (error: Error) => {
        this.failure ??= error;
      },
    } as unknown as SinkTaskContext;
    const budget = createMemoryBudget(1_000_000);
    const encoders = new EncoderPool({ encoding: 'identity', budget });
    const policy = { maxRecords: 4, maxBytes: 10_000, maxAgeMs: 1000, maxWireBytes: 1_000_000 };
    const sends = new PQueue({ concurrency: 2 });
    this.#partition = await SourcePartition.open(assignment, 'HOME', {
      settings: this.#settings,
      context,
      destination,
      pauses: new PartitionPauses(context),
      tables: { offsets: async () => [] },
      stopping: new AbortController().signal,
      prepare: async () => {},
      newWriter: (source, channel, hooks) =>
        new TopicPartitionWriter(source, channel, {
          destination,
          settings: this.#settings,
          context,
          ...hooks,
          sends,
          tables: { offsets: async () => [] },
          random: () => 0.5,
          hasStructuredColumns: () => false,
          tableReplaced: async () => {},
          newBuffer: (limits) =>
            new PartitionBuffer({ encoders, policy: { ...policy, ...limits }, budget, clock: this.#clock }),
        }),
    });
  }

  /** A put takes several steps: what happens to the channels meanwhile must not matter. */
  async put(log: readonly LogRecord[], count: number): Promise<void> {
    const partition = this.#partition;
    if (partition === null) return;
    if (this.#put === null) {
      if (this.#paused) return;
      this.#rewound = false;
      const rest = log.filter(({ offset }) => offset >= this.position).slice(0, 9);
      if (rest.length === 0) return;
      const first = rest.find(({ table }) => table !== null);
      if (first !== undefined) partition.recordsCome(first.offset);
      this.#put = { leases: new Map(), rest, rewinds: partition.rewinds, reached: this.position };
    }
    const put = this.#put;
    for (const record of put.rest.splice(0, count)) {
      const { offset, table } = record;
      put.reached = asNextOffset(offset + 1n);
      if (table === null) continue;
      const writer = await partition.writerFor(table, record);
      if (partition.rewinds !== put.rewinds) continue;
      const lease = put.leases.get(writer) ?? writer.lease();
      put.leases.set(writer, lease);
      if (lease.taken !== null && offset <= lease.taken) continue;
      const row = { bytes: Buffer.from(`${offset}\n`), rowCount: 1, firstOffset: offset, lastOffset: offset };
      await lease.add({ ...row, release: () => {} });
    }
    if (put.rest.length > 0) return;
    this.#put = null;
    if (!this.#rewound) this.position = put.reached;
  }

  commit(): CommittedOffset | null {
    // Between two puts only, as the loop does; a rewind that waits caps what was consumed.
    return this.#put === null ? (this.#partition?.committable(this.position) ?? null) : null;
  }

  committed(): void {
    this.#partition?.committed();
  }

  flush(deadline: AbortSignal): Promise<void> {
    return this.#partition?.flush(deadline) ?? Promise.resolve();
  }

  close(): void {
    this.#partition?.close();
  }
}

const table = fc.constantFrom(...tables);
/** Which of the table's channels. */
const which = fc.nat({ max: 3 });
const lanes = fc.integer({ min: 1, max: 4 });
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('put' as const), count: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 1500 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('durable' as const), table, which }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'commit' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fence' as const), table, which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fault' as const),
      table,
      which,
      fault: fc.constantFrom('refuse' as const, 'lost' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('freeze' as const), table, which, on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'idle' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'zombie' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'crash' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'revoke' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lanes' as const), lanes }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('alter' as const), lanes }) },
);

/** A gap of hundreds begins a record batch of another lane. */
const gap = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 600 }) },
);
const shape = fc.array(fc.record({ gap, table: fc.option(table, { nil: null, freq: 5 }) }), {
  minLength: 5,
  maxLength: 60,
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type LogShape = Pick<LogRecord, 'table'> & { readonly gap: number };

/** HOME has set reading back to its first record when TWO wants to go on at its own: the record in between was passed over. */
const passedOver: [LogShape[], Step[], number] = [
  ['HOME', null, 'HOME', 'TWO', null].map((target) => ({ gap: 1, table: target })),
  [
    { kind: 'fault', table: 'TWO', which: 0, fault: 'refuse' },
    { kind: 'put', count: 5 },
    { kind: 'fence', table: 'HOME', which: 0 },
    { kind: 'time', ms: 600 },
    { kind: 'put', count: 1 },
    { kind: 'time', ms: 1 },
    { kind: 'time', ms: 999 },
    { kind: 'put', count: 1 },
  ],
  1,
];

test('rows that go over several channels are in their table once, and in order within a channel, whatever happens', async () => {
  const hits = { fenced: 0, crashed: 0, revoked: 0, zombies: 0, idle: 0, altered: 0, lanesKept: 0 };
  await fc.assert(
    fc.asyncProperty(shape, fc.array(step, { minLength: 5, maxLength: 60 }), lanes, async (records, steps, first) => {
      let next = 0n;
      let batchOffset = 0n;
      const log = records.map(({ gap: behind, table: target }): LogRecord => {
        const offset = next + BigInt(behind) - 1n;
        if (behind > 1) batchOffset = offset;
        next = offset + 1n;
        return { offset, batchOffset, table: target };
      });
      const wanted = (target: string): readonly bigint[] =>
        log.filter((record) => record.table === target).map(({ offset }) => offset);
      const store = new Store();
      let lanesNow = first;
      const clock = new VirtualClock();
      let kafka: CommittedOffset | null = null;
      let owner = new Owner(store, clock, lanesNow);
      let zombie: Owner | null = null;
      const commit = (): void => {
        const offer = owner.commit();
        if (offer === null) return;
        kafka = offer;
        owner.committed();
        for (const target of tables) {
          const missing = wanted(target).find(
            (offset) => offset < offer.offset && !store.rows(target).includes(offset),
          );
          expect(missing, `committed ${offer.offset} before ${target} had row ${missing}`).toBeUndefined();
        }
      };
      const begin = async (): Promise<void> => {
        owner = new Owner(store, clock, lanesNow);
        await owner.open(() => kafka, next);
        if ((decodeCommitMetadata(owner.commit()?.metadata ?? null)?.lanes ?? 1) !== lanesNow) hits.lanesKept++;
        if (owner.wantsCommit) commit();
      };
      const restart = async (): Promise<void> => {
        owner.close();
        await begin();
      };
      await begin();
      for (const at of steps) {
        if (owner.failure !== null) await restart();
        if (at.kind === 'put') {
          await zombie?.put(log, at.count);
          await owner.put(log, at.count);
        } else if (at.kind === 'time') await clock.advance(at.ms);
        else if (at.kind === 'durable') store.pick(at.table, at.which)?.commit();
        else if (at.kind === 'commit') commit();
        else if (at.kind === 'fault') store.pick(at.table, at.which)?.faults.push(at.fault);
        else if (at.kind === 'lanes') lanesNow = at.lanes;
        else if (at.kind === 'freeze') Object.assign(store.pick(at.table, at.which) ?? {}, { frozen: at.on });
        else if (at.kind === 'fence') {
          hits.fenced++;
          store.pick(at.table, at.which)?.fence();
        } else if (at.kind === 'idle') {
          hits.idle++;
          for (const channel of store.all) channel.commit();
          await clock.advance(11 * 60_000);
          commit();
        } else if (at.kind === 'zombie') {
          hits.zombies++;
          zombie?.close();
          zombie = owner;
          await begin();
        } else if (at.kind === 'crash') {
          hits.crashed++;
          await restart();
        } else {
          hits.revoked++;
          const deadline = new AbortController();
          const flushed = owner.flush(deadline.signal);
          await settled();
          for (const channel of store.all) channel.commit();
          deadline.abort();
          await flushed;
          commit();
          const isPast = (offset: bigint): boolean => kafka === null || offset >= kafka.offset;
          // Who alters offsets to others than the table's asks for rows again.
          if (at.kind === 'alter' && kafka !== null && !tables.some((target) => store.rows(target).some(isPast))) {
            hits.altered++;
            lanesNow = at.lanes;
            zombie?.close();
            zombie = null;
            for (const channel of store.all) channel.drop();
            kafka = { offset: kafka.offset, metadata: operators };
          }
          await restart();
        }
        await settled();
      }
      zombie?.close();
      for (const channel of store.all) Object.assign(channel, { frozen: false, faults: [] });
      const isComplete = (): boolean => tables.every((target) => store.rows(target).length >= wanted(target).length);
      for (let round = 0; round < 400 && !isComplete(); round++) {
        if (owner.failure !== null) await restart();
        await owner.put(log, 10);
        await clock.advance(1100);
        for (const channel of store.all) channel.commit();
      }
      for (const target of tables) expect(store.rows(target).toSorted(ascending), target).toEqual(wanted(target));
      for (const { rows } of store.all) expect(rows).toEqual(rows.toSorted(ascending));
      owner.close();
    }),
    { numRuns: 400, examples: [passedOver] },
  );
  expect(Math.min(...Object.values(hits))).toBeGreaterThan(0);
});
