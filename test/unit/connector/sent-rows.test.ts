import { expect, test } from 'vitest';
import { asLastOffset, type ChannelStatus } from '../../../src/api/index.ts';
import { SentRows } from '../../../src/connector/sent-rows.ts';

const status = (
  committed: bigint | null,
  rowsInsertedEver: number | null,
  rowsRejectedEver: number,
): ChannelStatus => ({
  committed: committed === null ? null : asLastOffset(committed),
  rowsRejected: 0,
  rowsRejectedEver,
  rowsInsertedEver,
  lastRejection: null,
  incarnation: '1',
});

const sent = (opened: ChannelStatus): SentRows => {
  const rows = new SentRows(opened);
  rows.add(asLastOffset(9n), 10);
  rows.add(asLastOffset(14n), 4);
  rows.add(asLastOffset(20n), 6);
  return rows;
};

test('rows that are stored or rejected are accounted for, whatever the counters were at the open', () => {
  const rows = sent(status(null, 1000, 7));
  expect(rows.newlyUnaccounted(status(9n, 1010, 7))).toBe(0);
  expect(rows.newlyUnaccounted(status(20n, 1015, 12))).toBe(0);
});

test('an append that the token passes and no counter knows is told of once', () => {
  const rows = sent(status(null, 0, 0));
  expect(rows.newlyUnaccounted(status(9n, 10, 0))).toBe(0);
  expect(rows.newlyUnaccounted(status(20n, 16, 0))).toBe(4);
  expect(rows.newlyUnaccounted(status(20n, 16, 0))).toBe(0);
  rows.add(asLastOffset(30n), 5);
  expect(rows.newlyUnaccounted(status(30n, 21, 0))).toBe(0);
});

test('what a status cannot tell is not judged: counters that it lacks, tokens of somebody else, before the first batch', () => {
  expect(sent(status(null, null, 0)).newlyUnaccounted(status(9n, 0, 0))).toBe(0);
  expect(sent(status(null, 0, 0)).newlyUnaccounted(status(9n, null, 0))).toBe(0);
  expect(sent(status(null, 0, 0)).newlyUnaccounted(status(17n, 3, 0))).toBe(0);
  expect(sent(status(null, 0, 0)).newlyUnaccounted(status(null, 0, 0))).toBe(0);
});
