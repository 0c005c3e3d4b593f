import type { NextOffset } from './offsets.ts';
import type { TopicPartition } from './topic-partition.ts';

export type TimestampType = 'CreateTime' | 'LogAppendTime' | 'NoTimestampType';

/** Header as Kafka stores it; names may repeat, order is kept. */
export type RawHeader = readonly [name: string, value: Uint8Array | null];

/** One record as a view on its fetched batch: valid only until that batch is released. Copy what must live longer. */
export interface RecordView {
  readonly offset: bigint;
  /** Base offset of the record batch that it came in: the same each time that it is read. */
  readonly batchOffset: bigint;
  /** Epoch milliseconds; -1 where the record has none. */
  readonly timestamp: bigint;
  readonly timestampType: TimestampType;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RawHeader[];
}

/** Codec numbers of the record batch's attributes (KIP-98 format, bits 0-2). */
export const compressionCodecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type CompressionCodec = (typeof compressionCodecs)[number];

/** One record batch (message format 2) as it lies in the fetch response; nothing decoded but its header. */
export interface RecordBatch {
  readonly baseOffset: bigint;
  /** base + lastOffsetDelta: covers the gaps that compaction left at the end. */
  readonly lastOffset: bigint;
  readonly recordCount: number;
  readonly codec: CompressionCodec;
  readonly timestampType: TimestampType;
  readonly baseTimestamp: bigint;
  readonly maxTimestamp: bigint;
  /** CRC-32C of everything behind the crc field. */
  readonly crc: number;
  /** The whole batch, header included (61 bytes), on the fetch response. */
  readonly bytes: Uint8Array;
}

/**
 * What one fetch brought for one topic partition, as bytes. Aborted transactions (read_committed), control batches and
 * batches wholly before `fetchOffset` are left out already; a batch may straddle `fetchOffset`, so readers skip records
 * below it. `nextOffset` is the position after everything fetched, left-out batches included: it may lie past the last record.
 */
export interface FetchedBatch extends TopicPartition {
  /** Grows with each (re)assignment of this partition; work of an older epoch must not be committed. */
  readonly epoch: number;
  readonly fetchOffset: NextOffset;
  readonly nextOffset: NextOffset;
  readonly highWatermark: bigint;
  readonly batches: readonly RecordBatch[];
  readonly recordCount: number;
  readonly byteSize: number;
  /** The views end here: the consumer may reuse the memory and fetch on. Idempotent. */
  release(): void;
}
