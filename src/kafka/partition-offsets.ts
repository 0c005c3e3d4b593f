import {
  asNextOffset,
  type CommittedOffset,
  type NextOffset,
  type TopicPartition,
  topicPartitionKey,
} from '../api/index.ts';
import type { ConsumerGroup, KafkaJsCluster, TopicPartitions } from './hardening/kafkajs-types.ts';

/** ListOffsets' special timestamps (Kafka protocol guide). */
export const logEndTimestamp = -1;
export const logStartTimestamp = -2;
/** Isolation levels on the wire: under read_committed the log end is the last stable offset. */
export const isolationLevels = { read_uncommitted: 0, read_committed: 1 } as const;
export type IsolationLevel = keyof typeof isolationLevels;

/** Partitions by topic, as kafkajs's requests want them. */
export const byTopic = (partitions: readonly TopicPartition[]): readonly TopicPartitions[] => {
  const topics = Map.groupBy(partitions, ({ topic }) => topic);
  return [...topics].map(([topic, list]) => ({ topic, partitions: list.map(({ partition }) => partition) }));
};

/** First or end offset of each partition, by topicPartitionKey, from the partitions' leaders. */
export const listOffsets = async (
  cluster: KafkaJsCluster,
  partitions: readonly TopicPartition[],
  timestamp: number,
  isolation: IsolationLevel,
): Promise<ReadonlyMap<string, NextOffset>> => {
  const leaders = new Map<string, TopicPartition[]>();
  for (const { topic, partitions: numbers } of byTopic(partitions)) {
    for (const [node, led] of Object.entries(cluster.findLeaderForPartitions(topic, numbers))) {
      const list = leaders.get(node) ?? [];
      list.push(...led.map((partition) => ({ topic, partition })));
      leaders.set(node, list);
    }
  }
  const offsets = new Map<string, NextOffset>();
  const ask = async ([nodeId, list]: [string, TopicPartition[]]): Promise<void> => {
    const broker = await cluster.findBroker({ nodeId });
    const topics = byTopic(list).map(({ topic, partitions: numbers }) => ({
      topic,
      partitions: numbers.map((partition) => ({ partition, timestamp })),
    }));
    const { responses } = await broker.listOffsets({ isolationLevel: isolationLevels[isolation], topics });
    for (const { topic, partitions: answers } of responses) {
      for (const { partition, offset } of answers) {
        offsets.set(topicPartitionKey({ topic, partition }), asNextOffset(BigInt(offset)));
      }
    }
  };
  await Promise.all([...leaders].map(ask));
  return offsets;
};

/** What the group committed, by topicPartitionKey; partitions without a commit are missing. */
export const fetchCommitted = async (
  group: ConsumerGroup,
  partitions: readonly TopicPartition[],
): Promise<ReadonlyMap<string, CommittedOffset>> => {
  const committed = new Map<string, CommittedOffset>();
  if (partitions.length === 0) return committed;
  const coordinator = await group.offsetManager.getCoordinator();
  const topics = byTopic(partitions).map(({ topic, partitions: numbers }) => ({
    topic,
    partitions: numbers.map((partition) => ({ partition })),
  }));
  const { responses } = await coordinator.offsetFetch({ groupId: group.groupId, topics });
  for (const { topic, partitions: answers } of responses) {
    for (const { partition, offset, metadata } of answers) {
      if (BigInt(offset) < 0n) continue;
      committed.set(topicPartitionKey({ topic, partition }), { offset: asNextOffset(BigInt(offset)), metadata });
    }
  }
  return committed;
};
