import { expect, test } from 'vitest';
import { flushReason } from '../../../src/buffer/flush-policy.ts';

const policy = { maxRecords: 10, maxBytes: 1000, maxAgeMs: 500, maxWireBytes: 4000 };
const state = { rowCount: 1, rawBytes: 100, worstWireBytes: 300, firstBufferedAtMs: 10_000 };

test('whichever limit is reached first; the wire before all others', () => {
  expect(flushReason(policy, state, 10_499)).toBe(null);
  expect(flushReason(policy, state, 10_500)).toBe('age');
  expect(flushReason(policy, { ...state, rawBytes: 1000 }, 10_500)).toBe('bytes');
  expect(flushReason(policy, { ...state, rowCount: 10, rawBytes: 1000 }, 10_500)).toBe('count');
  expect(flushReason(policy, { ...state, rowCount: 10, worstWireBytes: 4001 }, 10_500)).toBe('wire');
  expect(flushReason(policy, { ...state, worstWireBytes: 4000 }, 10_000)).toBe(null);
});

test('nothing buffered is never due', () => {
  expect(flushReason(policy, { ...state, rowCount: 0 }, 99_999)).toBe(null);
});
