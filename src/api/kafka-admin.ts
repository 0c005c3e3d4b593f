import type { NextOffset } from './offsets.ts';
import type { CommittedOffset } from './source-consumer.ts';
import type { TopicPartition } from './topic-partition.ts';

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
  close(): Promise<void>;
}
