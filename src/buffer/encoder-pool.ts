import type { ContentEncoding, MemoryBudget } from '../api/index.ts';
import { compressorBytes, createRowCompressor, type RowCompressor } from './row-compressor.ts';

export interface EncoderPoolOptions {
  readonly encoding: ContentEncoding;
  /** Charged with the compressors, in use or idle. */
  readonly budget?: MemoryBudget;
  /** Compressors kept for the next partition; more are closed when they come back. */
  readonly maxIdle?: number;
  /**
   * Bodies that have a compressor at once: one more, and the oldest of them is asked to end. At full speed a thread reads less than 180 MB/s, a
   * megabyte of a partition at a time: with 18, no channel gets more than its ten bodies a second.
   */
  readonly maxOpen?: number;
}

/**
 * Compressors for the buffers of one task. A body has one from when it is no longer small until it ends, and only so many bodies have one
 * at once: a compressor weighs as much as hundreds of rows.
 */
export class EncoderPool {
  readonly encoding: ContentEncoding;
  /** Rows up to so many bytes wait as they are, without a compressor. */
  readonly smallBytes: number;
  readonly #budget: MemoryBudget | undefined;
  readonly #maxIdle: number;
  readonly #maxOpen: number;
  readonly #idle: RowCompressor[] = [];
  /** Who may be asked to end, the oldest first. */
  readonly #open = new Map<RowCompressor, () => void>();
  #wholeBodies: Promise<void> = Promise.resolve();
  #closed = false;

  constructor({ encoding, budget, maxIdle = 12, maxOpen = 18 }: EncoderPoolOptions) {
    this.encoding = encoding;
    const isFree = compressorBytes(encoding) === 0;
    this.smallBytes = isFree ? 0 : 32 * 1024;
    this.#budget = budget;
    this.#maxIdle = maxIdle;
    this.#maxOpen = isFree ? Number.POSITIVE_INFINITY : maxOpen;
  }

  /** `giveWay`: called, at most once, when others need compressors; the body should end. */
  acquire(onChunk: (chunk: Uint8Array) => void, giveWay?: () => void): RowCompressor {
    const [oldest] = this.#open;
    if (oldest !== undefined && this.#open.size >= this.#maxOpen) {
      this.#open.delete(oldest[0]);
      oldest[1]();
    }
    const compressor = this.#idle.pop() ?? this.#create();
    compressor.onChunk = onChunk;
    if (giveWay !== undefined) this.#open.set(compressor, giveWay);
    return compressor;
  }

  /** The body is ending by itself. */
  ends(compressor: RowCompressor): void {
    this.#open.delete(compressor);
  }

  /** Only between two bodies. */
  giveBack(compressor: RowCompressor): void {
    this.#open.delete(compressor);
    compressor.onChunk = () => {};
    if (this.#closed || compressor.isBroken || this.#idle.length >= this.#maxIdle) this.#close(compressor);
    else this.#idle.push(compressor);
    // Under pressure memory belongs to rows; idle compressors of many tasks could hold all of it for ever.
    if (this.#budget?.hasRoom() === false) this.freeIdle();
  }

  /** A body that stayed small. One after another: of thousands that are due together none needs a compressor of its own. */
  compressWhole(bytes: Uint8Array, onChunk: (chunk: Uint8Array) => void): Promise<void> {
    const done = this.#wholeBodies.then(async () => {
      const compressor = this.acquire(onChunk);
      try {
        await Promise.all([compressor.write(bytes), compressor.finish()]);
      } finally {
        this.giveBack(compressor);
      }
    });
    this.#wholeBodies = done.catch(() => {});
    return done;
  }

  /** Gives back the memory of those that nobody uses. */
  freeIdle(): void {
    for (const compressor of this.#idle.splice(0)) this.#close(compressor);
  }

  /** Those in use are closed when they come back. */
  close(): void {
    this.#closed = true;
    this.freeIdle();
  }

  #create(): RowCompressor {
    this.#budget?.reserve(compressorBytes(this.encoding));
    return createRowCompressor(this.encoding);
  }

  #close(compressor: RowCompressor): void {
    compressor.close();
    this.#budget?.release(compressorBytes(this.encoding));
  }
}
