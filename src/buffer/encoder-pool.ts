import type { ContentEncoding, MemoryBudget } from '../api/index.ts';
import { compressorBytes, createRowCompressor, type RowCompressor } from './row-compressor.ts';

export interface EncoderPoolOptions {
  readonly encoding: ContentEncoding;
  /** Charged with the compressors, in use or idle. */
  readonly budget?: MemoryBudget;
  /** Compressors kept for the next partition; more are closed when they come back. */
  readonly maxIdle?: number;
}

/** Compressors for the buffers of one task: a partition has one only while its buffer is not empty. */
export class EncoderPool {
  readonly encoding: ContentEncoding;
  readonly #budget: MemoryBudget | undefined;
  readonly #maxIdle: number;
  readonly #idle: RowCompressor[] = [];
  #closed = false;

  constructor({ encoding, budget, maxIdle = 12 }: EncoderPoolOptions) {
    this.encoding = encoding;
    this.#budget = budget;
    this.#maxIdle = maxIdle;
  }

  acquire(onChunk: (chunk: Uint8Array) => void): RowCompressor {
    const compressor = this.#idle.pop() ?? this.#create();
    compressor.onChunk = onChunk;
    return compressor;
  }

  /** Only between two bodies. */
  giveBack(compressor: RowCompressor): void {
    compressor.onChunk = () => {};
    if (this.#closed || compressor.isBroken || this.#idle.length >= this.#maxIdle) this.#close(compressor);
    else this.#idle.push(compressor);
    // Under pressure memory belongs to rows; idle compressors of many tasks could hold all of it for ever.
    if (this.#budget?.hasRoom() === false) this.freeIdle();
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
