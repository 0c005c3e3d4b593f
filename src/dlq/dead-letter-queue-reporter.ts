import {
  type Assignment,
  type Clock,
  ConnectError,
  type DeadLetterLog,
  errorMessage,
  type Logger,
  type Metrics,
  type NextOffset,
  type ProducerRecord,
  type RawHeader,
  RowDroppedError,
  type TaskId,
  type TopicPartition,
  topicPartitionKey,
} from '../api/index.ts';
import { contextHeaders } from './context-headers.ts';
import type { DeadLetterBook } from './dead-letter-book.ts';
import type { ErrorReporter, FailedRecord } from './failed-record.ts';
import { SourcePartitionLetters } from './source-partition-letters.ts';

/** Each waits for a round trip or three. */
const concurrentOpens = 32;

export interface DeadLetterQueueOptions {
  readonly id: TaskId;
  readonly topic: string;
  readonly withContextHeaders: boolean;
  readonly log: DeadLetterLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Writes failed records to the dead letter queue, each once: original key, value and headers byte for byte, the original timestamp,
 * and the context headers if wanted. One failed write is the end: a later letter must not become durable past a lost one, so
 * every later report fails with the same reason, and the task with it (stricter than Connect, which loses the letter with a log line).
 */
export class DeadLetterQueueReporter implements ErrorReporter, DeadLetterBook {
  readonly #options: DeadLetterQueueOptions;
  readonly #sources = new Map<string, SourcePartitionLetters>();
  #failure: ConnectError | null = null;

  constructor(options: DeadLetterQueueOptions) {
    this.#options = options;
  }

  async open(partitions: readonly Assignment[]): Promise<void> {
    const { log, clock, logger } = this.#options;
    for (let at = 0; at < partitions.length; at += concurrentOpens) {
      const opening = partitions.slice(at, at + concurrentOpens).map(async (assignment) => {
        const letters = new SourcePartitionLetters(assignment, log, clock, logger);
        this.#sources.set(topicPartitionKey(assignment), letters);
        await letters.open();
      });
      await Promise.all(opening);
    }
  }

  begin(partition: TopicPartition, start: NextOffset): void {
    this.#of(partition)?.begin(start);
  }

  close(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      this.#of(partition)?.close();
      this.#sources.delete(topicPartitionKey(partition));
    }
  }

  committed(partition: TopicPartition, offset: NextOffset): void {
    this.#of(partition)?.committed(offset);
  }

  rewound(partition: TopicPartition, offset: NextOffset): void {
    this.#of(partition)?.rewound(offset);
  }

  has(partition: TopicPartition, offset: bigint): boolean {
    return this.#of(partition)?.has(offset) ?? false;
  }

  countWithin(partition: TopicPartition, from: bigint, to: bigint): number {
    return this.#of(partition)?.countWithin(from, to) ?? 0;
  }

  droppedRowsWithin(partition: TopicPartition, from: bigint, to: bigint): readonly bigint[] {
    return this.#of(partition)?.droppedRowsWithin(from, to) ?? [];
  }

  hasRoomFor(partition: TopicPartition, records: number): boolean {
    return this.#of(partition)?.hasRoomFor(records) ?? true;
  }

  async report(failed: FailedRecord): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    const { original } = failed;
    const letters = this.#of(original);
    if (letters === undefined) throw new ConnectError(`${topicPartitionKey(original)} is not assigned to this task`);
    const record = this.#letterOf(failed);
    this.#count('snowsink_deadletterqueue_produce_requests_total');
    try {
      const isDroppedRow = failed.error instanceof RowDroppedError;
      await letters.add({ offset: original.record.offset, isDroppedRow, record, bytes: sizeOf(record) });
    } catch (error) {
      throw this.#fail(error);
    }
    if (this.#failure !== null) throw this.#failure;
  }

  #of(partition: TopicPartition): SourcePartitionLetters | undefined {
    return this.#sources.get(topicPartitionKey(partition));
  }

  #fail(error: unknown): ConnectError {
    const { topic, logger } = this.#options;
    this.#count('snowsink_deadletterqueue_produce_failures_total');
    if (this.#failure !== null) return this.#failure;
    const message = `Could not produce message to dead letter queue. topic=${topic}: ${errorMessage(error)}`;
    logger.error({ topic }, message);
    this.#failure = new ConnectError(message, { cause: error });
    return this.#failure;
  }

  #letterOf(failed: FailedRecord): ProducerRecord {
    const { record } = failed.original;
    const own: readonly RawHeader[] = record.headers.map(([name, value]) => [name, copy(value)]);
    const context = this.#options.withContextHeaders ? contextHeaders(failed, this.#options.id) : [];
    return {
      topic: this.#options.topic,
      key: copy(record.key),
      value: copy(record.value),
      headers: [...own, ...context],
      ...(record.timestamp < 0n ? {} : { timestamp: record.timestamp }),
    };
  }

  #count(
    name: 'snowsink_deadletterqueue_produce_requests_total' | 'snowsink_deadletterqueue_produce_failures_total',
  ): void {
    const { id, metrics } = this.#options;
    metrics.increment(name, { connector: id.connector, task: String(id.task) });
  }
}

const copy = (bytes: Uint8Array | null): Uint8Array | null => (bytes === null ? null : Uint8Array.from(bytes));

const sizeOf = ({ key, value, headers }: ProducerRecord): number =>
  headers.reduce(
    (sum, [name, bytes]) => sum + name.length + (bytes?.length ?? 0),
    (key?.length ?? 0) + (value?.length ?? 0),
  );
