import { asLastOffset, type EncodedRows, type MemoryBudget, type RowBatch } from '../api/index.ts';
import type { EncoderPool } from './encoder-pool.ts';
import { outputMemory } from './output-memory.ts';
import { heldInside, type RowCompressor, worstCompressed } from './row-compressor.ts';

/** zlib gives its output buffer out piece by piece: what lies behind one another there goes on the wire as one, and in one write. */
const addChunk = (chunks: Uint8Array[], chunk: Uint8Array): void => {
  const last = chunks.at(-1);
  if (last?.buffer !== chunk.buffer) outputMemory.hold(chunk.buffer);
  const isNext = last?.buffer === chunk.buffer && last.byteOffset + last.length === chunk.byteOffset;
  if (!isNext) chunks.push(chunk);
  else chunks[chunks.length - 1] = new Uint8Array(chunk.buffer, last.byteOffset, last.length + chunk.length);
};

const letGo = (chunks: readonly Uint8Array[]): void => {
  for (const buffer of new Set(chunks.map((chunk) => chunk.buffer))) outputMemory.letGo(buffer);
};

/** One body in the making: rows that go in, compressed chunks that come out. The budget has raw rows until they are read, chunks after. */
export class RowBody {
  readonly firstBufferedAtMs: number;
  readonly firstOffset: bigint;
  rowCount = 0;
  rawBytes = 0;
  #lastOffset: bigint;
  #wireBytes = 0;
  /** Raw bytes that the compressor has not read yet. */
  #unread = 0;
  readonly #chunks: Uint8Array[] = [];
  readonly #compressor: RowCompressor;
  readonly #encoders: EncoderPool;
  readonly #budget: MemoryBudget;
  #failure: Error | null = null;

  constructor(encoders: EncoderPool, budget: MemoryBudget, firstOffset: bigint, nowMs: number) {
    this.#encoders = encoders;
    this.#budget = budget;
    this.firstOffset = firstOffset;
    this.#lastOffset = firstOffset;
    this.firstBufferedAtMs = nowMs;
    this.#compressor = encoders.acquire((chunk) => {
      addChunk(this.#chunks, chunk);
      this.#wireBytes += chunk.length;
      budget.reserve(chunk.length);
    });
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
    try {
      await this.#compressor.write(rows.bytes);
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
      throw error;
    } finally {
      this.#unread -= length;
      this.#budget.release(length);
      rows.release();
    }
  }

  /** Ends the body. The compressor goes back even if that fails. */
  async finish(): Promise<RowBatch> {
    try {
      await this.#compressor.finish();
      if (this.#failure !== null) throw this.#failure;
    } catch (error) {
      this.#budget.release(this.#wireBytes);
      throw error;
    } finally {
      this.#encoders.giveBack(this.#compressor);
    }
    return this.#batch();
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
        if (held && isOver) letGo(this.#chunks);
        held = false;
      },
    };
  }
}
