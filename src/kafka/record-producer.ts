import {
  type Clock,
  ConnectError,
  errorMessage,
  type ProducerRecord,
  type RecordProducer,
  type TopicPartition,
  topicPartitionKey,
} from '../api/index.ts';
import type { ProducerOptions } from './client-config/producer-properties.ts';
import { encodeRecordBatch } from './encode-record-batch.ts';
import type { KafkaJsClient } from './kafkajs-client.ts';
import { chunksOf, type LeaderWrites } from './leader-writes.ts';
import { connectProducer, type ProducerConnection, type RecordProducerOptions } from './producer-connection.ts';

const longestBackoffMs = 5000;
/** Connects; rejects with a ConfigError or ConnectError that says what to change. */
export const createRecordProducer = async (options: RecordProducerOptions): Promise<RecordProducer> =>
  new LeaderProducer(await connectProducer(options), options.clock);

/**
 * Writes with acks=all, one request per topic partition: kafkajs's own `send` to several leaders may resolve without having
 * written every record (K16), and bends headers. At least once: an attempt whose answer was lost is repeated.
 */
class LeaderProducer implements RecordProducer {
  readonly #client: KafkaJsClient;
  readonly #writes: LeaderWrites;
  readonly #settings: ProducerOptions;
  readonly #clock: Clock;

  constructor({ client, writes, settings }: ProducerConnection, clock: Clock) {
    this.#client = client;
    this.#writes = writes;
    this.#settings = settings;
    this.#clock = clock;
  }

  async send(records: readonly ProducerRecord[]): Promise<void> {
    const deadlineMs = this.#clock.now() + this.#settings.deliveryTimeoutMs;
    const topics = [...Map.groupBy(records, ({ topic }) => topic)];
    await Promise.all(topics.map(([topic, list]) => this.#sendTopic(topic, list, deadlineMs)));
  }

  async #sendTopic(topic: string, records: readonly ProducerRecord[], deadlineMs: number): Promise<void> {
    const partitions = await this.#retry(topic, deadlineMs, () => this.#writes.partitionCount(topic));
    const chosen = this.#writes.byPartition(records, partitions);
    await Promise.all(
      [...chosen].map(([partition, list]) => this.#sendPartition({ topic, partition }, list, deadlineMs)),
    );
  }

  async #sendPartition(at: TopicPartition, records: readonly ProducerRecord[], deadlineMs: number): Promise<void> {
    for (const chunk of chunksOf(records)) {
      const batch = await encodeRecordBatch(chunk, this.#settings.codec, this.#clock.now());
      await this.#retry(topicPartitionKey(at), deadlineMs, () => this.#writes.write(at, batch));
    }
  }

  /** Until it works, delivery.timeout.ms is over, or the broker refuses for good (ConnectError). */
  async #retry<T>(what: string, deadlineMs: number, attempt: () => Promise<T>): Promise<T> {
    for (let backoffMs = this.#settings.retryBackoffMs; ; backoffMs = Math.min(backoffMs * 2, longestBackoffMs)) {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof ConnectError) throw error;
        if (this.#clock.now() + backoffMs >= deadlineMs) {
          const limit = `delivery.timeout.ms (${this.#settings.deliveryTimeoutMs})`;
          throw new ConnectError(`${what}: not written within ${limit}: ${errorMessage(error)}`, { cause: error });
        }
        await this.#clock.sleep(backoffMs);
        await this.#client.cluster.refreshMetadata().catch(() => undefined); // the next attempt tells
      }
    }
  }

  async close(): Promise<void> {
    await this.#client.cluster.disconnect();
  }
}
