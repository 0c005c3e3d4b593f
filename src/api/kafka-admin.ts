import type { NextOffset } from './offsets.ts';
import type { CommittedOffset } from './source-consumer.ts';
import type { TopicPartition } from './topic-partition.ts';

/** An offset that an operator puts in place of a group's own. */
export interface AlteredOffset extends TopicPartition {
  readonly offset: NextOffset;
  readonly metadata: string;
}

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly configs?: Readonly<Record<string, string>>;
}

/** The few administrative calls that a sink worker makes. All reject with ConnectError in words for people. */
export interface KafkaAdmin {
  clusterId(): Promise<string>;
  listTopics(): Promise<readonly string[]>;
  /** True if it was created, false if it existed. */
  createTopic(topic: NewTopic): Promise<boolean>;
  /** Log start and end of every partition. */
  topicOffsets(topic: string): Promise<ReadonlyMap<number, { readonly start: NextOffset; readonly end: NextOffset }>>;
  committedOffsets(groupId: string): Promise<readonly (TopicPartition & CommittedOffset)[]>;
  /** Writes offsets of a group that has no members. @throws GroupInUseError where it has some */
  alterCommittedOffsets(groupId: string, offsets: readonly AlteredOffset[]): Promise<void>;
  /** Forgets what the group committed for these partitions. @throws GroupInUseError */
  deleteCommittedOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<void>;
  /** Forgets the group and all that it committed; a group that is not there is no error. @throws GroupInUseError */
  deleteGroup(groupId: string): Promise<void>;
  close(): Promise<void>;
}
