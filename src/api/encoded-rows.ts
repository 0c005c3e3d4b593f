/**
 * NDJSON rows of one topic partition in offset order, one row a line, as they lie in the memory of whoever made them.
 * Whoever takes them calls `release` when the bytes are read; until then nothing overwrites them.
 */
export interface EncodedRows {
  readonly bytes: Uint8Array;
  readonly rowCount: number;
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  /** Idempotent. */
  release(): void;
}

/**
 * Takes rows in order: `add` is called again only when the promise of the call before is settled. That promise is back-pressure
 * on the maker; a sink that hands rows on to a compressor need not return the compressor's promise, because rows not released
 * hold the maker back anyway.
 */
export interface RowSink {
  add(rows: EncodedRows): Promise<void> | void;
  /** How many rows the next piece may hold, at least 1: what is left of buffer.count.records. Without it: any number. */
  rowRoom?(): number;
}
