import type { RecordView, TimestampType } from './record-batch.ts';
import type { Schema } from './schema.ts';
import type { TopicPartition } from './topic-partition.ts';

export interface Header {
  readonly name: string;
  readonly schema: Schema | null;
  readonly value: unknown;
}

/** The record as Kafka had it: what offsets are booked by and what a dead letter carries. */
export interface OriginalRecord extends TopicPartition {
  readonly record: RecordView;
}

/** org.apache.kafka.connect.sink.SinkRecord, with KIP-793's original coordinates. */
export interface SinkRecord {
  /** May be routed by a transform; book-keeping uses `original`. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: bigint | null;
  readonly timestampType: TimestampType;
  readonly keySchema: Schema | null;
  readonly key: unknown;
  readonly valueSchema: Schema | null;
  readonly value: unknown;
  readonly headers: readonly Header[];
  readonly original: OriginalRecord;
}
