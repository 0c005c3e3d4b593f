import {
  constants,
  createGzip,
  createZstdCompress,
  type Gzip,
  gzipSync,
  type ZlibReset,
  type ZstdCompress,
  zstdCompressSync,
} from 'node:zlib';
import { ConnectError, type ContentEncoding } from '../api/index.ts';
import { outputMemory } from './output-memory.ts';

/** Turns rows into one body after another. A body's chunks come to whoever holds it. */
export interface RowCompressor {
  /** Gets the compressed bytes of the present body; set by the holder. */
  onChunk: (chunk: Uint8Array) => void;
  /** Resolves when the bytes are read: they may be overwritten then. Calls keep their order. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the body; resolves after its last chunk. The next write begins another body. */
  finish(): Promise<void>;
  close(): void;
  /** After an error it is of no more use. */
  readonly isBroken: boolean;
}

/** The most bytes that a compressor may have read and not yet given out (a block and the window before it). */
export const heldInside = (encoding: ContentEncoding): number => (encoding === 'identity' ? 0 : 256 * 1024);

/** What a compressor weighs, output buffer included. Measured as resident memory, 64 of them in use: 422 KiB (zstd), 271 KiB (gzip). */
export const compressorBytes = (encoding: ContentEncoding): number =>
  ({ zstd: 448 * 1024, gzip: 288 * 1024, identity: 0 })[encoding];

/** The most that n bytes become: formats store what does not shrink, with a few bytes a block. */
export const worstCompressed = (encoding: ContentEncoding, bytes: number): number =>
  encoding === 'identity' ? bytes : bytes + Math.ceil(bytes / 128) + 1024;

/** Fewer, larger chunks: each one costs a buffer. */
const chunkSize = 256 * 1024;

/**
 * Level 1 is where time goes least. A window of 128 KiB with a small hash table keeps many compressors in the processor's cache
 * together; on rows it packs as well as the default of 512 KiB. Matches of 6 bytes instead of 7: 2 % fewer bytes at 250 bytes a
 * value, 4 % at 1 KiB, in the same time.
 */
const zstdParams = {
  [constants.ZSTD_c_compressionLevel]: 1,
  [constants.ZSTD_c_windowLog]: 17,
  [constants.ZSTD_c_hashLog]: 12,
  [constants.ZSTD_c_minMatch]: 6,
} as const;
const gzipLevel = 1;

/** What these bytes become as a body of their own, found by doing it: only for bytes that may be too many. */
export const compressedBytes = (encoding: ContentEncoding, bytes: Uint8Array): number => {
  if (encoding === 'identity') return bytes.length;
  return encoding === 'zstd'
    ? zstdCompressSync(bytes, { params: zstdParams }).length
    : gzipSync(bytes, { level: gzipLevel }).length;
};

/** zlib's own compressor, as its synchronous functions use it: what they lack is to go on with the same one. */
interface ZlibEngine {
  writeSync(
    flush: number,
    input: Uint8Array,
    from: number,
    length: number,
    output: Uint8Array,
    at: number,
    room: number,
  ): void;
}

/** Since Node 8, for zstd as for gzip. `_writeState`: room left in the output and bytes left of the input, after a call of the engine. */
type ZlibStream = (ZstdCompress | (Gzip & ZlibReset)) & {
  readonly _handle: ZlibEngine;
  readonly _writeState: Uint32Array;
};

/**
 * One frame (zstd) or member (gzip) a body, on the calling thread: zlib's streams wake another thread for each piece, which costs a fifth of
 * the time of compressing it, and its bytes lie in the other core's cache.
 */
class ZlibCompressor implements RowCompressor {
  onChunk: (chunk: Uint8Array) => void = () => {};
  readonly #stream: ZlibStream;
  readonly #flushes: { readonly none: number; readonly end: number };
  #output: Uint8Array = new Uint8Array(0);
  #used = 0;

  constructor(encoding: 'zstd' | 'gzip') {
    const { ZSTD_e_continue, ZSTD_e_end, Z_NO_FLUSH, Z_FINISH } = constants;
    const isZstd = encoding === 'zstd';
    const stream = isZstd ? createZstdCompress({ params: zstdParams }) : createGzip({ level: gzipLevel });
    // @types/node leaves out all of this, and reset().
    this.#stream = stream as unknown as ZlibStream;
    this.#flushes = isZstd ? { none: ZSTD_e_continue, end: ZSTD_e_end } : { none: Z_NO_FLUSH, end: Z_FINISH };
    stream.on('error', () => {}); // the call that failed says so
  }

  get isBroken(): boolean {
    return this.#stream.destroyed;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#take(bytes, this.#flushes.none);
  }

  async finish(): Promise<void> {
    await this.#take(nothing, this.#flushes.end);
    if ('reset' in this.#stream) this.#stream.reset();
  }

  close(): void {
    this.#stream.close();
  }

  async #take(bytes: Uint8Array, flush: number): Promise<void> {
    const { _handle: engine, _writeState: state } = this.#stream;
    for (let from = 0, isFull = true; isFull; ) {
      if (this.#used === this.#output.length) this.#newOutput();
      const at = this.#used;
      engine.writeSync(flush, bytes, from, bytes.length - from, this.#output, at, this.#output.length - at);
      const { destroyed, errored } = this.#stream;
      if (destroyed) throw new ConnectError(`Compressing rows failed: ${errored?.message}`, { cause: errored });
      const [room = 0, unread = 0] = state;
      from = bytes.length - unread;
      this.#used = this.#output.length - room;
      if (this.#used > at) this.onChunk(this.#output.subarray(at, this.#used));
      isFull = room === 0;
    }
  }

  #newOutput(): void {
    outputMemory.letGo(this.#output.buffer);
    this.#output = new Uint8Array(Buffer.allocUnsafeSlow(chunkSize).buffer);
    this.#used = 0;
    outputMemory.begin(this.#output.buffer);
  }
}

const nothing = new Uint8Array(0);

/** Copies, because the rows' memory is used again. */
class IdentityCompressor implements RowCompressor {
  onChunk: (chunk: Uint8Array) => void = () => {};
  readonly isBroken = false;

  write(bytes: Uint8Array): Promise<void> {
    this.onChunk(Uint8Array.from(bytes));
    return Promise.resolve();
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}
}

export const createRowCompressor = (encoding: ContentEncoding): RowCompressor =>
  encoding === 'identity' ? new IdentityCompressor() : new ZlibCompressor(encoding);
