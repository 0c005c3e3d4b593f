import {
  asNextOffset,
  type CompressionCodec,
  type NextOffset,
  type RawHeader,
  type RecordBatch,
} from '../../../src/api/index.ts';
import { recordBatch } from '../../unit/kernel/record-batches.ts';

/** What must become of a record: a row, a dead letter, or nothing (filtered, or of an aborted transaction). */
export type Fate = 'row' | 'dead-letter' | 'nothing';

export interface LogRecord {
  readonly offset: bigint;
  /** Base offset of its batch. */
  readonly batchOffset: bigint;
  readonly timestamp: bigint;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RawHeader[];
  readonly fate: Fate;
  /** What the record is known by in the table; null: its value holds no such field. */
  readonly id: number | null;
}

export type NewRecord = Omit<LogRecord, 'offset' | 'batchOffset'>;

interface StoredBatch {
  records: readonly LogRecord[];
  /** Offsets that it covers, whatever compaction took out of it. */
  readonly first: bigint;
  readonly last: bigint;
  /** Aborted transactions and control batches are never handed over (read_committed). */
  readonly isHidden: boolean;
  readonly codec: CompressionCodec;
  bytes: RecordBatch | null;
}

export interface Fetched {
  readonly fetchOffset: NextOffset;
  readonly nextOffset: NextOffset;
  readonly batches: readonly RecordBatch[];
}

/** One partition's log: batches as bytes, offsets with gaps, a start and an end. */
export class PartitionLog {
  /** Of its topic's incarnation. */
  readonly name: string;
  start = 0n;
  end = 0n;
  /** All that were ever written to this log, by offset: what the oracle judges by. */
  readonly history: LogRecord[] = [];
  #batches: StoredBatch[] = [];

  constructor(name: string) {
    this.name = name;
  }

  append(records: readonly NewRecord[], codec: CompressionCodec, isHidden = false): void {
    const first = this.end;
    const placed = records.map((record, index) => ({ ...record, offset: first + BigInt(index), batchOffset: first }));
    this.end += BigInt(records.length);
    this.history.push(...placed);
    this.#batches.push({ records: placed, first, last: this.end - 1n, isHidden, codec, bytes: null });
  }

  /** A transaction's marker takes an offset of its own. */
  appendMarker(): void {
    this.appendGap(1);
  }

  /** Offsets without a record for the consumer. */
  appendGap(offsets: number): void {
    const first = this.end;
    this.end += BigInt(offsets);
    this.#batches.push({ records: [], first, last: this.end - 1n, isHidden: true, codec: 'none', bytes: null });
  }

  /** A few batches from `position` on; null where there are none. */
  fetch(position: NextOffset, mostBatches: number): Fetched | null {
    if (position >= this.end) return null;
    const batches: RecordBatch[] = [];
    let next: bigint = position;
    for (const batch of this.#batches) {
      if (batch.last < position) continue;
      if (batches.length === mostBatches) break;
      next = batch.last + 1n;
      if (!batch.isHidden && batch.records.length > 0) batches.push(bytesOf(batch));
    }
    return { fetchOffset: position, nextOffset: asNextOffset(next), batches };
  }

  holds(offset: bigint): boolean {
    return (
      offset >= this.start && this.#batches.some(({ records }) => records.some((record) => record.offset === offset))
    );
  }

  /** Retention and DeleteRecords. */
  deleteBelow(offset: bigint): void {
    this.start = offset > this.end ? this.end : offset;
    this.#batches = this.#batches.filter(({ last }) => last >= this.start);
  }

  /** Compaction takes records out of batches and leaves the offsets that these cover. */
  compact(isTaken: (record: LogRecord) => boolean): void {
    for (const batch of this.#batches) {
      batch.records = batch.records.filter((record) => !isTaken(record));
      batch.bytes = null;
    }
  }

  /** An unclean leader election: the newest records are gone, and their offsets are given anew. Answers what is gone. */
  truncate(to: bigint): readonly LogRecord[] {
    const offset = to < this.start ? this.start : to;
    this.#batches = this.#batches.filter(({ first }) => first < offset);
    this.end = (this.#batches.at(-1)?.last ?? offset - 1n) + 1n;
    const kept = this.history.findIndex((record) => record.offset >= this.end);
    return kept === -1 ? [] : this.history.splice(kept);
  }
}

const bytesOf = (batch: StoredBatch): RecordBatch => {
  batch.bytes ??= recordBatch({
    records: batch.records,
    baseOffset: batch.first,
    lastOffset: batch.last,
    codec: batch.codec,
  });
  return batch.bytes;
};
