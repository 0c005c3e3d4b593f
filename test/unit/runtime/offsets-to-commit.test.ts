import { expect, test } from 'vitest';
import { asNextOffset } from '../../../src/api/index.ts';
import { offsetsToCommit } from '../../../src/runtime/offsets-to-commit.ts';
import { retryDelayMs } from '../../../src/runtime/retry-with-tolerance-operator.ts';

const p0 = { topic: 't', partition: 0 };
const consumed = new Map([['t-0', { ...p0, epoch: 4, offset: asNextOffset(10n) }]]);
const answer = (offset: bigint, metadata = '') => new Map([['t-0', { ...p0, offset: asNextOffset(offset), metadata }]]);

test('up to what was consumed, with the epoch that it was consumed under', () => {
  const { commits, ignored } = offsetsToCommit(consumed, answer(10n, 'm'), new Map());
  expect(commits).toEqual([{ ...p0, epoch: 4, offset: 10n, metadata: 'm' }]);
  expect(ignored).toEqual([]);
});

test('not beyond it', () => {
  const { commits, ignored } = offsetsToCommit(consumed, answer(11n), new Map());
  expect([commits, ignored.length]).toEqual([[], 1]);
});

test('not again, unless offset or metadata changed', () => {
  const committed = new Map([['t-0', { offset: asNextOffset(10n), metadata: 'm' }]]);
  expect(offsetsToCommit(consumed, answer(10n, 'm'), committed).commits).toEqual([]);
  expect(offsetsToCommit(consumed, answer(10n, 'n'), committed).commits).toHaveLength(1);
  expect(offsetsToCommit(consumed, answer(9n, 'm'), committed).commits).toHaveLength(1);
});

test('retries wait 300 ms doubling, past the maximum a random time below it', () => {
  expect([1, 2, 3, 4].map((attempt) => retryDelayMs(attempt, 2400, () => 0.5))).toEqual([300, 600, 1200, 2400]);
  expect([5, 6, 60].map((attempt) => retryDelayMs(attempt, 2400, () => 0.5))).toEqual([1200, 1200, 1200]);
  expect(retryDelayMs(9, 2400, () => 0)).toBe(0);
});
