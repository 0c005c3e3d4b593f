import {
  type Clock,
  ConnectError,
  errorMessage,
  type Logger,
  type ProducerRecord,
  type RecordProducer,
  type TopicReader,
} from '../api/index.ts';

export interface KafkaBasedLogOptions {
  readonly topic: string;
  readonly clock: Clock;
  readonly logger: Logger;
  createReader(topic: string): Promise<TopicReader>;
  createProducer(): Promise<RecordProducer>;
}

export interface LogRecord {
  readonly key: string;
  /** Null: deleted. */
  readonly value: string | null;
}

const readWaitMs = 500;
const retryMs = 1000;

/**
 * org.apache.kafka.connect.util.KafkaBasedLog: a compacted topic that everybody who shares it reads from its start and follows. What
 * was written is heard like everything else, in the topic's order.
 */
export class KafkaBasedLog {
  readonly #options: KafkaBasedLogOptions;
  readonly #onRecord: (record: LogRecord) => void;
  readonly #stopping = new AbortController();
  #reader: TopicReader | null = null;
  #producer: RecordProducer | null = null;
  #following: Promise<void> = Promise.resolve();
  /** Called after each read. */
  readonly #afterRead = new Set<() => void>();

  constructor(options: KafkaBasedLogOptions, onRecord: (record: LogRecord) => void) {
    this.#options = options;
    this.#onRecord = onRecord;
  }

  /** Resolves when everything that is there has been heard. */
  async start(): Promise<void> {
    const { topic } = this.#options;
    const reader = await this.#options.createReader(topic);
    this.#reader = reader;
    this.#producer = await this.#options.createProducer();
    while (!(await reader.isAtEnd())) this.#hear(await reader.read(readWaitMs));
    this.#following = this.#follow(reader);
  }

  /** Resolves when Kafka has it; it is heard later. */
  async send(records: readonly LogRecord[]): Promise<void> {
    const { topic } = this.#options;
    if (this.#producer === null)
      throw new ConnectError(`Topic ${topic} is not open: the worker is starting or stopping`);
    await this.#producer.send(
      records.map(
        ({ key, value }): ProducerRecord => ({
          topic,
          key: Buffer.from(key),
          value: value === null ? null : Buffer.from(value),
          headers: [],
        }),
      ),
    );
  }

  /** Resolves when everything that was written before this call has been heard. */
  async readToEnd(): Promise<void> {
    while (this.#reader !== null && !(await this.#reader.isAtEnd())) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#afterRead.add(resolve);
      await promise;
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new ConnectError('the worker is stopping'));
    await this.#following;
    const [producer, reader] = [this.#producer, this.#reader];
    this.#producer = null;
    this.#reader = null;
    await producer?.close();
    await reader?.close();
  }

  async #follow(reader: TopicReader): Promise<void> {
    const { topic, clock, logger } = this.#options;
    while (!this.#stopping.signal.aborted) {
      try {
        this.#hear(await reader.read(readWaitMs));
      } catch (error) {
        logger.error({ topic }, `Topic ${topic} could not be read, it is tried again: ${errorMessage(error)}`);
        await clock.sleep(retryMs, this.#stopping.signal).catch(() => undefined);
      }
      for (const resolve of this.#afterRead) resolve();
      this.#afterRead.clear();
    }
  }

  #hear(records: Awaited<ReturnType<TopicReader['read']>>): void {
    for (const { key, value } of records) {
      if (key === null) continue;
      this.#onRecord({ key: textOf(key), value: value === null ? null : textOf(value) });
    }
  }
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/** A record's JSON object; null for what is none, which somebody else wrote. */
export const jsonObjectOf = (text: string | null): Readonly<Record<string, unknown>> | null => {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
};
