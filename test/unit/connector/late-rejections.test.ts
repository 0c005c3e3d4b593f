import { expect, test } from 'vitest';
import { asLastOffset, type ChannelStatus } from '../../../src/api/index.ts';
import { LateRejections } from '../../../src/connector/late-rejections.ts';

const status = (
  committed: bigint | null,
  rowsRejectedEver: number,
  incarnation = '1',
  rowsInsertedEver: number | null = null,
): ChannelStatus => ({
  committed: committed === null ? null : asLastOffset(committed),
  rowsRejected: 0,
  rowsRejectedEver,
  rowsInsertedEver,
  lastRejection: null,
  incarnation,
});

test('what was dropped lies between the last status without news and the first one with them', () => {
  const rejections = new LateRejections('1', { last: 9n, count: 4, rows: null });
  expect(rejections.see(status(20n, 4))).toBe(0);
  expect(rejections.see(status(30n, 6))).toBe(2);
  expect(rejections.window).toEqual({ from: 21n, to: 30n, count: 2, unaccounted: 0, counted: null });
  expect(rejections.verified.count).toBe(4);
});

test('what is dropped while a window is being looked into is a window of its own, right after it', () => {
  const rejections = new LateRejections('1', { last: -1n, count: 0, rows: null });
  rejections.see(status(5n, 1));
  expect(rejections.see(status(9n, 3))).toBe(2);
  expect(rejections.window).toEqual({ from: 0n, to: 5n, count: 1, unaccounted: 0, counted: null });
  rejections.settle();
  expect(rejections.window).toEqual({ from: 6n, to: 9n, count: 2, unaccounted: 0, counted: null });
  rejections.settle();
  expect([rejections.window, rejections.verified.count]).toEqual([null, 3]);
});

test('records behind the token that made no row do not come again: the next window begins behind them', () => {
  const rejections = new LateRejections('1', { last: -1n, count: 0, rows: null });
  rejections.see(status(5n, 0));
  rejections.passed(9n);
  rejections.see(status(12n, 1));
  expect(rejections.window).toEqual({ from: 9n, to: 12n, count: 1, unaccounted: 0, counted: null });
});

test('a status that is older than the last one brings no news, a channel made anew counts from 0', () => {
  const rejections = new LateRejections('1', { last: -1n, count: 0, rows: null });
  rejections.see(status(5n, 2));
  expect(rejections.see(status(3n, 1))).toBe(0);
  rejections.wentBack(0n);
  expect(rejections.see(status(null, 0, '2'))).toBe(0);
  expect(rejections.see(status(4n, 1, '2'))).toBe(1);
  expect(rejections.window).toEqual({ from: 0n, to: 4n, count: 1, unaccounted: 0, counted: null });
});

test('rows that are in no counter are suspect from the last good status on, and are found before the next window', () => {
  const rejections = new LateRejections('1', { last: -1n, count: 0, rows: null });
  rejections.see(status(5n, 0));
  expect(rejections.see(status(9n, 0), 3)).toBe(0);
  expect(rejections.window).toEqual({ from: 6n, to: 9n, count: 0, unaccounted: 3, counted: null });
  rejections.see(status(12n, 0), 2);
  rejections.settle();
  expect(rejections.window).toEqual({ from: 10n, to: 12n, count: 0, unaccounted: 2, counted: null });
  rejections.settle();
  expect(rejections.window).toBeNull();
});

test('a window is left part by part: what its first part lacked is accounted for there', () => {
  const rejections = new LateRejections('1', { last: -1n, count: 0, rows: null });
  rejections.see(status(9n, 3), 1);
  rejections.settleBelow(4n, 2, 2);
  expect(rejections.window).toEqual({ from: 4n, to: 9n, count: 2, unaccounted: 0, counted: null });
  expect([rejections.verified.last, rejections.verified.count]).toEqual([3n, 1]);
  rejections.settle();
  expect([rejections.window, rejections.verified.last, rejections.verified.count]).toEqual([null, 9n, 3]);
});

/** All up to 9 was accounted for, with 100 rows in the counters. */
const afterAnotherOwner = (): LateRejections => new LateRejections('1', { last: 9n, count: 0, rows: 100 });
const opened = (committed: bigint, rowsInserted: number, rowsRejected = 0): ChannelStatus =>
  status(committed, rowsRejected, '1', rowsInserted);

test('what another owner sent is whole where the counters know of as many rows as there are offsets', () => {
  const rejections = afterAnotherOwner();
  rejections.see(opened(19n, 110), null);
  expect([rejections.window, rejections.verified]).toEqual([null, { last: 19n, count: 0, rows: 110 }]);
});

test('where they know of less, the rest made no row or did not come to the table: that is to be looked into', () => {
  const rejections = afterAnotherOwner();
  rejections.see(opened(19n, 106, 1), null);
  expect(rejections.window).toEqual({ from: 10n, to: 19n, count: 1, unaccounted: null, counted: 7 });
  rejections.judge(2);
  expect(rejections.window?.unaccounted).toBe(2);
  rejections.settleBelow(15n, 3, 4);
  expect(rejections.verified).toEqual({ last: 14n, count: 1, rows: 105 });
  rejections.settle();
  expect(rejections.verified).toEqual({ last: 19n, count: 1, rows: 107 });
});

test('nothing can be told of another owner without counters; a channel made anew begins at none', () => {
  const silent = new LateRejections('1', { last: 9n, count: 0, rows: null });
  silent.see(opened(19n, 3), null);
  expect([silent.window, silent.verified.rows]).toEqual([null, 3]);
  const anew = afterAnotherOwner();
  anew.wentBack(0n);
  anew.see(status(4n, 0, '2', 3), null);
  expect(anew.window).toEqual({ from: 0n, to: 4n, count: 0, unaccounted: null, counted: 3 });
});

test('a token that goes on from one status to the next needs no second look', () => {
  const rejections = afterAnotherOwner();
  rejections.see(opened(19n, 110), null);
  rejections.see(opened(29n, 115), 0);
  expect([rejections.window, rejections.verified]).toEqual([null, { last: 29n, count: 0, rows: 115 }]);
});

test('rows that the counters know of by the time a channel went back are not counted with those sent again', () => {
  const rejections = new LateRejections('1', { last: -1n, count: 0, rows: 0 });
  rejections.see(status(9n, 1, '1', 9));
  rejections.wentBack(5n);
  rejections.see(status(9n, 2, '1', 12));
  expect(rejections.window).toEqual({ from: 5n, to: 9n, count: 2, unaccounted: 0, counted: 4 });
});
