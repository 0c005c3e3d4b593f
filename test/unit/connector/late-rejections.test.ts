import { expect, test } from 'vitest';
import { asLastOffset, type ChannelStatus } from '../../../src/api/index.ts';
import { LateRejections } from '../../../src/connector/late-rejections.ts';

const status = (committed: bigint | null, rowsRejectedEver: number, incarnation = '1'): ChannelStatus => ({
  committed: committed === null ? null : asLastOffset(committed),
  rowsRejected: 0,
  rowsRejectedEver,
  rowsInsertedEver: null,
  lastRejection: null,
  incarnation,
});

test('what was dropped lies between the last status without news and the first one with them', () => {
  const rejections = new LateRejections('1', { last: 9n, count: 4 });
  expect(rejections.see(status(20n, 4))).toBe(0);
  expect(rejections.see(status(30n, 6))).toBe(2);
  expect(rejections.window).toEqual({ from: 21n, to: 30n, count: 2, unaccounted: 0 });
  expect(rejections.verifiedCount).toBe(4);
});

test('what is dropped while a window is being looked into is a window of its own, right after it', () => {
  const rejections = new LateRejections('1', { last: -1n, count: 0 });
  rejections.see(status(5n, 1));
  expect(rejections.see(status(9n, 3))).toBe(2);
  expect(rejections.window).toEqual({ from: 0n, to: 5n, count: 1, unaccounted: 0 });
  rejections.settle();
  expect(rejections.window).toEqual({ from: 6n, to: 9n, count: 2, unaccounted: 0 });
  rejections.settle();
  expect([rejections.window, rejections.verifiedCount]).toEqual([null, 3]);
});

test('records behind the token that made no row do not come again: the next window begins behind them', () => {
  const rejections = new LateRejections('1', { last: -1n, count: 0 });
  rejections.see(status(5n, 0));
  rejections.passed(9n);
  rejections.see(status(12n, 1));
  expect(rejections.window).toEqual({ from: 9n, to: 12n, count: 1, unaccounted: 0 });
});

test('a status that is older than the last one brings no news, a channel made anew counts from 0', () => {
  const rejections = new LateRejections('1', { last: -1n, count: 0 });
  rejections.see(status(5n, 2));
  expect(rejections.see(status(3n, 1))).toBe(0);
  rejections.wentBack(0n);
  expect(rejections.see(status(null, 0, '2'))).toBe(0);
  expect(rejections.see(status(4n, 1, '2'))).toBe(1);
  expect(rejections.window).toEqual({ from: 0n, to: 4n, count: 1, unaccounted: 0 });
});

test('rows that are in no counter are suspect from the last good status on, and are found before the next window', () => {
  const rejections = new LateRejections('1', { last: -1n, count: 0 });
  rejections.see(status(5n, 0));
  expect(rejections.see(status(9n, 0), 3)).toBe(0);
  expect(rejections.window).toEqual({ from: 6n, to: 9n, count: 0, unaccounted: 3 });
  rejections.see(status(12n, 0), 2);
  rejections.settle();
  expect(rejections.window).toEqual({ from: 10n, to: 12n, count: 0, unaccounted: 2 });
  rejections.settle();
  expect(rejections.window).toBeNull();
});

test('a window is left part by part: what its first part lacked is accounted for there', () => {
  const rejections = new LateRejections('1', { last: -1n, count: 0 });
  rejections.see(status(9n, 3), 1);
  rejections.settleBelow(4n, 2);
  expect(rejections.window).toEqual({ from: 4n, to: 9n, count: 2, unaccounted: 0 });
  expect([rejections.verifiedUpTo, rejections.verifiedCount]).toEqual([3n, 1]);
  rejections.settle();
  expect([rejections.window, rejections.verifiedUpTo, rejections.verifiedCount]).toEqual([null, 9n, 3]);
});
