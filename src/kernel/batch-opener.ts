import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { RecordBatch, TopicPartition } from '../api/index.ts';
import { corruptBatch } from './corrupt-batch.ts';
import { createKernel, createMemory, type Kernel, kernelOwnBytes, padding, pageBytes } from './kernel.ts';
import { lz4Bound, lz4Decompress } from './lz4-frame.ts';
import { batchHeaderBytes, crcFrom } from './record-bytes.ts';
import { snappyBound, snappyDecompress } from './snappy-chunks.ts';

/** A batch that becomes more than this is taken for damaged; brokers bound batches far below it. */
const maxUnpackedBytes = 512 * 1024 * 1024;
/** Bounds of the pieces in which zlib gives its output; its own is 16 KiB. */
const smallestPiece = 16 * 1024;
const largestPiece = 1024 * 1024;

/** What zlib answers with `info`, which its types leave out: the engine knows how much it has read. */
interface Unpacked {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

interface ZlibLimits {
  readonly chunkSize: number;
  readonly maxOutputLength: number;
}

/** All frames: zlib itself stops behind the first, without a word about the rest. */
const unpackZstd = (body: Uint8Array, limits: ZlibLimits): Uint8Array => {
  const frames: Uint8Array[] = [];
  for (let rest = body; rest.length > 0; ) {
    const { buffer, engine } = zstdDecompressSync(rest, { ...limits, info: true }) as unknown as Unpacked;
    frames.push(buffer);
    rest = rest.subarray(engine.bytesWritten);
  }
  return frames.length === 1 && frames[0] !== undefined ? frames[0] : Buffer.concat(frames);
};

export interface BlockCodec {
  readonly bound: (bytes: Uint8Array) => number;
  readonly decompress: (kernel: Kernel, bytes: Uint8Array, target: number, limit: number) => number;
}
export const blockCodecs: Readonly<Record<'lz4' | 'snappy', BlockCodec>> = {
  lz4: { bound: lz4Bound, decompress: lz4Decompress },
  snappy: { bound: snappyBound, decompress: snappyDecompress },
};

/** Checks and decompresses record batches, in a kernel memory of its own that grows to the largest batch seen. */
export class BatchOpener {
  readonly #memory = createMemory(2);
  readonly #kernel = createKernel(this.#memory);
  /** What batches became of late: the best piece takes all of one and little more (measured: a third of the time of 1 MiB pieces). */
  #expectedBytes = smallestPiece;

  /** The records section, decompressed; valid until the next call. Throws ConnectError (corruptBatch). */
  open(batch: RecordBatch, where: TopicPartition): Uint8Array {
    const body = batch.bytes.subarray(batchHeaderBytes);
    try {
      if (batch.codec === 'none') return body;
      if (batch.codec === 'gzip') return this.#seen(gunzipSync(body, this.#limits()));
      if (batch.codec === 'zstd') return this.#seen(unpackZstd(body, this.#limits()));
      return this.#unpack(blockCodecs[batch.codec], body);
    } catch (error) {
      throw corruptBatch(where, batch, error instanceof Error ? error.message : String(error), error);
    }
  }

  /** Throws ConnectError where the batch's CRC-32C is not that of its bytes. */
  checkCrc(batch: RecordBatch, where: TopicPartition): void {
    const checked = batch.bytes.subarray(crcFrom);
    const heap = this.#heap(checked.length);
    heap.set(checked, kernelOwnBytes);
    const crc = this.#kernel.crc32c(kernelOwnBytes, checked.length) >>> 0;
    if (crc !== batch.crc) throw crcMismatch(batch, where, crc);
  }

  #limits(): ZlibLimits {
    const expected = this.#expectedBytes + 1024;
    return { chunkSize: Math.min(expected, largestPiece), maxOutputLength: maxUnpackedBytes };
  }

  #seen(unpacked: Uint8Array): Uint8Array {
    this.#expectedBytes = Math.max(smallestPiece, unpacked.length, Math.floor(this.#expectedBytes * 0.9));
    return unpacked;
  }

  #unpack({ bound, decompress }: BlockCodec, body: Uint8Array): Uint8Array {
    const size = bound(body);
    if (size > maxUnpackedBytes) throw new Error(`it would become ${size} bytes`);
    const target = kernelOwnBytes + body.length + padding;
    const heap = this.#heap(body.length + padding + size);
    heap.set(body, kernelOwnBytes);
    const packed = heap.subarray(kernelOwnBytes, kernelOwnBytes + body.length);
    const end = decompress(this.#kernel, packed, target, target + size);
    return heap.subarray(target, end);
  }

  /** The memory as bytes, with so many free ones behind the kernel's own. Growth ends earlier views. */
  #heap(bytes: number): Uint8Array {
    const missing = kernelOwnBytes + bytes + padding - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / pageBytes));
    return new Uint8Array(this.#memory.buffer);
  }
}

export const crcMismatch = (batch: RecordBatch, where: TopicPartition, found: number): Error =>
  corruptBatch(where, batch, `its CRC-32C says ${batch.crc}, its bytes give ${found}`);
