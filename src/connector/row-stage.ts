import type { EncodedRows } from '../api/index.ts';
import type { WriterLease } from './topic-partition-writer.ts';

const stageBytes = 256 * 1024;
const lineBreak = 10;

/** Gathers rows that were made one by one into pieces worth compressing; order is kept. */
export class RowStage {
  readonly #lease: WriterLease;
  #bytes: Buffer | null = null;
  #used = 0;
  #rowCount = 0;
  #firstOffset = 0n;
  #lastOffset = 0n;

  constructor(lease: WriterLease) {
    this.#lease = lease;
  }

  /** Resolves when there is room for the next row. `rowCount`: lines in it, where one record makes several. */
  async add(row: Uint8Array, offset: bigint, rowCount = 1): Promise<void> {
    const size = row.length + 1;
    const bytes = await this.room(size);
    bytes.set(row, this.#used);
    this.#used += size;
    bytes[this.#used - 1] = lineBreak;
    await this.#count(offset, rowCount);
  }

  /** Bytes of which those from `used` on are free; at least so many. */
  async room(least: number): Promise<Buffer> {
    if (this.#bytes !== null && this.#used + least > this.#bytes.length) await this.handOver();
    this.#bytes ??= Buffer.allocUnsafe(Math.max(stageBytes, least));
    return this.#bytes;
  }

  /** What is there already; null: `room` makes some. */
  get bytes(): Buffer | null {
    return this.#bytes;
  }

  get used(): number {
    return this.#used;
  }

  /** A row was written into the room, up to `end`, where a byte is left for the line break. A promise: wait before the next one. */
  written(end: number, offset: bigint): Promise<void> | null {
    if (this.#bytes !== null) this.#bytes[end] = lineBreak;
    this.#used = end + 1;
    return this.#count(offset, 1);
  }

  #count(offset: bigint, rowCount: number): Promise<void> | null {
    if (this.#rowCount === 0) this.#firstOffset = offset;
    this.#rowCount += rowCount;
    this.#lastOffset = offset;
    return this.#rowCount >= this.#lease.rowRoom() ? this.handOver() : null;
  }

  async handOver(): Promise<void> {
    if (this.#bytes === null || this.#rowCount === 0) return;
    const rows: EncodedRows = {
      bytes: this.#bytes.subarray(0, this.#used),
      rowCount: this.#rowCount,
      firstOffset: this.#firstOffset,
      lastOffset: this.#lastOffset,
      release: () => {},
    };
    this.#bytes = null;
    this.#used = 0;
    this.#rowCount = 0;
    await this.#lease.add(rows);
  }
}
