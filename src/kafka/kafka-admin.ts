import {
  type AlteredOffset,
  asNextOffset,
  type CommittedOffset,
  ConnectError,
  type KafkaAdmin,
  type Logger,
  type NewTopic,
  type NextOffset,
  type TopicPartition,
} from '../api/index.ts';
import { systemClock } from '../util/system-clock.ts';
import { readAdminOptions } from './client-config/producer-properties.ts';
import { explainKafkaError } from './explain-kafka-error.ts';
import { alterOffsets, deleteGroup, deleteOffsets } from './group-offsets.ts';
import type { KafkaJsAdmin, KafkaJsBroker } from './hardening/kafkajs-types.ts';
import { loadKafkaJs } from './hardening/load-kafkajs.ts';
import type { KafkaJsModules } from './hardening/override.ts';
import { connectFirst, createKafkaJsClient, type KafkaJsClient } from './kafkajs-client.ts';
import { whileUnreachable } from './while-unreachable.ts';

export interface KafkaAdminOptions {
  /** Admin properties by their Java names, already merged. */
  readonly properties: Readonly<Record<string, string>>;
  readonly logger: Logger;
}

const requestTimeoutMs = 30_000;
/** About ten seconds: a person waits for the answer. */
const kafkaJsRetries = 5;

/** What a person wants to know of a cluster besides: for the commands that only look. */
export interface ClusterInspector extends KafkaAdmin {
  brokerCount(): Promise<number>;
  /** All configs of a topic by name, the broker's defaults among them. Needs DESCRIBE_CONFIGS on the topic. */
  topicConfigs(topic: string): Promise<ReadonlyMap<string, string>>;
  /** `Dead` with 0 members: there is no such group. */
  group(groupId: string): Promise<{ readonly state: string; readonly members: number }>;
}

/** Of ConfigResource.Type. */
const topicResource = 2;

/** Connects; rejects with a ConfigError or ConnectError that says what to change. */
export const createKafkaAdmin = async ({ properties, logger }: KafkaAdminOptions): Promise<ClusterInspector> => {
  const options = readAdminOptions(properties, systemClock, logger);
  const retry = { ...options.retry, retries: kafkaJsRetries };
  const connection = { modules: loadKafkaJs(), client: { ...options, retry }, logger };
  const client = createKafkaJsClient(connection);
  await connectFirst(client, connection, systemClock);
  return new KafkaJsKafkaAdmin(client, connection.modules);
};

class KafkaJsKafkaAdmin implements ClusterInspector {
  readonly #client: KafkaJsClient;
  readonly #modules: KafkaJsModules;
  readonly #admin: KafkaJsAdmin;
  constructor(client: KafkaJsClient, modules: KafkaJsModules) {
    this.#client = client;
    this.#modules = modules;
    this.#admin = client.admin();
  }

  clusterId(): Promise<string> {
    return inWords('describe the cluster', async () => (await this.#admin.describeCluster()).clusterId);
  }
  brokerCount(): Promise<number> {
    return inWords('describe the cluster', async () => (await this.#admin.describeCluster()).brokers.length);
  }
  topicConfigs(topic: string): Promise<ReadonlyMap<string, string>> {
    return inWords(`configs of topic ${topic}`, async () => {
      const resources = [{ type: topicResource, name: topic }];
      const answer = await this.#admin.describeConfigs({ resources, includeSynonyms: false });
      const entries = answer.resources.flatMap(({ configEntries }) => configEntries);
      return new Map(entries.map(({ configName, configValue }) => [configName, configValue ?? '']));
    });
  }
  group(groupId: string): Promise<{ readonly state: string; readonly members: number }> {
    return inWords(`group ${groupId}`, async () => {
      const [group] = (await this.#admin.describeGroups([groupId])).groups;
      return { state: group?.state ?? 'Dead', members: group?.members.length ?? 0 };
    });
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
  async alterCommittedOffsets(groupId: string, offsets: readonly AlteredOffset[]): Promise<void> {
    if (offsets.length === 0) return;
    await this.#asCoordinator(groupId, (coordinator) => alterOffsets(this.#modules, coordinator, groupId, offsets));
  }
  async deleteCommittedOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0) return;
    await this.#asCoordinator(groupId, (coordinator) => deleteOffsets(this.#modules, coordinator, groupId, partitions));
  }
  deleteGroup(groupId: string): Promise<void> {
    return this.#asCoordinator(groupId, (coordinator) => deleteGroup(this.#modules, coordinator, groupId));
  }
  #asCoordinator(groupId: string, call: (coordinator: KafkaJsBroker) => Promise<void>): Promise<void> {
    return inWords(`offsets of group ${groupId}`, async () =>
      call(await this.#client.cluster.findGroupCoordinator({ groupId })),
    );
  }
  close(): Promise<void> {
    return this.#admin.disconnect();
  }
}

const inWords = async <T>(doing: string, call: () => Promise<T>): Promise<T> => {
  try {
    return await whileUnreachable(systemClock, requestTimeoutMs, call);
  } catch (error) {
    if (error instanceof ConnectError) throw error;
    throw explainKafkaError(firstOf(error), doing);
  }
};

/** createTopics rejects with an aggregate of one error per topic. */
const firstOf = (error: unknown): unknown => {
  const errors = (error as { errors?: unknown }).errors;
  return Array.isArray(errors) && errors[0] instanceof Error ? errors[0] : error;
};
