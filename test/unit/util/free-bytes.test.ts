import { expect, test } from 'vitest';
import { freeBytes } from '../../../src/util/free-bytes.ts';

test('large memory goes at once, what small Buffers share stays', () => {
  const large = Buffer.alloc(100_000);
  freeBytes(large);
  expect(large.length).toBe(0);
  const [small, other] = [Buffer.from('small'), Buffer.from('other')];
  expect(small.buffer).toBe(other.buffer);
  freeBytes(small);
  expect(other.toString()).toBe('other');
});
