import { asLastOffset, type EncodedRows, type MemoryBudget, type RowBatch } from '../api/index.ts';
import type { CompressorHolder, EncoderPool } from './encoder-pool.ts';
import { heldInside, type RowCompressor, worstCompressed } from './row-compressor.ts';

/**
 * One body in the making: rows that go in, compressed chunks that come out. The budget has raw rows until they are read, chunks after. While
 * it is small, rows wait as they are: a compressor for a few of them would weigh more than all partitions' rows.
 */
export class RowBody implements CompressorHolder {
  readonly firstBufferedAtMs: number;
  readonly firstOffset: bigint;
  rowCount = 0;
  rawBytes = 0;
  #lastOffset: bigint;
  #wireBytes = 0;
  /** Raw bytes that the compressor has not read yet. */
  #unread = 0;
  readonly #chunks: Uint8Array[] = [];
  /** Copies of rows, while the body has no compressor; each in memory of its own, which is freed at once when they are read. */
  readonly #waiting: Uint8Array<ArrayBuffer>[] = [];
  #compressor: RowCompressor | null = null;
  readonly #encoders: EncoderPool;
  readonly #budget: MemoryBudget;
  readonly giveWay: (() => void) | undefined;
  #failure: Error | null = null;

  /** `giveWay`: others need the body's compressor, so it should end. */
  constructor(encoders: EncoderPool, budget: MemoryBudget, firstOffset: bigint, nowMs: number, giveWay?: () => void) {
    this.#encoders = encoders;
    this.#budget = budget;
    this.giveWay = giveWay;
    this.firstOffset = firstOffset;
    this.#lastOffset = firstOffset;
    this.firstBufferedAtMs = nowMs;
  }

  /** The most that the body can become if so many raw bytes more go in. */
  worstWireBytes(moreBytes: number): number {
    const { encoding } = this.#encoders;
    const inside = Math.min(this.rawBytes, heldInside(encoding));
    return this.#wireBytes + worstCompressed(encoding, this.#unread + inside + moreBytes);
  }

  async add(rows: EncodedRows): Promise<void> {
    const { length } = rows.bytes;
    this.rowCount += rows.rowCount;
    this.rawBytes += length;
    this.#lastOffset = rows.lastOffset;
    this.#unread += length;
    this.#budget.reserve(length);
    if (this.#compressor === null && this.#encoders.mayWait(this.rawBytes)) {
      this.#encoders.waits(length);
      const copy = new Uint8Array(length);
      copy.set(rows.bytes);
      this.#waiting.push(copy);
      rows.release();
      return;
    }
    const compressor = this.#compressor ?? this.#begin();
    try {
      await this.#written(compressor.write(rows.bytes), length);
    } finally {
      rows.release();
    }
  }

  /** Ends the body. The compressor goes back even if that fails. */
  async finish(): Promise<RowBatch> {
    const compressor = this.#compressor;
    try {
      if (compressor === null) await this.#encoders.lend(this, (lent) => this.#endWith(lent));
      else {
        this.#encoders.ends(compressor);
        await compressor.finish();
      }
      if (this.#failure !== null) throw this.#failure;
    } catch (error) {
      this.#budget.release(this.#wireBytes);
      throw error;
    } finally {
      if (compressor !== null) this.#encoders.giveBack(compressor);
    }
    return this.#batch();
  }

  #begin(): RowCompressor {
    const compressor = this.#encoders.acquire(this);
    this.#compressor = compressor;
    this.#writeWaiting(compressor).catch(() => {}); // a failure is kept, and told when the body ends
    return compressor;
  }

  #endWith(compressor: RowCompressor): Promise<unknown> {
    return Promise.all([this.#writeWaiting(compressor), compressor.finish()]);
  }

  async #writeWaiting(compressor: RowCompressor): Promise<void> {
    const write = async (copy: Uint8Array<ArrayBuffer>): Promise<void> => {
      const { length } = copy;
      try {
        await this.#written(compressor.write(copy), length);
      } finally {
        copy.buffer.transfer(0);
        this.#encoders.waitsNoLonger(length);
      }
    };
    await Promise.all(this.#waiting.splice(0).map(write));
  }

  /** zlib gives its output buffer out piece by piece: what lies behind one another there goes on the wire as one, and in one write. */
  readonly onChunk = (chunk: Uint8Array): void => {
    const last = this.#chunks.at(-1);
    if (last?.buffer !== chunk.buffer) this.#encoders.output.hold(chunk.buffer);
    const isNext = last?.buffer === chunk.buffer && last.byteOffset + last.length === chunk.byteOffset;
    if (!isNext) this.#chunks.push(chunk);
    else
      this.#chunks[this.#chunks.length - 1] = new Uint8Array(chunk.buffer, last.byteOffset, last.length + chunk.length);
    this.#wireBytes += chunk.length;
    this.#budget.reserve(chunk.length);
  };

  /** The rows' memory is counted until they are read. */
  async #written(reading: Promise<void>, length: number): Promise<void> {
    try {
      await reading;
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
      throw error;
    } finally {
      this.#unread -= length;
      this.#budget.release(length);
    }
  }

  #letGoOfChunks(): void {
    for (const buffer of new Set(this.#chunks.map((chunk) => chunk.buffer))) this.#encoders.output.letGo(buffer);
  }

  #batch(): RowBatch {
    const wireBytes = this.#wireBytes;
    const budget = this.#budget;
    let held = true;
    return {
      firstOffset: this.firstOffset,
      lastOffset: asLastOffset(this.#lastOffset),
      rowCount: this.rowCount,
      encoding: this.#encoders.encoding,
      chunks: this.#chunks,
      wireBytes,
      rawBytes: this.rawBytes,
      firstBufferedAtMs: this.firstBufferedAtMs,
      release: (isOver = false) => {
        if (held) budget.release(wireBytes);
        if (held && isOver) this.#letGoOfChunks();
        held = false;
      },
    };
  }
}
