import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { GzipUnpacker } from '../../../src/kernel/gzip-unpacker.ts';

const text = (length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => (Math.imul(i, 0x9e3779b1) >>> 20).toString(36)).join(''));
const target = new Uint8Array(1 << 20);
const unpacked = (unpacker: GzipUnpacker, body: Uint8Array): string | null => {
  const length = unpacker.unpack(body, target);
  return length < 0 ? null : Buffer.from(target.subarray(0, length)).toString();
};
/** As zlib's own function sees it. */
const expected = (body: Uint8Array): string | null => {
  try {
    return gunzipSync(body).toString();
  } catch {
    return null;
  }
};

test('bodies of one member and of several, one after another by one decoder', () => {
  const unpacker = new GzipUnpacker();
  for (const length of [0, 1, 100, 5000, 200_000]) {
    const one = gzipSync(text(length));
    expect(unpacked(unpacker, one)).toBe(text(length).toString());
    expect(unpacked(unpacker, Buffer.concat([one, gzipSync(Buffer.from('!'))]))).toBe(`${text(length)}!`);
  }
});

test('what is cut off, damaged or too large is left alone, and the next body is read as if it had not been there', () => {
  const unpacker = new GzipUnpacker();
  const good = gzipSync(text(3000));
  for (let length = 1; length < good.length; length += 97)
    expect(unpacked(unpacker, good.subarray(0, length))).toBeNull();
  expect(unpacked(unpacker, good.subarray(0, -1))).toBeNull();
  for (let at = 0; at < good.length; at += 31) {
    const damaged = Buffer.from(good);
    damaged[at] = (damaged[at] ?? 0) ^ 0x55;
    expect(unpacked(unpacker, damaged)).toBe(expected(damaged));
    expect(unpacked(unpacker, good)).toBe(text(3000).toString());
  }
  expect(unpacker.unpack(gzipSync(new Uint8Array(target.length)), target)).toBe(-1);
  expect(unpacked(unpacker, good)).toBe(text(3000).toString());
});
