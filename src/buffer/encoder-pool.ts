import type { ContentEncoding, MemoryBudget } from '../api/index.ts';
import { OutputMemory } from './output-memory.ts';
import { compressorBytes, createRowCompressor, type RowCompressor } from './row-compressor.ts';

export interface EncoderPoolOptions {
  readonly encoding: ContentEncoding;
  /** Charged with the compressors, in use or idle. */
  readonly budget?: MemoryBudget;
  /** Compressors kept for the next partition; more are closed when they come back. */
  readonly maxIdle?: number;
  /** Bodies that have a compressor at once: one more, and the oldest that is worth a request is asked to end. */
  readonly maxOpen?: number;
  /** Bytes of rows that wait without a compressor, beyond those of small bodies. */
  readonly maxWaitingBytes?: number;
}

/** A body that is compressed. */
export interface CompressorHolder {
  readonly onChunk: (chunk: Uint8Array) => void;
  /** Of its rows so far. */
  readonly rawBytes: number;
  /** Called, at most once, when others need compressors; the body should end. */
  readonly giveWay: (() => void) | undefined;
}

const kibibyte = 1024;
/** Such a body always waits as it is. */
const smallBytes = 32 * kibibyte;
/** From here on a body is worth a request of its own; below it the request would cost more than its rows. */
const worthSending = 128 * kibibyte;

/**
 * Compressors for the buffers of one task. A body has one from when it is no longer small until it ends, and only so many large bodies have
 * one at once: a compressor weighs as much as hundreds of rows.
 */
export class EncoderPool {
  readonly encoding: ContentEncoding;
  /** Where all of them write to. */
  readonly output = new OutputMemory();
  readonly #budget: MemoryBudget | undefined;
  readonly #maxIdle: number;
  readonly #maxOpen: number;
  readonly #maxWaitingBytes: number;
  readonly #idle: RowCompressor[] = [];
  /** Who may be asked to end, the oldest first. */
  readonly #open = new Map<RowCompressor, CompressorHolder>();
  #waitingBytes = 0;
  #lent: Promise<void> = Promise.resolve();
  #closed = false;

  // With 12, topics of 13 to 17 partitions at full speed would run into their channels' ten appends a second.
  constructor({ encoding, budget, maxIdle = 12, maxOpen = 18, maxWaitingBytes = 12 << 20 }: EncoderPoolOptions) {
    this.encoding = encoding;
    this.#budget = budget;
    this.#maxIdle = maxIdle;
    this.#maxOpen = maxOpen;
    this.#maxWaitingBytes = maxWaitingBytes;
  }

  /** Whether a body that has no compressor goes without one when it has so many bytes. `waits` and `waitsNoLonger` follow. */
  mayWait(rawBytes: number): boolean {
    if (compressorBytes(this.encoding) === 0) return false;
    return rawBytes <= smallBytes || (rawBytes <= worthSending && this.#waitingBytes < this.#maxWaitingBytes);
  }
  waits(bytes: number): void {
    this.#waitingBytes += bytes;
  }
  waitsNoLonger(bytes: number): void {
    this.#waitingBytes -= bytes;
  }

  acquire(holder: CompressorHolder): RowCompressor {
    if (this.#open.size >= this.#maxOpen) this.#makeRoom();
    const compressor = this.#take(holder);
    if (holder.giveWay !== undefined) this.#open.set(compressor, holder);
    return compressor;
  }

  #take({ onChunk }: Pick<CompressorHolder, 'onChunk'>): RowCompressor {
    const compressor = this.#idle.pop() ?? this.#create();
    compressor.onChunk = onChunk;
    return compressor;
  }

  #makeRoom(): void {
    for (const [compressor, { rawBytes, giveWay }] of this.#open) {
      if (rawBytes < worthSending) continue;
      this.#open.delete(compressor);
      giveWay?.();
      return;
    }
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

  /**
   * For a body that waited as it is. One after another: of thousands that are due together none needs a compressor of its own. It is back
   * so soon that nobody has to end for it.
   */
  lend(holder: Pick<CompressorHolder, 'onChunk'>, use: (compressor: RowCompressor) => Promise<unknown>): Promise<void> {
    const done = this.#lent.then(async () => {
      const compressor = this.#take(holder);
      try {
        await use(compressor);
      } finally {
        this.giveBack(compressor);
      }
    });
    this.#lent = done.catch(() => {});
    return done;
  }

  /** Gives back the memory of those that nobody uses. */
  freeIdle(): void {
    for (const compressor of this.#idle.splice(0)) this.#close(compressor);
    this.output.freeSpare();
  }

  /** Those in use are closed when they come back. */
  close(): void {
    this.#closed = true;
    this.freeIdle();
    this.output.close();
  }

  #create(): RowCompressor {
    this.#budget?.reserve(compressorBytes(this.encoding));
    return createRowCompressor(this.encoding, this.output);
  }

  #close(compressor: RowCompressor): void {
    compressor.close();
    this.#budget?.release(compressorBytes(this.encoding));
  }
}
