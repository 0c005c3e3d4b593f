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
    if (this.#bytes !== null && this.#used + size > this.#bytes.length) await this.handOver();
    this.#bytes ??= Buffer.allocUnsafe(Math.max(stageBytes, size));
    this.#bytes.set(row, this.#used);
    this.#used += size;
    this.#bytes[this.#used - 1] = lineBreak;
    if (this.#rowCount === 0) this.#firstOffset = offset;
    this.#rowCount += rowCount;
    this.#lastOffset = offset;
    if (this.#rowCount >= this.#lease.rowRoom()) await this.handOver();
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
