import { constants, createZstdDecompress, type ZstdDecompress } from 'node:zlib';
import { ZlibEngine } from '../util/zlib-engine.ts';

const magic = 0xfd2fb528;
const blockHeaderBytes = 3;
const checksumBytes = 4;
const rleBlock = 1;

/** Length of a frame's header: its descriptor tells which fields are there (RFC 8878, section 3.1.1.1). */
const headerBytes = (descriptor: number): number => {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const contentSizeFlag = descriptor >> 6;
  const contentSizeBytes = contentSizeFlag === 0 ? Number(isSingleSegment) : 1 << contentSizeFlag;
  const dictionaryIdBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  return 4 + 1 + Number(!isSingleSegment) + dictionaryIdBytes + contentSizeBytes;
};

/** Where the frame at `from` ends, by the lengths of its blocks; NaN: it is none, or is cut off. */
const frameEnd = (bytes: DataView, from: number): number => {
  if (from + 5 > bytes.byteLength || bytes.getUint32(from, true) !== magic) return Number.NaN;
  const descriptor = bytes.getUint8(from + 4);
  let at = from + headerBytes(descriptor);
  for (let isLast = false; !isLast; ) {
    if (at + blockHeaderBytes > bytes.byteLength) return Number.NaN;
    const header = bytes.getUint16(at, true) | (bytes.getUint8(at + 2) << 16);
    isLast = (header & 1) === 1;
    at += blockHeaderBytes + (((header >> 1) & 3) === rleBlock ? 1 : header >> 3);
  }
  return at + ((descriptor & 4) === 0 ? 0 : checksumBytes);
};

/** Nothing but whole frames: behind them a decoder is as it was before. */
const isWholeFrames = (body: Uint8Array): boolean => {
  const bytes = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let at = 0;
  while (at < body.length) at = frameEnd(bytes, at);
  return at === body.length;
};

/** Decompresses zstd bodies one after another by one decoder, to where they are wanted. */
export class ZstdUnpacker {
  #engine: ZlibEngine<ZstdDecompress> | null = null;

  /** Bytes written to `target`. -1: damaged, too large for it, or odd; whoever looks more closely decides. */
  unpack(body: Uint8Array, target: Uint8Array): number {
    if (!isWholeFrames(body)) return -1;
    this.#engine ??= new ZlibEngine(createZstdDecompress());
    const engine = this.#engine;
    let [read, written] = [0, 0];
    try {
      while (read < body.length && written < target.length) {
        engine.run(constants.ZSTD_e_continue, body, read, target, written);
        ({ read, written } = engine);
      }
    } catch {
      this.#forget();
      return -1;
    }
    // In a full target a part of the last frame may be missing.
    if (written < target.length) return written;
    this.#forget();
    return -1;
  }

  #forget(): void {
    this.#engine?.close();
    this.#engine = null;
  }
}
