import type { Kernel } from './kernel.ts';

/** xerial's snappy-java stream, which Java's client writes: this magic, two version numbers, then chunks of (int32 length, block). */
const xerialMagic = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00);
const xerialHeaderBytes = 16;

const isXerial = (bytes: Uint8Array): boolean =>
  bytes.length >= xerialHeaderBytes && xerialMagic.every((byte, i) => bytes[i] === byte);

/** Snappy blocks: of a xerial stream, or the whole as one (librdkafka). Throws where it is cut off. */
function* blocks(bytes: Uint8Array): Generator<Uint8Array> {
  if (!isXerial(bytes)) {
    yield bytes;
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = xerialHeaderBytes; at < bytes.length; ) {
    const length = view.getInt32(at);
    at += 4;
    if (length < 0 || length > bytes.length - at) throw new Error('a Snappy chunk is cut off');
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** The length that a Snappy block begins with (varint, at most 32 bits). */
const uncompressedLength = (block: Uint8Array): number => {
  let length = 0;
  for (let i = 0, scale = 1; i < 5; i++, scale *= 128) {
    const byte = block[i];
    if (byte === undefined) break;
    length += (byte & 127) * scale;
    if (byte < 128) return length;
  }
  throw new Error('a Snappy block without a length');
};

/** Bytes that these blocks become, as they say themselves; no block can become more than 64 times its size and a bit. */
export const snappyBound = (bytes: Uint8Array): number => {
  let total = 0;
  for (const block of blocks(bytes)) {
    const length = uncompressedLength(block);
    if (length > 64 * block.length) throw new Error('a Snappy block that promises more than it can hold');
    total += length;
  }
  return total;
};

/** Decompresses blocks that lie in the kernel's memory to [target, limit) of it; returns the end. */
export const snappyDecompress = (kernel: Kernel, bytes: Uint8Array, target: number, limit: number): number => {
  for (const block of blocks(bytes)) {
    target = kernel.snappyBlock(block.byteOffset, block.length, target, limit) >>> 0;
    if (target === 0) throw new Error('a damaged Snappy block');
  }
  return target;
};
