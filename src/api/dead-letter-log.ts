import type { NextOffset } from './offsets.ts';
import type { ProducerRecord } from './record-producer.ts';
import type { TopicPartition } from './topic-partition.ts';

/** What is stored beside the dead letters of a source partition, for its next owner. */
export interface DeadLetterNote {
  /** Behind the last source record that has a dead letter. */
  readonly offset: NextOffset;
  /** At most `maxNoteCharacters`. */
  readonly metadata: string;
}

/**
 * The port to the dead letter queue, where a letter and the note that it was written become visible together or not at all. One
 * session per source partition: opening it fences every earlier one (as opening a channel does in Snowflake), and waits until what
 * that one left behind is either there or will never be. What it means and how it is used: src/dlq/dead-letter-ledger.ts.
 */
export interface DeadLetterLog {
  /** Longest note in UTF-16 units (Kafka's offset.metadata.max.bytes counts these). */
  readonly maxNoteCharacters: number;
  /** How long one write may take, repeats included (delivery.timeout.ms). */
  readonly deliveryTimeoutMs: number;
  readonly retryBackoffMs: number;
  /** Rejects with a ConnectError for what no retry mends (grants, versions), with any other error for what may go away. */
  open(source: TopicPartition): Promise<DeadLetterSession>;
  close(): Promise<void>;
}

export interface DeadLetterSession {
  /** What the last session stored; null: nothing yet. */
  readonly note: DeadLetterNote | null;
  /**
   * Records and note together. Never two at once. Rejects as `open` does; then whether it happened is unknown and this session is of
   * no more use: the note of the next one tells.
   */
  write(letters: readonly ProducerRecord[], note: DeadLetterNote): Promise<void>;
}
