import type { Wanted } from '../fetch-ahead.ts';
import type { FetchedPartition } from '../fetched-partition.ts';
import type { ConsumerGroup, KafkaJsCluster, TopicPartitionOfError } from './kafkajs-types.ts';

/**
 * What the overrides ask of whoever owns a group consumer. Found by cluster object, which kafkajs keeps for the consumer's
 * life (it makes a new ConsumerGroup at each restart). A cluster without one behaves as stock kafkajs does.
 */
export interface GroupMembership {
  /** Awaited before JoinGroup: revoke or lose what is held. */
  beforeJoin(group: ConsumerGroup): Promise<void>;
  /** Awaited after SyncGroup, before the first fetch of the new generation. */
  afterJoin(group: ConsumerGroup): Promise<void>;
  /** Whether the group must be joined (again) before anything may be fetched. */
  mustJoin(group: ConsumerGroup): boolean;
  /** How long a broker may hold the next fetch back while it has nothing, ms. */
  fetchWaitMs(): number;
  /** What to read, by partition: all but those that are paused. */
  wanted(): Wanted;
  /** Resolves when `wanted` may be more than it was, or after so long. */
  moreWanted(timeoutMs: number): Promise<void>;
  /** One broker's answer, asked for so long ago. Of those `asked` for that are not in it there is no news. */
  fetched(asked: Wanted, partitions: readonly FetchedPartition[], ageMs: number): Promise<void> | void;
  /** Returns if the position is right after all and the fetch may be repeated; throws the error that ends the consumer. */
  offsetOutOfRange(group: ConsumerGroup, where: TopicPartitionOfError): Promise<void>;
  /** A leader is not where it was: it moved, or its topic was deleted and perhaps made again. Awaited before the next fetch. */
  leaderMissing(): Promise<void>;
  /** An error of our own (a ConnectError) that no retry mends. */
  failed(error: Error): void;
}

const memberships = new WeakMap<KafkaJsCluster, GroupMembership>();

export const registerMembership = (cluster: KafkaJsCluster, membership: GroupMembership): void => {
  memberships.set(cluster, membership);
};
export const membershipOf = (group: ConsumerGroup): GroupMembership | undefined => memberships.get(group.cluster);
