import {
  asNextOffset,
  type CommittedOffset,
  type KafkaAdmin,
  type Logger,
  type NewTopic,
  type NextOffset,
  type TopicPartition,
} from '../api/index.ts';
import { systemClock } from '../util/system-clock.ts';
import { readAdminOptions } from './client-config/producer-properties.ts';
import { explainKafkaError } from './explain-kafka-error.ts';
import type { KafkaJsAdmin } from './hardening/kafkajs-types.ts';
import { loadKafkaJs } from './hardening/load-kafkajs.ts';
import { connectFirst, createKafkaJsClient } from './kafkajs-client.ts';

export interface KafkaAdminOptions {
  /** Admin properties by their Java names, already merged. */
  readonly properties: Readonly<Record<string, string>>;
  readonly logger: Logger;
}

const requestTimeoutMs = 30_000;
/** About ten seconds: a person waits for the answer. */
const kafkaJsRetries = 5;

/** Connects; rejects with a ConfigError or ConnectError that says what to change. */
export const createKafkaAdmin = async ({ properties, logger }: KafkaAdminOptions): Promise<KafkaAdmin> => {
  const options = readAdminOptions(properties, systemClock, logger);
  const retry = { ...options.retry, retries: kafkaJsRetries };
  const connection = { modules: loadKafkaJs(), client: { ...options, retry }, logger };
  const client = createKafkaJsClient(connection);
  await connectFirst(client, connection, systemClock);
  return new KafkaJsKafkaAdmin(client.admin());
};

class KafkaJsKafkaAdmin implements KafkaAdmin {
  readonly #admin: KafkaJsAdmin;
  constructor(admin: KafkaJsAdmin) {
    this.#admin = admin;
  }

  clusterId(): Promise<string> {
    return inWords('describe the cluster', async () => (await this.#admin.describeCluster()).clusterId);
  }
  listTopics(): Promise<readonly string[]> {
    return inWords('list topics', () => this.#admin.listTopics());
  }
  createTopic({ name, partitions, replicationFactor, configs = {} }: NewTopic): Promise<boolean> {
    const configEntries = Object.entries(configs).map(([key, value]) => ({ name: key, value }));
    return inWords(`create topic ${name} (${partitions} partitions, replication factor ${replicationFactor})`, () =>
      this.#admin.createTopics({
        topics: [{ topic: name, numPartitions: partitions, replicationFactor, configEntries }],
        // kafkajs would ask for leaders at once and fail where the broker has not yet heard of its controller's new topic
        waitForLeaders: false,
        timeout: requestTimeoutMs,
      }),
    );
  }
  topicOffsets(topic: string): Promise<ReadonlyMap<number, { readonly start: NextOffset; readonly end: NextOffset }>> {
    return inWords(`offsets of topic ${topic}`, async () => {
      const partitions = await this.#admin.fetchTopicOffsets(topic);
      return new Map(
        partitions.map(({ partition, low, high }) => [
          partition,
          { start: asNextOffset(BigInt(low)), end: asNextOffset(BigInt(high)) },
        ]),
      );
    });
  }
  committedOffsets(groupId: string): Promise<readonly (TopicPartition & CommittedOffset)[]> {
    return inWords(`committed offsets of group ${groupId}`, async () =>
      (await this.#admin.fetchOffsets({ groupId })).flatMap(({ topic, partitions }) =>
        partitions
          .filter(({ offset }) => BigInt(offset) >= 0n)
          .map(({ partition, offset, metadata }) => ({
            topic,
            partition,
            offset: asNextOffset(BigInt(offset)),
            metadata,
          })),
      ),
    );
  }
  close(): Promise<void> {
    return this.#admin.disconnect();
  }
}

const inWords = async <T>(doing: string, call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw explainKafkaError(firstOf(error), doing);
  }
};

/** createTopics rejects with an aggregate of one error per topic. */
const firstOf = (error: unknown): unknown => {
  const errors = (error as { errors?: unknown }).errors;
  return Array.isArray(errors) && errors[0] instanceof Error ? errors[0] : error;
};
