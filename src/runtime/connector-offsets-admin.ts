import {
  ConnectError,
  type ConnectorConfig,
  errorMessage,
  GroupInUseError,
  type KafkaAdmin,
  type NextOffset,
  type TopicPartition,
  topicPartitionKey,
} from '../api/index.ts';
import type { ConnectorOffsets } from './connector-info.ts';
import type { SinkOffset } from './parse-sink-offsets.ts';
import { topicsOf } from './topics-of.ts';
import type { Worker } from './worker.ts';

interface Connector {
  readonly name: string;
  /** Resolved. */
  readonly config: ConnectorConfig;
  readonly groupId: string;
  readonly admin: KafkaAdmin;
}

type Altered = SinkOffset & { readonly offset: NextOffset };
const isAltered = (offset: SinkOffset): offset is Altered => offset.offset !== null;

/**
 * KIP-875 for a sink whose destination keeps offsets too. Kafka's come first: a group that still has members refuses, before anything is
 * forgotten. If forgetting then fails, the request failed and can be repeated; a start in between stops with the choices printed or
 * reads on from the destination's token, and never skips.
 */
export class ConnectorOffsetsAdmin {
  readonly #worker: Worker;

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  async committed(name: string, config: ConnectorConfig): Promise<ConnectorOffsets> {
    return this.#with(name, config, async ({ admin, groupId }) => ({
      offsets: (await admin.committedOffsets(groupId)).map(({ topic, partition, offset }) => ({
        partition: { kafka_partition: partition, kafka_topic: topic },
        offset: { kafka_offset: offset },
      })),
    }));
  }

  alter(name: string, config: ConnectorConfig, offsets: readonly SinkOffset[]): Promise<string> {
    return this.#with(name, config, async (connector) => {
      const { admin, groupId } = connector;
      const external = this.#external(connector);
      const altered = offsets.filter(isAltered);
      const reset = offsets.filter((offset) => !isAltered(offset));
      const metadata = await this.#metadata(connector);
      await inWords(`alter consumer group offsets for connector ${name}`, async () => {
        const noted = external?.commitMetadata ?? '';
        await admin.alterCommittedOffsets(
          groupId,
          altered.map((offset) => ({ ...offset, metadata: noted })),
        );
        await admin.deleteCommittedOffsets(groupId, reset);
      });
      await this.#forget(connector, offsets, metadata);
      return this.#message('altered', connector, offsets.map(describe), offsets.length);
    });
  }

  reset(name: string, config: ConnectorConfig): Promise<string> {
    return this.#with(name, config, async (connector) => {
      const { admin, groupId } = connector;
      const partitions = this.#external(connector) === undefined ? [] : await this.#allPartitions(connector);
      const metadata = await this.#metadata(connector);
      await inWords(`reset consumer group offsets for connector ${name}`, () => admin.deleteGroup(groupId));
      await this.#forget(connector, partitions, metadata);
      return this.#message('reset', connector, ['its committed offsets are deleted'], partitions.length);
    });
  }

  #external({ config }: Connector) {
    return this.#worker.plugins.connector(config['connector.class'] ?? '').offsets;
  }

  /** What the last commits note, by partition: they are gone once the offsets are. */
  async #metadata({ admin, groupId }: Connector): Promise<ReadonlyMap<string, string | null>> {
    const committed = await admin.committedOffsets(groupId);
    return new Map(committed.map((offset) => [topicPartitionKey(offset), offset.metadata]));
  }

  async #forget(
    connector: Connector,
    partitions: readonly TopicPartition[],
    metadata: ReadonlyMap<string, string | null>,
  ): Promise<void> {
    const noted = partitions.map(({ topic, partition }) => ({
      topic,
      partition,
      metadata: metadata.get(topicPartitionKey({ topic, partition })) ?? null,
    }));
    try {
      await this.#external(connector)?.forget(connector.config, noted);
    } catch (error) {
      throw new ConnectError(
        `The offsets of consumer group ${connector.groupId} were modified, but not what the destination keeps: ${errorMessage(error)}. Repeat the request before the connector is resumed`,
        { cause: error },
      );
    }
  }

  #message(done: 'altered' | 'reset', connector: Connector, kafka: readonly string[], partitions: number): string {
    const message = `The offsets for this connector have been ${done} successfully`;
    const external = this.#external(connector);
    if (external === undefined) return message;
    return `${message}. Consumer group ${connector.groupId}: ${kafka.join(', ')}. ${external.forgotten(partitions)}`;
  }

  /** Where the destination may hold something: what the group committed, and all of the topics that the config names. */
  async #allPartitions({ admin, groupId, config }: Connector): Promise<readonly TopicPartition[]> {
    const partitions = new Map<string, TopicPartition>();
    for (const { topic, partition } of await admin.committedOffsets(groupId)) {
      partitions.set(topicPartitionKey({ topic, partition }), { topic, partition });
    }
    const wanted = topicsOf(config);
    const topics = (await admin.listTopics()).filter((topic) =>
      wanted instanceof RegExp ? wanted.test(topic) : wanted.includes(topic),
    );
    for (const topic of topics) {
      for (const partition of (await admin.topicOffsets(topic)).keys()) {
        partitions.set(topicPartitionKey({ topic, partition }), { topic, partition });
      }
    }
    return [...partitions.values()];
  }

  async #with<T>(name: string, given: ConnectorConfig, work: (connector: Connector) => Promise<T>): Promise<T> {
    const { plugins, settings, ports } = this.#worker;
    const config = await plugins.resolve(settings, given);
    const properties = plugins.taskProperties(settings, config, { connector: name, task: 0 });
    const admin = await ports.createAdmin({ properties: properties.admin, logger: ports.logger });
    try {
      return await work({ name, config, groupId: properties.consumer['group.id'] ?? '', admin });
    } finally {
      await admin.close();
    }
  }
}

const describe = ({ topic, partition, offset }: SinkOffset): string =>
  `${topic}-${partition} ${offset === null ? 'has no offset any more' : `is at ${offset}`}`;

const inWords = async (doing: string, work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof GroupInUseError) {
      throw new ConnectError(
        `Failed to ${doing} either because its tasks haven't stopped completely yet or the connector was resumed before the request could be ` +
          'successfully completed. If the connector is in a stopped state, this operation can be safely retried. If it is still failing, ' +
          `another member may hold the group: ${errorMessage(error)}`,
        { cause: error },
      );
    }
    throw new ConnectError(`Failed to ${doing}: ${errorMessage(error)}`, { cause: error });
  }
};
