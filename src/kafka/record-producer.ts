import {
  type Clock,
  ConnectError,
  errorMessage,
  type Logger,
  type ProducerRecord,
  type RecordProducer,
  type TopicPartition,
  topicPartitionKey,
} from '../api/index.ts';
import { type ProducerOptions, readProducerOptions } from './client-config/producer-properties.ts';
import { encodeRecordBatch } from './encode-record-batch.ts';
import { loadKafkaJs } from './hardening/load-kafkajs.ts';
import type { KafkaJsModules } from './hardening/override.ts';
import { connectFirst, createKafkaJsClient, type KafkaJsClient } from './kafkajs-client.ts';
import { partitionOfKey } from './murmur2.ts';
import { produce } from './produce-request.ts';

export interface RecordProducerOptions {
  /** Producer properties by their Java names, already merged. */
  readonly properties: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Kafka's error codes that another attempt may get past (protocol guide: retriable). */
const retriable: Readonly<Record<number, string>> = {
  2: 'CORRUPT_MESSAGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  7: 'REQUEST_TIMED_OUT',
  8: 'BROKER_NOT_AVAILABLE',
  13: 'NETWORK_EXCEPTION',
  19: 'NOT_ENOUGH_REPLICAS',
  20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  56: 'KAFKA_STORAGE_ERROR',
};
const final: Readonly<Record<number, string>> = {
  10: 'a record is larger than the topic takes: raise its max.message.bytes',
  17: 'the topic name is not valid',
  18: 'a record batch is larger than the broker’s segment: raise segment.bytes',
  21: 'the broker refuses acks=all',
  29: 'not authorised to write: grant this principal WRITE on the topic',
  31: 'not authorised on the cluster',
  87: 'the broker refuses the record: a compacted topic takes no record without a key',
};
const longestBackoffMs = 5000;
/** Within kafkajs, for connections and metadata: the rest is retried here, by delivery.timeout.ms. */
const kafkaJsRetries = 2;
/** About so many bytes of records in one request: well below the broker's default max.message.bytes. */
const batchBytes = 512 << 10;

/** Connects; rejects with a ConfigError or ConnectError that says what to change. */
export const createRecordProducer = async (options: RecordProducerOptions): Promise<RecordProducer> => {
  const settings = readProducerOptions(options.properties, options.clock, options.logger);
  const modules = loadKafkaJs();
  const retry = { ...settings.client.retry, retries: kafkaJsRetries };
  const connection = { modules, client: { ...settings.client, retry }, logger: options.logger };
  const client = createKafkaJsClient(connection);
  await connectFirst(client, connection, options.clock);
  return new LeaderProducer(modules, client, settings, options.clock);
};

/**
 * Writes with acks=all, one request per topic partition: kafkajs's own `send` to several leaders may resolve without having
 * written every record (K16), and bends headers. At least once: an attempt whose answer was lost is repeated.
 */
class LeaderProducer implements RecordProducer {
  readonly #modules: KafkaJsModules;
  readonly #client: KafkaJsClient;
  readonly #settings: ProducerOptions;
  readonly #clock: Clock;
  /** Records without a key stay together and take turns with each `send`. */
  #turn = 0;

  constructor(modules: KafkaJsModules, client: KafkaJsClient, settings: ProducerOptions, clock: Clock) {
    this.#modules = modules;
    this.#client = client;
    this.#settings = settings;
    this.#clock = clock;
  }

  async send(records: readonly ProducerRecord[]): Promise<void> {
    const deadlineMs = this.#clock.now() + this.#settings.deliveryTimeoutMs;
    const topics = [...Map.groupBy(records, ({ topic }) => topic)];
    await Promise.all(topics.map(([topic, list]) => this.#sendTopic(topic, list, deadlineMs)));
  }

  async #sendTopic(topic: string, records: readonly ProducerRecord[], deadlineMs: number): Promise<void> {
    const partitions = await this.#retry(topic, deadlineMs, () => this.#partitionCount(topic));
    const turn = this.#turn++ % partitions;
    const chosen = Map.groupBy(records, ({ key }) => (key === null ? turn : partitionOfKey(key, partitions)));
    await Promise.all(
      [...chosen].map(([partition, list]) => this.#sendPartition({ topic, partition }, list, deadlineMs)),
    );
  }

  async #sendPartition(at: TopicPartition, records: readonly ProducerRecord[], deadlineMs: number): Promise<void> {
    for (const chunk of chunksOf(records)) {
      const batch = await encodeRecordBatch(chunk, this.#settings.codec, this.#clock.now());
      await this.#retry(topicPartitionKey(at), deadlineMs, () => this.#write(at, batch));
    }
  }

  async #write(at: TopicPartition, batch: Buffer): Promise<void> {
    const { cluster } = this.#client;
    await cluster.addMultipleTargetTopics([at.topic]);
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(at.topic, [at.partition]));
    if (nodeId === undefined) throw new Error('the partition has no leader');
    const leader = await cluster.findBroker({ nodeId });
    const code = await produce(this.#modules, leader, at, batch, this.#settings.client.requestTimeout);
    if (code === 0) return;
    const name = retriable[code];
    if (name !== undefined) throw new Error(name);
    throw new ConnectError(
      `${topicPartitionKey(at)}: ${final[code] ?? `Kafka refuses the records with error code ${code}`}`,
    );
  }

  async #partitionCount(topic: string): Promise<number> {
    const { cluster } = this.#client;
    await cluster.addMultipleTargetTopics([topic]);
    const count = cluster.findTopicPartitionMetadata(topic).length;
    if (count === 0) throw new Error('the topic does not exist');
    return count;
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

const sizeOf = ({ key, value, headers }: ProducerRecord): number =>
  headers.reduce(
    (bytes, [name, header]) => bytes + name.length + (header?.length ?? 0),
    (key?.length ?? 0) + (value?.length ?? 0),
  );

function* chunksOf(records: readonly ProducerRecord[]): Generator<readonly ProducerRecord[]> {
  let chunk: ProducerRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = sizeOf(record);
    if (chunk.length > 0 && bytes + size > batchBytes) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(record);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
