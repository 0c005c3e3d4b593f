import type { Kernel } from './kernel.ts';

const frameMagic = 0x184d2204;
/** 0x184D2A50 to 0x184D2A5F. */
const isSkippable = (magic: number): boolean => magic >>> 4 === 0x184d2a5;
const flags = { independent: 0x20, blockChecksum: 0x10, contentSize: 0x08, contentChecksum: 0x04, dictionary: 0x01 };

interface Block {
  readonly from: number;
  readonly length: number;
  readonly stored: boolean;
  /** First block of a frame, or of no other's window: matches reach back no further than here. */
  readonly opensWindow: boolean;
  /** Most that it can become. */
  readonly maxLength: number;
}

/**
 * The data blocks of LZ4 frames (lz4_Frame_format.md), one frame after the other. Checksums of header, blocks and content are
 * passed over: the record batch has its own CRC-32C. Throws on anything that is not such a frame.
 */
function* blocks(bytes: Uint8Array): Generator<Block> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  while (at < bytes.length) {
    const magic = view.getUint32(at, true);
    if (isSkippable(magic)) {
      at += 8 + view.getUint32(at + 4, true);
      continue;
    }
    if (magic !== frameMagic) throw new Error('not an LZ4 frame');
    const flag = view.getUint8(at + 4);
    if (flag >>> 6 !== 1) throw new Error('an LZ4 frame of an unknown version');
    if (flag & flags.dictionary) throw new Error('an LZ4 frame that needs a dictionary');
    const maxBlock = 1 << (8 + 2 * ((view.getUint8(at + 5) >>> 4) & 7));
    at += 7 + (flag & flags.contentSize ? 8 : 0);
    for (let first = true; ; first = false) {
      const head = view.getUint32(at, true);
      at += 4;
      if (head === 0) break;
      const length = head & 0x7fffffff;
      const stored = head >>> 31 === 1;
      if (length > bytes.length - at) throw new Error('an LZ4 block is cut off');
      const maxLength = stored ? length : Math.min(maxBlock, 255 * length);
      yield { from: at, length, stored, opensWindow: first || (flag & flags.independent) !== 0, maxLength };
      at += length + (flag & flags.blockChecksum ? 4 : 0);
    }
    if (flag & flags.contentChecksum) at += 4;
  }
  if (at !== bytes.length) throw new Error('an LZ4 frame is cut off');
}

/** Most bytes that these frames can become. */
export const lz4Bound = (bytes: Uint8Array): number => {
  let total = 0;
  for (const { maxLength } of blocks(bytes)) total += maxLength;
  return total;
};

/** Decompresses frames that lie in the kernel's memory to [target, limit) of it; returns the end. */
export const lz4Decompress = (kernel: Kernel, bytes: Uint8Array, target: number, limit: number): number => {
  const heap = new Uint8Array(bytes.buffer);
  let window = target;
  for (const { from, length, stored, opensWindow } of blocks(bytes)) {
    if (opensWindow) window = target;
    const source = bytes.byteOffset + from;
    if (stored) {
      if (length > limit - target) throw new Error('LZ4 data is larger than its blocks say');
      heap.copyWithin(target, source, source + length);
      target += length;
    } else {
      target = kernel.lz4Block(source, length, target, limit, window) >>> 0;
      if (target === 0) throw new Error('a damaged LZ4 block');
    }
  }
  return target;
};
