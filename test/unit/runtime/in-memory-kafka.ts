import {
  type Assignment,
  asNextOffset,
  type Clock,
  type CommitResult,
  type ConsumerHealth,
  type DeadLetterLog,
  type DeadLetterNote,
  type FetchedBatch,
  type KafkaAdmin,
  type NewTopic,
  type NextOffset,
  type OffsetCommit,
  type ProducerRecord,
  type RawHeader,
  type RebalanceListener,
  type RecordBatch,
  type RecordProducer,
  type RecordView,
  type SourceConsumer,
  sameTopicPartition,
  type TopicPartition,
  topicPartitionKey,
} from '../../../src/api/index.ts';
import type { RecordReader } from '../../../src/runtime/plugins.ts';

const bytes = (text: string | null): Uint8Array | null => (text === null ? null : Buffer.from(text));

export interface TestRecord {
  readonly key?: string | null;
  readonly value: string | null;
  readonly headers?: readonly RawHeader[];
  readonly timestamp?: bigint;
}

/** Topics, committed offsets and a group of at most one member, in memory: a model of what a sink worker sees of Kafka. */
export class InMemoryKafka {
  readonly partitions = new Map<string, RecordView[]>();
  readonly committed = new Map<string, { offset: NextOffset; metadata: string }>();
  readonly produced: ProducerRecord[] = [];
  readonly topics = new Map<string, NewTopic>();
  /** Beside the dead letters of each source partition, and who may write them. */
  readonly notes = new Map<string, DeadLetterNote>();
  readonly #owners = new Map<string, number>();
  /** Set by a test: what the next commits and sends answer. */
  commitFailure: Error | null = null;
  commitOutcome: CommitResult['outcome'] = 'committed';
  sendFailure: Error | null = null;
  /** Sends wait for it. */
  sendGate: Promise<void> = Promise.resolve();
  createTopicFailure: Error | null = null;
  readonly #records = new WeakMap<RecordBatch, readonly RecordView[]>();

  append(where: TopicPartition, records: readonly TestRecord[], gap = 0n): void {
    const log = this.log(where);
    let offset = (log.at(-1)?.offset ?? -1n) + 1n + gap;
    for (const { key = null, value, headers = [], timestamp = 1_700_000_000_000n } of records) {
      log.push({
        offset,
        batchOffset: offset,
        timestamp,
        timestampType: 'CreateTime',
        key: bytes(key),
        value: bytes(value),
        headers,
      });
      offset++;
    }
  }

  log(where: TopicPartition): RecordView[] {
    const key = topicPartitionKey(where);
    const log = this.partitions.get(key) ?? [];
    this.partitions.set(key, log);
    return log;
  }

  logEnd(where: TopicPartition): NextOffset {
    return asNextOffset((this.log(where).at(-1)?.offset ?? -1n) + 1n);
  }

  recordBatch(records: readonly RecordView[]): RecordBatch {
    const batch: RecordBatch = {
      baseOffset: records[0]?.offset ?? 0n,
      lastOffset: records.at(-1)?.offset ?? 0n,
      recordCount: records.length,
      codec: 'none',
      timestampType: 'CreateTime',
      baseTimestamp: 0n,
      maxTimestamp: 0n,
      crc: 0,
      bytes: new Uint8Array(0),
    };
    this.#records.set(batch, records);
    return batch;
  }

