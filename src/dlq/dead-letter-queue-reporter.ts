import {
  ConnectError,
  errorMessage,
  type Logger,
  type Metrics,
  type ProducerRecord,
  type RawHeader,
  type RecordProducer,
  type TaskId,
} from '../api/index.ts';
import { contextHeaders } from './context-headers.ts';
import type { ErrorReporter, FailedRecord } from './failed-record.ts';

/** A produce request stays well below a broker's usual message.max.bytes (1 MiB a batch). */
const sendBytes = 512 * 1024;

interface Letter {
  readonly record: ProducerRecord;
  readonly bytes: number;
  readonly durable: PromiseWithResolvers<void>;
}

export interface DeadLetterQueueOptions {
  readonly id: TaskId;
  readonly topic: string;
  readonly withContextHeaders: boolean;
  readonly producer: RecordProducer;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Writes failed records to the dead letter queue: original key, value and headers byte for byte, the original timestamp, and the
 * context headers if wanted. Letters of one turn of the loop go in one send. One failed send is the end: a later letter must not
 * become durable past a lost one, so every later report fails with the same reason, and the task with it (stricter than
 * Connect, which loses the letter with a log line).
 */
export class DeadLetterQueueReporter implements ErrorReporter {
  readonly #options: DeadLetterQueueOptions;
  readonly #waiting: Letter[] = [];
  #sending = false;
  #failure: ConnectError | null = null;

  constructor(options: DeadLetterQueueOptions) {
    this.#options = options;
  }

  report(failed: FailedRecord): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const record = this.#letterOf(failed);
    const durable = Promise.withResolvers<void>();
    this.#waiting.push({ record, bytes: sizeOf(record), durable });
    this.#count('snowsink_deadletterqueue_produce_requests_total', 1);
    if (!this.#sending) void this.#send();
    return durable.promise;
  }

  /** Never rejects: each letter's own promise tells its fate. */
  async #send(): Promise<void> {
    this.#sending = true;
    await Promise.resolve(); // letters that the same turn of the loop still brings
    while (this.#waiting.length > 0) {
      const letters = this.#takeOneSend();
      try {
        if (this.#failure !== null) throw this.#failure;
        await this.#options.producer.send(letters.map(({ record }) => record));
        for (const { durable } of letters) durable.resolve();
      } catch (error) {
        this.#fail(error, letters);
      }
    }
    this.#sending = false;
  }

  #takeOneSend(): readonly Letter[] {
    let bytes = 0;
    let count = 0;
    for (const letter of this.#waiting) {
      bytes += letter.bytes;
      if (count > 0 && bytes > sendBytes) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  #fail(error: unknown, letters: readonly Letter[]): void {
    const { topic, logger } = this.#options;
    this.#failure ??= new ConnectError(
      `Could not produce message to dead letter queue. topic=${topic}: ${errorMessage(error)}`,
      { cause: error },
    );
    this.#count('snowsink_deadletterqueue_produce_failures_total', letters.length);
    logger.error({ topic, records: letters.length }, this.#failure.message);
    for (const { durable } of letters) durable.reject(this.#failure);
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
    by: number,
  ): void {
    const { id, metrics } = this.#options;
    metrics.increment(name, { connector: id.connector, task: String(id.task) }, by);
  }
}

const copy = (bytes: Uint8Array | null): Uint8Array | null => (bytes === null ? null : Uint8Array.from(bytes));

const sizeOf = ({ key, value, headers }: ProducerRecord): number =>
  headers.reduce(
    (sum, [name, bytes]) => sum + name.length + (bytes?.length ?? 0),
    (key?.length ?? 0) + (value?.length ?? 0),
  );
