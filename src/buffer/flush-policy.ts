/** When a partition's buffer is handed on; whichever is reached first. */
export interface FlushPolicy {
  /** buffer.count.records */
  readonly maxRecords: number;
  /** buffer.size.bytes: rows before compression. */
  readonly maxBytes: number;
  /** buffer.flush.time, counted from the first buffered row. */
  readonly maxAgeMs: number;
  /** The largest body that the destination takes, compressed. */
  readonly maxWireBytes: number;
}

export type FlushReason = 'count' | 'bytes' | 'wire' | 'age';

/** What is in the buffer. */
export interface BufferedState {
  readonly rowCount: number;
  readonly rawBytes: number;
  /** The most that the body can become with one more piece of rows in it. */
  readonly worstWireBytes: number;
  readonly firstBufferedAtMs: number;
}

/** Why these rows must go now; null: they may wait. */
export const flushReason = (policy: FlushPolicy, state: BufferedState, nowMs: number): FlushReason | null => {
  if (state.rowCount === 0) return null;
  if (state.worstWireBytes > policy.maxWireBytes) return 'wire';
  if (state.rowCount >= policy.maxRecords) return 'count';
  if (state.rawBytes >= policy.maxBytes) return 'bytes';
  return nowMs - state.firstBufferedAtMs >= policy.maxAgeMs ? 'age' : null;
};
