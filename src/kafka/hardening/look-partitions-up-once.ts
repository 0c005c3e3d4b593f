import type { ConsumerGroup } from './kafkajs-types.ts';
import { consumerGroupPrototype, type Override } from './override.ts';

type Metadata = ReturnType<ConsumerGroup['cluster']['findTopicPartitionMetadata']>;
type NodesPartitions = Record<number, number[]>;

/** Partitions by their leaders; null where one is not known, which stock code has its ways with. */
const byLeader = (metadata: Metadata, partitions: readonly number[]): NodesPartitions | null => {
  const leaders = new Map(metadata.map(({ partitionId, leader }) => [partitionId, leader]));
  const nodes: NodesPartitions = {};
  for (const partition of partitions) {
    const leader = leaders.get(partition) ?? null;
    if (leader === null) return null;
    const found = nodes[leader] ?? [];
    found.push(partition);
    nodes[leader] = found;
  }
  return nodes;
};

/**
 * Before each fetch stock kafkajs 2.2.4 searches the list of all partitions for each of them, and copies the list of those found for
 * each: with a thousand partitions that is most of what an idle consumer costs, and much of a busy one's garbage.
 */
export const lookPartitionsUpOnce: Override = {
  name: 'look-partitions-up-once',
  patches: [
    { path: 'consumer/consumerGroup', method: 'findReadReplicaForPartitions', sha256: '370f4164f84ba1b9' },
    { path: 'consumer/consumerGroup', method: 'checkForStaleAssignment', sha256: 'd96e4dacaf97a714' },
  ],
  install(modules) {
    const prototype = consumerGroupPrototype(modules);
    const { findReadReplicaForPartitions, checkForStaleAssignment } = prototype;
    prototype.findReadReplicaForPartitions = function (this: ConsumerGroup, topic, partitions) {
      // a broker may name a replica nearer than the leader (KIP-392)
      const arePreferred = Object.keys(this.preferredReadReplicasPerTopicPartition[topic] ?? {}).length > 0;
      const found = arePreferred ? null : byLeader(this.cluster.findTopicPartitionMetadata(topic), partitions);
      return found ?? findReadReplicaForPartitions.call(this, topic, partitions);
    };
    prototype.checkForStaleAssignment = function (this: ConsumerGroup) {
      const known = this.partitionsPerSubscribedTopic;
      const isNew = this.topicsSubscribed.some((topic) => {
        const before = new Set(known?.get(topic));
        return this.cluster.findTopicPartitionMetadata(topic).some(({ partitionId }) => !before.has(partitionId));
      });
      if (isNew) checkForStaleAssignment.call(this);
    };
  },
};
