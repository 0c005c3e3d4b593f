import { type Clock, ConnectError, type Logger, type RecordBatch, type TopicPartition } from '../api/index.ts';
import { readAdminOptions } from './client-config/producer-properties.ts';
import { explainKafkaError } from './explain-kafka-error.ts';
import { FetchedPartition } from './fetched-partition.ts';
import { loadKafkaJs } from './hardening/load-kafkajs.ts';
import { connectFirst, createKafkaJsClient, type KafkaJsClient } from './kafkajs-client.ts';
import { isolationLevels, listOffsets, logEndTimestamp, logStartTimestamp } from './partition-offsets.ts';

export interface PartitionReaderOptions {
  /** Client properties by their Java names. */
  readonly properties: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What one fetch brought: read_committed, so neither aborted nor control batches. */
export interface FetchedRange extends TopicPartition {
  /** A batch may begin below it. */
  readonly fetchOffset: bigint;
  /** Behind everything fetched, left-out batches included. */
  readonly nextOffset: bigint;
  readonly batches: readonly RecordBatch[];
}

/** Reads stretches of logs as record batches, without a consumer group: for commands that look at what is there. */
export interface PartitionReader {
  /** Log start and last stable offset of each partition. */
  ends(topic: string): Promise<ReadonlyMap<number, { readonly start: bigint; readonly end: bigint }>>;
  /** From `from` until the position reaches `to`. Batches are valid until the next is asked for. */
  read(where: TopicPartition, from: bigint, to: bigint): AsyncIterable<FetchedRange>;
  close(): Promise<void>;
}

const maxBytes = 8 << 20;
const maxWaitMs = 500;
const retryMs = 250;
const attempts = 40;
const isolation = 'read_committed';

/** Connects; rejects with a ConfigError or ConnectError that says what to change. */
export const createPartitionReader = async (options: PartitionReaderOptions): Promise<PartitionReader> => {
  const { properties, clock, logger } = options;
  const connection = { modules: loadKafkaJs(), client: readAdminOptions(properties, clock, logger), logger };
  const client = createKafkaJsClient(connection);
  await connectFirst(client, connection, clock);
  return new KafkaJsPartitionReader(client, clock);
};

class KafkaJsPartitionReader implements PartitionReader {
  readonly #client: KafkaJsClient;
  readonly #clock: Clock;

  constructor(client: KafkaJsClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  ends(topic: string): Promise<ReadonlyMap<number, { readonly start: bigint; readonly end: bigint }>> {
    return this.#patiently(`offsets of topic ${topic}`, async () => {
      const { cluster } = this.#client;
      await cluster.addMultipleTargetTopics([topic]);
      const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
      const where = partitions.map((partition) => ({ topic, partition }));
      const ask = (timestamp: number): ReturnType<typeof listOffsets> =>
        listOffsets(cluster, where, timestamp, isolation);
      const [starts, ends] = await Promise.all([ask(logStartTimestamp), ask(logEndTimestamp)]);
      const at = (offsets: Awaited<ReturnType<typeof listOffsets>>, partition: number): bigint =>
        offsets.get(`${topic}-${partition}`) ?? 0n;
      return new Map(
        partitions.map((partition) => [partition, { start: at(starts, partition), end: at(ends, partition) }]),
      );
    });
  }

  async *read({ topic, partition }: TopicPartition, from: bigint, to: bigint): AsyncIterable<FetchedRange> {
    let at = from;
    while (at < to) {
      const fetched = await this.#patiently(`reading topic ${topic}, partition ${partition}`, () =>
        this.#fetch({ topic, partition }, at),
      );
      if (fetched.nextOffset > at) yield fetched;
      at = fetched.nextOffset;
    }
  }

  close(): Promise<void> {
    return this.#client.cluster.disconnect();
  }

  async #fetch({ topic, partition }: TopicPartition, from: bigint): Promise<FetchedRange> {
    const { cluster } = this.#client;
    await cluster.addMultipleTargetTopics([topic]);
    const [nodeId = ''] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
    const broker = await cluster.findBroker({ nodeId });
    const { responses } = await broker.fetch({
      isolationLevel: isolationLevels[isolation],
      maxWaitTime: maxWaitMs,
      minBytes: 1,
      maxBytes,
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(from), maxBytes }] }],
    });
    const [answer] = responses.flatMap(({ partitions }) => partitions);
    if (answer === undefined)
      throw new ConnectError(`the broker's answer lacks topic ${topic}, partition ${partition}`);
    const { nextOffset, recordBatches } = new FetchedPartition(topic, String(from), answer);
    return { topic, partition, fetchOffset: from, nextOffset, batches: recordBatches };
  }

  /** Leaders move, brokers restart: about ten seconds long. */
  async #patiently<T>(doing: string, call: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call();
      } catch (error) {
        const { retriable } = error as { readonly retriable?: boolean };
        if (error instanceof ConnectError || retriable === false || attempt === attempts)
          throw explainKafkaError(error, doing);
        await this.#clock.sleep(retryMs);
        await this.#client.cluster.refreshMetadata().catch(() => undefined); // the next attempt tells
      }
    }
  }
}
