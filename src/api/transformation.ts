import type { SinkRecord } from './sink-record.ts';

/** A single message transform: record in, record or nothing (filtered) out. */
export interface Transformation {
  readonly javaClass: string;
  /** Takes the record over: a map that is its key or value is nowhere else, and may be changed in place. */
  apply(record: SinkRecord): SinkRecord | null | Promise<SinkRecord | null>;
  close(): void;
}

export interface Predicate {
  readonly javaClass: string;
  test(record: SinkRecord): boolean;
}
