import { crc32 } from 'node:zlib';
import { DataError } from '../../api/index.ts';

const checksumBytes = 4;

/**
 * A block of an Avro Object Container with codec snappy: Snappy's raw format (google/snappy, format_description.txt) and the CRC-32 of
 * what it unpacks to (Avro specification, "Required Codecs"). @throws DataError
 */
export const unpackSnappyBlock = (block: Uint8Array, maxBytes: number): Uint8Array => {
  const packed = Buffer.from(block.buffer, block.byteOffset, block.length);
  if (packed.length < checksumBytes) throw broken();
  const end = packed.length - checksumBytes;
  const unpacked = unpackSnappy(packed.subarray(0, end), maxBytes);
  if (crc32(unpacked) !== packed.readUInt32BE(end)) throw new DataError('A Snappy block does not match its checksum');
  return unpacked;
};

const unpackSnappy = (packed: Uint8Array, maxBytes: number): Uint8Array => {
  const { size, behind } = sizeOf(packed);
  // A copy of two bytes makes 64 at most: a size beyond that is a lie, for which no memory is taken.
  if (size > maxBytes || size > packed.length * 32) throw broken();
  const out = new Uint8Array(size);
  let at = behind;
  let to = 0;
  while (at < packed.length) {
    const tag = packed[at++] as number;
    let length: number;
    if ((tag & 3) === 0) {
      length = (tag >> 2) + 1;
      const extra = length - 60;
      if (extra > 0) {
        length = littleEndian(packed, at, extra) + 1;
        at += extra;
      }
      if (at + length > packed.length || to + length > size) throw broken();
      out.set(packed.subarray(at, at + length), to);
      at += length;
    } else {
      const offsetBytes = [0, 1, 2, 4][tag & 3] as number;
      length = offsetBytes === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
      const high = offsetBytes === 1 ? (tag >> 5) * 256 : 0;
      const offset = high + littleEndian(packed, at, offsetBytes);
      at += offsetBytes;
      if (offset === 0 || offset > to || to + length > size) throw broken();
      // Byte by byte: a copy may reach into what it writes.
      for (let index = to; index < to + length; index++) out[index] = out[index - offset] as number;
    }
    to += length;
  }
  if (to !== size) throw broken();
  return out;
};

/** Varint in front: the size unpacked. */
const sizeOf = (packed: Uint8Array): { readonly size: number; readonly behind: number } => {
  let size = 0;
  for (let at = 0; at < 5; at++) {
    const byte = packed[at];
    if (byte === undefined) throw broken();
    size += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return { size, behind: at + 1 };
  }
  throw broken();
};

const littleEndian = (bytes: Uint8Array, at: number, count: number): number => {
  let value = 0;
  for (let index = count - 1; index >= 0; index--) {
    const byte = bytes[at + index];
    if (byte === undefined) throw broken();
    value = value * 256 + byte;
  }
  return value;
};

const broken = (): DataError => new DataError('A Snappy block of the Avro Object Container is broken, or too large');