  reader(): RecordReader {
    return { read: (batch, from) => (this.#records.get(batch) ?? []).filter(({ offset }) => offset >= from) };
  }

  admin(): KafkaAdmin {
    return {
      clusterId: async () => 'test-cluster',
      listTopics: async () => [...this.topics.keys()],
      createTopic: async (topic) => {
        if (this.createTopicFailure !== null) throw this.createTopicFailure;
        this.topics.set(topic.name, topic);
        return true;
      },
      topicOffsets: async () => new Map(),
      committedOffsets: async () => [],
      alterCommittedOffsets: async () => {},
      deleteCommittedOffsets: async () => {},
      deleteGroup: async () => {},
      close: async () => {},
    };
  }

  /** Letters and note at once; a later `open` fences the earlier session. */
  deadLetterLog(): DeadLetterLog {
    const producer = this.producer();
    return {
      maxNoteCharacters: 4096,
      deliveryTimeoutMs: 1000,
      retryBackoffMs: 100,
      open: async (source) => {
        const key = topicPartitionKey(source);
        const owner = (this.#owners.get(key) ?? 0) + 1;
        this.#owners.set(key, owner);
        return {
          note: this.notes.get(key) ?? null,
          write: async (letters, note) => {
            if (this.#owners.get(key) !== owner) throw new Error('PRODUCER_FENCED');
            await producer.send(letters);
            this.notes.set(key, note);
          },
        };
      },
      close: async () => {},
    };
  }

  producer(): RecordProducer {
    return {
      send: async (records) => {
        await this.sendGate;
        if (this.sendFailure !== null) throw this.sendFailure;
        this.produced.push(...records);
      },
      close: async () => {},
    };
  }
}

/** The contract of src/api/source-consumer.ts over InMemoryKafka; a test moves partitions with `assign`, `revoke` and `lose`. */
export class InMemorySourceConsumer implements SourceConsumer {
  readonly #kafka: InMemoryKafka;
  readonly #clock: Clock;
  readonly #batchRecords: number;
  readonly #assigned = new Map<string, Assignment>();
  readonly #positions = new Map<string, NextOffset>();
  readonly paused = new Set<string>();
  readonly #events: (() => Promise<void>)[] = [];
  #listener: RebalanceListener | null = null;
  #held: FetchedBatch | null = null;
  #wake: (() => void) | null = null;
  #woken = false;
  #epoch = 0;
  closed = false;
  /** Kafka's consumer would wait for it. */
  heldAtClose = false;
  releases = 0;
  started = false;

  constructor(kafka: InMemoryKafka, clock: Clock, batchRecords = 3) {
    this.#kafka = kafka;
    this.#clock = clock;
    this.#batchRecords = batchRecords;
  }

  assign(partitions: readonly TopicPartition[]): void {
    this.#event(async () => {
      const assignments = partitions.map((partition) => this.#assignment(partition));
      for (const assignment of assignments) this.#assigned.set(topicPartitionKey(assignment), assignment);
      for (const assignment of assignments) this.#positions.set(topicPartitionKey(assignment), startOf(assignment));
      await this.#listener?.onPartitionsAssigned(assignments);
    });
  }

  revoke(partitions: readonly TopicPartition[], deadline = new AbortController().signal): void {
    this.#event(async () => {
      await this.#listener?.onPartitionsRevoked(partitions, deadline);
      this.#forget(partitions);
    });
  }

  lose(partitions: readonly TopicPartition[]): void {
    this.#event(async () => {
      this.#forget(partitions);
      await this.#listener?.onPartitionsLost(partitions);
    });
  }

  async start(listener: RebalanceListener): Promise<void> {
    this.#listener = listener;
    this.started = true;
  }

  async poll(timeoutMs: number): Promise<FetchedBatch | null> {
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) await event();
    const batch = this.#fetch();
    if (batch !== null) return batch;
    if (!this.#woken)
      await new Promise<void>((resolve) => {
        const timer = this.#clock.setTimer(timeoutMs, resolve);
        this.#wake = () => {
          timer.cancel();
          resolve();
        };
      });
    this.#wake = null;
    this.#woken = false;
    return null;
  }

  /** Remembered, as in Java: a poll that has not begun to wait yet does not wait. */
  wakeup(): void {
    this.#woken = true;
    this.#wake?.();
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.paused.add(topicPartitionKey(partition));
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.paused.delete(topicPartitionKey(partition));
    this.wakeup();
  }

  seek(partition: TopicPartition, offset: NextOffset): void {
    this.#positions.set(topicPartitionKey(partition), offset);
  }

  position(partition: TopicPartition): NextOffset | null {
    return this.#positions.get(topicPartitionKey(partition)) ?? null;
  }

  assignment(): readonly Assignment[] {
    return [...this.#assigned.values()];
  }

  subscription(): readonly string[] {
    return [...new Set(this.assignment().map(({ topic }) => topic))];
  }

  highWatermark(partition: TopicPartition): bigint | null {
    return this.#kafka.logEnd(partition);
  }

  async commit(offsets: readonly OffsetCommit[]): Promise<readonly CommitResult[]> {
    if (this.#kafka.commitFailure !== null) throw this.#kafka.commitFailure;
    return offsets.map(({ topic, partition, epoch, offset, metadata }) => {
      const key = topicPartitionKey({ topic, partition });
      if (this.#assigned.get(key)?.epoch !== epoch) return { topic, partition, outcome: 'stale-epoch' };
      const outcome = this.#kafka.commitOutcome;
      if (outcome === 'committed') this.#kafka.committed.set(key, { offset, metadata });
      return { topic, partition, outcome };
    });
  }

  health(): ConsumerHealth {
    return { state: 'running', memberId: 'm', generation: 1, lastFetchAtMs: 0, lastHeartbeatAtMs: 0 };
  }

  async close(deadline: AbortSignal): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.heldAtClose = this.holdsBatch;
    const all = [...this.#assigned.values()];
    if (all.length > 0) await this.#listener?.onPartitionsRevoked(all, deadline);
    this.#forget(all);
  }

  #event(event: () => Promise<void>): void {
    this.#events.push(event);
    this.wakeup();
  }

  #assignment({ topic, partition }: TopicPartition): Assignment {
    const committed = this.#kafka.committed.get(topicPartitionKey({ topic, partition })) ?? null;
    const logEnd = this.#kafka.logEnd({ topic, partition });
    return { topic, partition, epoch: ++this.#epoch, committed, logStart: asNextOffset(0n), logEnd, topicId: null };
  }

  #forget(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      this.#assigned.delete(topicPartitionKey(partition));
      this.#positions.delete(topicPartitionKey(partition));
      this.paused.delete(topicPartitionKey(partition));
    }
  }

  #fetch(): FetchedBatch | null {
    if (this.#held !== null) return null; // the next fetch comes when the last is released
    for (const assignment of this.#assigned.values()) {
      const key = topicPartitionKey(assignment);
      const position = this.#positions.get(key);
      if (position === undefined || this.paused.has(key)) continue;
      const records = this.#kafka
        .log(assignment)
        .filter(({ offset }) => offset >= position)
        .slice(0, this.#batchRecords);
      const last = records.at(-1);
      if (last === undefined) continue;
      const nextOffset = asNextOffset(last.offset + 1n);
      this.#positions.set(key, nextOffset);
      const batch: FetchedBatch = {
        topic: assignment.topic,
        partition: assignment.partition,
        epoch: assignment.epoch,
        fetchOffset: position,
        nextOffset,
        highWatermark: this.#kafka.logEnd(assignment),
        batches: [this.#kafka.recordBatch(records)],
        recordCount: records.length,
        byteSize: 0,
        release: () => {
          if (this.#held !== batch) return;
          this.#held = null;
          this.releases++;
        },
      };
      this.#held = batch;
      return batch;
    }
    return null;
  }

  /** True while somebody holds the last batch. */
  get holdsBatch(): boolean {
    return this.#held !== null;
  }

  isAssigned(partition: TopicPartition): boolean {
    return [...this.#assigned.values()].some((assignment) => sameTopicPartition(assignment, partition));
  }
}

const startOf = ({ committed, logStart }: Assignment): NextOffset => committed?.offset ?? logStart;
