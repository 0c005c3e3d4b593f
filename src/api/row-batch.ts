import type { LastOffset } from './offsets.ts';

export type ContentEncoding = 'identity' | 'gzip' | 'zstd';

/**
 * Rows of one topic partition, encoded once: NDJSON, one row a line, compressed. It is appended as it is, and again as it is
 * where an answer got lost; nobody cuts it anew.
 */
export interface RowBatch {
  readonly firstOffset: bigint;
  readonly lastOffset: LastOffset;
  readonly rowCount: number;
  readonly encoding: ContentEncoding;
  readonly chunks: readonly Uint8Array[];
  /** Sum of the chunks. */
  readonly wireBytes: number;
  /** Before compression. */
  readonly rawBytes: number;
  /** Clock's time when the first row was buffered. */
  readonly firstBufferedAtMs: number;
  /**
   * Gives the memory back to the budget. Idempotent. `isOver`: the rows were taken, so nobody reads the chunks any more, and their
   * memory may be freed at once; else somebody might (a request that was given up), and the collector frees it in its own time.
   */
  release(isOver?: boolean): void;
}
