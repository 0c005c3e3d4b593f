import type { RawHeader } from './record-batch.ts';
import type { Schema } from './schema.ts';

/**
 * Bytes of one payload, read from front to back. What it hands out lies within them; what ends too early or is not of the format:
 * DataError.
 */
export interface ValueInput {
  /** Which the payload may be a part of. */
  readonly source: Buffer;
  readonly position: number;
  boolean(): boolean;
  int(): number;
  long(): bigint;
  /** Null, and nothing taken, where the long is beyond 2^48. */
  safeLong(): number | null;
  float(): number;
  double(): number;
  string(): string;
  /** Views on the source. */
  bytes(): Uint8Array;
  fixed(size: number): Uint8Array;
  /** Of the text or bytes that begin at `position` then; `skip` goes behind them. */
  length(): number;
  skip(size: number): void;
  /** Items of the next block of a list; 0: it ends here. */
  block(): number;
  /** An item of a list took no bytes. */
  emptyItem(): void;
  /** Into a struct, and out of it. */
  enter(): void;
  leave(): void;
}

/** How values of a schema lie in bytes, for who makes something else of them than objects. Made once per schema. */
export interface ValueLayout {
  readonly schema: Schema;
  readonly shape: ValueShape;
  /** The value as an object. */
  readonly read: (input: ValueInput) => unknown;
}

/** Plain values; `object`: only `read` can tell. Logical types lie as their plain type does: the schema's name says which it is. */
export type ValueShape =
  | { readonly kind: 'boolean' | 'int' | 'long' | 'float' | 'double' | 'text' | 'object' }
  /** `size` null: its length stands in front. */
  | { readonly kind: 'bytes'; readonly size: number | null }
  | { readonly kind: 'symbol'; readonly symbols: readonly string[] }
  /** A union of two, branch `at` of which is not null. */
  | { readonly kind: 'optional'; readonly at: number; readonly of: ValueLayout }
  | { readonly kind: 'list'; readonly items: ValueLayout }
  /** In the order of the schema's fields. `schema`: the one that structs carry. */
  | { readonly kind: 'struct'; readonly schema: Schema; readonly fields: readonly ValueLayout[] };

export interface OpenedValue {
  readonly layout: ValueLayout;
  /** At the value's first byte; valid until the next one is opened. */
  readonly input: ValueInput;
}

/** A record's value without reading it. Null: `Converter.toConnectData` decides about it. */
export type OpenValue = (topic: string, headers: readonly RawHeader[], bytes: Uint8Array) => OpenedValue | null;
