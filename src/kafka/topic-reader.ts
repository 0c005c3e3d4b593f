import {
  type Clock,
  ConnectError,
  errorMessage,
  type Logger,
  type RecordBatch,
  type RecordView,
  type TopicPartition,
  type TopicReader,
  type TopicRecord,
  topicPartitionKey,
} from '../api/index.ts';
import { readAdminOptions } from './client-config/producer-properties.ts';
import { explainKafkaError } from './explain-kafka-error.ts';
import { FetchedPartition } from './fetched-partition.ts';
import type { KafkaJsError } from './hardening/kafkajs-types.ts';
import { loadKafkaJs } from './hardening/load-kafkajs.ts';
import { connectFirst, createKafkaJsClient, type KafkaJsClient } from './kafkajs-client.ts';
import { isolationLevels, listOffsets, logEndTimestamp, logStartTimestamp } from './partition-offsets.ts';

export interface TopicReaderOptions {
  /** Client properties by their Java names. */
  readonly properties: Readonly<Record<string, string>>;
  readonly topic: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes a batch apart: src/kernel's RecordReader. */
  readonly recordsOf: (batch: RecordBatch, from: bigint, where: TopicPartition) => Iterable<RecordView>;
}

const maxBytes = 4 << 20;
const maxBytesPerPartition = 1 << 20;
const retryMs = 250;
/** About ten seconds. */
const openAttempts = 40;
const isolation = 'read_committed';

/** Connects; rejects with a ConfigError or ConnectError that says what to change. */
export const createTopicReader = async (options: TopicReaderOptions): Promise<TopicReader> => {
  const { properties, topic, clock, logger } = options;
  const connection = { modules: loadKafkaJs(), client: readAdminOptions(properties, clock, logger), logger };
  const client = createKafkaJsClient(connection);
  await connectFirst(client, connection, clock);
  try {
    return await openReader(client, options);
  } catch (error) {
    await client.cluster.disconnect();
    throw explainKafkaError(error, `reading topic ${topic}`);
  }
};

/** A topic that was just made is not known to every broker yet. */
const openReader = async (client: KafkaJsClient, options: TopicReaderOptions): Promise<TopicReader> => {
  const { clock, topic } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      await client.cluster.addMultipleTargetTopics([topic]);
      const partitions = client.cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
      const reader = new KafkaTopicReader(client, partitions, options);
      await reader.rewind(partitions);
      return reader;
    } catch (error) {
      if (attempt === openAttempts) throw error;
      await clock.sleep(retryMs);
    }
  }
};

class KafkaTopicReader implements TopicReader {
  readonly #client: KafkaJsClient;
  readonly #partitions: readonly number[];
  readonly #options: TopicReaderOptions;
  readonly #positions = new Map<number, bigint>();

  constructor(client: KafkaJsClient, partitions: readonly number[], options: TopicReaderOptions) {
    this.#client = client;
    this.#partitions = partitions;
    this.#options = options;
  }

  async read(waitMs: number): Promise<readonly TopicRecord[]> {
    const { clock, logger, topic } = this.#options;
    try {
      const leaders = this.#client.cluster.findLeaderForPartitions(topic, this.#partitions);
      const fetches = Object.entries(leaders).map(([nodeId, led]) => this.#fetch(nodeId, led, waitMs));
      return (await Promise.all(fetches)).flat();
    } catch (error) {
      if (error instanceof ConnectError) throw error; // a batch that cannot be read
      logger.debug({ topic }, `Topic ${topic} is read again from where it was: ${errorMessage(error)}`);
      await this.#recover(error as KafkaJsError & Partial<TopicPartition>);
      await clock.sleep(retryMs);
      return [];
    }
  }

  async isAtEnd(): Promise<boolean> {
    const ends = await this.#offsets(this.#partitions, logEndTimestamp);
    return [...ends].every(([partition, end]) => (this.#positions.get(partition) ?? 0n) >= end);
  }

  /** To where the log begins. */
  async rewind(partitions: readonly number[]): Promise<void> {
    for (const [partition, start] of await this.#offsets(partitions, logStartTimestamp)) {
      this.#positions.set(partition, start);
    }
  }

  close(): Promise<void> {
    return this.#client.cluster.disconnect();
  }

  async #fetch(nodeId: string, partitions: readonly number[], maxWaitTime: number): Promise<readonly TopicRecord[]> {
    const { topic } = this.#options;
    const broker = await this.#client.cluster.findBroker({ nodeId });
    const wanted = partitions.map((partition) => ({
      partition,
      fetchOffset: String(this.#positions.get(partition) ?? 0n),
      maxBytes: maxBytesPerPartition,
    }));
    const { responses } = await broker.fetch({
      isolationLevel: isolationLevels[isolation],
      maxWaitTime,
      minBytes: 1,
      maxBytes,
      topics: [{ topic, partitions: wanted }],
    });
    return responses.flatMap(({ partitions: answers }) =>
      answers.flatMap((answer) => {
        const from = wanted.find(({ partition }) => partition === answer.partition)?.fetchOffset ?? '0';
        return this.#take(new FetchedPartition(topic, from, answer));
      }),
    );
  }

  #take(fetched: FetchedPartition): readonly TopicRecord[] {
    const { recordsOf } = this.#options;
    const records: TopicRecord[] = [];
    for (const batch of fetched.recordBatches) {
      for (const { key, value } of recordsOf(batch, fetched.fetchOffset, fetched)) {
        records.push({ partition: fetched.partition, key: copyOf(key), value: copyOf(value) });
      }
    }
    this.#positions.set(fetched.partition, fetched.nextOffset);
    return records;
  }

  async #offsets(partitions: readonly number[], timestamp: number): Promise<ReadonlyMap<number, bigint>> {
    const { topic } = this.#options;
    const where = partitions.map((partition) => ({ topic, partition }));
    const offsets = await listOffsets(this.#client.cluster, where, timestamp, isolation);
    return new Map(where.map((at) => [at.partition, offsets.get(topicPartitionKey(at)) ?? 0n]));
  }

  /** Leaders move, brokers go; a log that lost its beginning is read from where it begins now. */
  async #recover({ type, partition }: KafkaJsError & Partial<TopicPartition>): Promise<void> {
    await this.#client.cluster.refreshMetadata().catch(() => undefined); // the next read tells
    if (type === 'OFFSET_OUT_OF_RANGE' && partition !== undefined) {
      await this.rewind([partition]).catch(() => undefined);
    }
  }
}

/** Views end with the next batch. */
const copyOf = (bytes: Uint8Array | null): Uint8Array | null => (bytes === null ? null : Uint8Array.from(bytes));
