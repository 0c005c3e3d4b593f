import type { Assignment, NextOffset, TopicPartition } from '../api/index.ts';

/** What the task's loop asks and tells about dead letters that exist, so that no record gets a second one, or one beside its row. */
export interface DeadLetterBook {
  /** Newly assigned: fences earlier owners. */
  open(partitions: readonly Assignment[]): Promise<void>;
  /** After `open` and before the first record is put. `start`: where reading begins, or Kafka’s commit where that lies before it. */
  begin(partition: TopicPartition, start: NextOffset): void;
  /** Letters that are under way may still arrive; those that have not begun do not. */
  close(partitions: readonly TopicPartition[]): void;
  /** Kafka holds this commit. */
  committed(partition: TopicPartition, offset: NextOffset): void;
  /** Reading goes on here. */
  rewound(partition: TopicPartition, offset: NextOffset): void;
  /** Whether the record has its letter. */
  has(partition: TopicPartition, offset: bigint): boolean;
  /** How many records in [from, to) have. */
  countWithin(partition: TopicPartition, from: bigint, to: bigint): number;
  /** Which of from..to (both inclusive) have one because Snowflake dropped their row. */
  droppedRowsWithin(partition: TopicPartition, from: bigint, to: bigint): readonly bigint[];
  /** False: rows must become durable and be committed before so many further records are put. */
  hasRoomFor(partition: TopicPartition, records: number): boolean;
}

/** Where there is no dead letter queue. */
export const noDeadLetters: DeadLetterBook = {
  open: async () => {},
  begin: () => {},
  close: () => {},
  committed: () => {},
  rewound: () => {},
  has: () => false,
  countWithin: () => 0,
  droppedRowsWithin: () => [],
  hasRoomFor: () => true,
};
