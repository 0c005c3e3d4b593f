import { ConnectError, type ProducerRecord, type TopicPartition, topicPartitionKey } from '../api/index.ts';
import type { KafkaJsModules } from './hardening/override.ts';
import type { KafkaJsClient } from './kafkajs-client.ts';
import { partitionOfKey } from './murmur2.ts';
import { produce } from './produce-request.ts';

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
  // of a transaction, which is begun anew then
  45: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  47: 'INVALID_PRODUCER_EPOCH',
  48: 'INVALID_TXN_STATE',
  49: 'INVALID_PRODUCER_ID_MAPPING',
  51: 'CONCURRENT_TRANSACTIONS',
  59: 'UNKNOWN_PRODUCER_ID',
  90: 'PRODUCER_FENCED',
  120: 'TRANSACTION_ABORTABLE',
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
/** About so many bytes of records in one request: well below the broker's default max.message.bytes. */
const batchBytes = 512 << 10;

/** Record batches to the leaders of their partitions, one request each. */
export class LeaderWrites {
  readonly #modules: KafkaJsModules;
  readonly #client: KafkaJsClient;
  readonly #timeoutMs: number;
  /** Records without a key stay together and take turns with each call of `byPartition`. */
  #turn = 0;

  constructor(modules: KafkaJsModules, client: KafkaJsClient, timeoutMs: number) {
    this.#modules = modules;
    this.#client = client;
    this.#timeoutMs = timeoutMs;
  }

  async partitionCount(topic: string): Promise<number> {
    const { cluster } = this.#client;
    await cluster.addMultipleTargetTopics([topic]);
    const count = cluster.findTopicPartitionMetadata(topic).length;
    if (count === 0) throw new Error('the topic does not exist');
    return count;
  }

  /** Java's choice of partition for records with a key; those without stay together. */
  byPartition<R extends ProducerRecord>(records: readonly R[], partitions: number): Map<number, R[]> {
    const turn = this.#turn++ % partitions;
    return Map.groupBy(records, ({ key }) => (key === null ? turn : partitionOfKey(key, partitions)));
  }

  /** One attempt. Rejects with a ConnectError for what the broker refuses for good. */
  async write(at: TopicPartition, batch: Buffer, transactionalId: string | null = null): Promise<void> {
    const { cluster } = this.#client;
    await cluster.addMultipleTargetTopics([at.topic]);
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(at.topic, [at.partition]));
    if (nodeId === undefined) throw new Error('the partition has no leader');
    const leader = await cluster.findBroker({ nodeId });
    const code = await produce(this.#modules, leader, at, batch, this.#timeoutMs, transactionalId);
    if (code === 0) return;
    const name = retriable[code];
    if (name !== undefined) throw new Error(name);
    throw new ConnectError(
      `${topicPartitionKey(at)}: ${final[code] ?? `Kafka refuses the records with error code ${code}`}`,
    );
  }
}

const sizeOf = ({ key, value, headers }: ProducerRecord): number =>
  headers.reduce(
    (bytes, [name, header]) => bytes + name.length + (header?.length ?? 0),
    (key?.length ?? 0) + (value?.length ?? 0),
  );

/** Records in pieces of about the size of a request. */
export function* chunksOf(records: readonly ProducerRecord[]): Generator<readonly ProducerRecord[]> {
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
