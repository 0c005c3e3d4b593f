import { constants, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ZstdUnpacker } from '../../../src/kernel/zstd-unpacker.ts';

const text = (length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => (Math.imul(i, 0x9e3779b1) >>> 20).toString(36)).join(''));
const target = new Uint8Array(1 << 20);
const unpacked = (unpacker: ZstdUnpacker, body: Uint8Array): string | null => {
  const length = unpacker.unpack(body, target);
  return length < 0 ? null : Buffer.from(target.subarray(0, length)).toString();
};

test('bodies of one frame and of several, with a checksum and without, one after another by one decoder', () => {
  const unpacker = new ZstdUnpacker();
  const withChecksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
  for (const length of [0, 1, 100, 5000, 200_000]) {
    const plain = text(length);
    const one = zstdCompressSync(plain);
    expect(unpacked(unpacker, one)).toBe(plain.toString());
    expect(unpacked(unpacker, zstdCompressSync(plain, withChecksum))).toBe(plain.toString());
    expect(unpacked(unpacker, Buffer.concat([one, zstdCompressSync(Buffer.from('!'))]))).toBe(`${plain}!`);
  }
});

test('what is cut off, damaged or too large is left alone, and the next body is read as if it had not been there', () => {
  const unpacker = new ZstdUnpacker();
  const good = zstdCompressSync(text(3000));
  for (let length = 1; length < good.length; length += 97)
    expect(unpacked(unpacker, good.subarray(0, length))).toBeNull();
  for (let at = 0; at < good.length; at += 31) {
    const damaged = Buffer.from(good);
    damaged[at] = (damaged[at] ?? 0) ^ 0x55;
    unpacked(unpacker, damaged);
    expect(unpacked(unpacker, good)).toBe(text(3000).toString());
  }
  expect(unpacker.unpack(zstdCompressSync(new Uint8Array(target.length)), target)).toBe(-1);
  expect(unpacked(unpacker, good)).toBe(text(3000).toString());
});
