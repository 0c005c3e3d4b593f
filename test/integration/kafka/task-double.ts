import { onTestFinished, type TestContext } from 'vitest';
import {
  type Assignment,
  asNextOffset,
  type CommitResult,
  type FetchedBatch,
  type NextOffset,
  type RecordView,
  silentLogger,
  type TopicPartition,
  topicPartitionKey,
} from '../../../src/api/index.ts';
import { readConsumerOptions } from '../../../src/kafka/client-config/consumer-properties.ts';
import { GroupConsumer } from '../../../src/kafka/group-consumer.ts';
import { createHardenedKafkaJs } from '../../../src/kafka/hardening/load-kafkajs.ts';
import type { KafkaJsModules } from '../../../src/kafka/hardening/override.ts';
import { RecordReader } from '../../../src/kernel/index.ts';
import { systemClock } from '../../../src/util/system-clock.ts';
import { waitFor } from '../../support/wait-for.ts';

export interface SeenRecord extends TopicPartition {
  readonly offset: bigint;
  readonly value: string | null;
  readonly epoch: number;
}

export interface TaskOptions {
  readonly bootstrapServers: string;
  readonly topics: readonly string[] | RegExp;
  readonly groupId: string;
  readonly properties?: Readonly<Record<string, string>>;
  /** Overrides to leave out: to show what happens then. */
  readonly without?: readonly string[];
  /** Instead of a kafkajs of its own. */
  readonly modules?: KafkaJsModules;
  readonly place?: (bytes: number) => Uint8Array | null;
  /** Where to start; by default it leaves that to the consumer. */
  readonly startAt?: (assignment: Assignment) => NextOffset;
  /** Within onPartitionsRevoked, before it returns. */
  readonly onRevoke?: (task: TaskDouble, partitions: readonly TopicPartition[]) => Promise<void>;
  /** Keeps batches in hand until they are revoked, as a task does whose `put` must be repeated. */
  readonly holdsBatches?: boolean;
  /** Before a batch is released. */
  readonly onBatch?: (task: TaskDouble, batch: FetchedBatch) => Promise<void> | void;
}

const fast = {
  'fetch.max.wait.ms': '100',
  'heartbeat.interval.ms': '500',
  'session.timeout.ms': '30000',
  'max.poll.interval.ms': '60000',
};

/** A sink task as the runtime drives one: one loop that polls, reads the records, releases; listener calls noted in order. */
export class TaskDouble {
  readonly seen: SeenRecord[] = [];
  readonly records: (RecordView & TopicPartition)[] = [];
  readonly events: string[] = [];
  readonly positions = new Map<string, { readonly epoch: number; readonly offset: NextOffset }>();
  readonly consumer: GroupConsumer;
  readonly #options: TaskOptions;
  readonly #reader = new RecordReader({ checkCrcs: true });
  readonly held: FetchedBatch[] = [];
  failure: Error | null = null;
  #stopping = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: TaskOptions) {
    this.#options = options;
    const properties = {
      ...fast,
      'bootstrap.servers': options.bootstrapServers,
      'group.id': options.groupId,
      ...options.properties,
    };
    this.consumer = new GroupConsumer({
      modules: options.modules ?? createHardenedKafkaJs(options.without),
      options: readConsumerOptions(properties, systemClock, silentLogger),
      topics: options.topics,
      clock: systemClock,
      logger: silentLogger,
      place: options.place ?? (() => null),
      listener: {
        onPartitionsAssigned: async (partitions) => {
          this.events.push(`assigned ${partitions.length}`);
          if (options.startAt === undefined) return;
          for (const assignment of partitions) this.consumer.seek(assignment, options.startAt(assignment));
        },
        onPartitionsRevoked: async (partitions) => {
          this.events.push(`revoking ${partitions.length}`);
          await options.onRevoke?.(this, partitions);
          this.events.push(`revoked ${partitions.length}`);
        },
        onPartitionsLost: async (partitions) => {
          this.events.push(`lost ${partitions.length}`);
        },
      },
    });
  }

  async start(): Promise<void> {
    await this.consumer.start();
    this.#loop = this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stopping) {
        const batch = await this.consumer.poll(200);
        if (batch !== null) await this.#consume(batch);
      }
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  async #consume(batch: FetchedBatch): Promise<void> {
    const { topic, partition, epoch, fetchOffset, nextOffset } = batch;
    for (const recordBatch of batch.batches) {
      for (const record of this.#reader.read(recordBatch, fetchOffset, batch)) {
        const value = record.value === null ? null : Buffer.from(record.value).toString();
        this.seen.push({ topic, partition, offset: record.offset, value, epoch });
        this.records.push({ ...copy(record), topic, partition });
      }
    }
    this.positions.set(topicPartitionKey(batch), { epoch, offset: nextOffset });
    await this.#options.onBatch?.(this, batch);
    if (this.#options.holdsBatches) this.held.push(batch);
    else batch.release();
  }

  /** Commits what was seen of a partition (or `offset`), under the epoch that it was seen in. */
  async commit(at: TopicPartition, offset?: bigint): Promise<CommitResult | undefined> {
    const position = this.positions.get(topicPartitionKey(at));
    const epoch = position?.epoch ?? this.consumer.owned.get(at)?.epoch ?? 0;
    const next = asNextOffset(offset ?? position?.offset ?? 0n);
    const { topic, partition } = at;
    const [result] = await this.consumer.commit([{ topic, partition, epoch, offset: next, metadata: 'by test' }]);
    return result;
  }

  /** Waits for so many records, all distinct ones counted. */
  async sees(count: number, deadlineMs = 20_000): Promise<void> {
    await waitFor(() => this.failure !== null || this.distinct() >= count, { deadlineMs, what: `${count} records` });
    if (this.failure !== null) throw this.failure;
  }
  distinct(): number {
    return new Set(this.seen.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`)).size;
  }
  repeated(): number {
    return this.seen.length - this.distinct();
  }
  async fails(deadlineMs = 20_000): Promise<Error> {
    return waitFor(() => this.failure, { deadlineMs, what: 'the consumer to fail' });
  }
  async joins(partitions: number, deadlineMs = 20_000): Promise<void> {
    await waitFor(() => this.consumer.health().state === 'running' && this.consumer.owned.size === partitions, {
      deadlineMs,
      what: `${partitions} partitions`,
    });
  }

  async close(): Promise<void> {
    this.#stopping = true;
    this.consumer.wakeup();
    await this.#loop;
    await this.consumer.close(AbortSignal.timeout(10_000));
  }
}

const bytes = (view: Uint8Array | null): Uint8Array | null => (view === null ? null : Uint8Array.from(view));
const copy = (record: RecordView): RecordView => ({
  offset: record.offset,
  batchOffset: record.batchOffset,
  timestamp: record.timestamp,
  timestampType: record.timestampType,
  key: bytes(record.key),
  value: bytes(record.value),
  headers: record.headers.map(([name, value]) => [name, bytes(value)] as const),
});

/** Closed at the end of its test; a concurrent test hands over its own `onTestFinished`. */
export const startTask = async (
  options: TaskOptions,
  atTheEnd: TestContext['onTestFinished'] = onTestFinished,
): Promise<TaskDouble> => {
  const task = new TaskDouble(options);
  await task.start();
  atTheEnd(() => task.close());
  return task;
};
