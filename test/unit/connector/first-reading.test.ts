import { expect, test } from 'vitest';
import { judgeFirstReading, uncountedRows } from '../../../src/connector/first-reading.ts';

const window = { from: 0n, to: 9n, count: 2, unaccounted: 1, counted: 9 };
const reading = { found: 3, accountedFor: 3, stored: 7, isLane: false, maySendAgain: false };

test.each([
  [{ count: 0, unaccounted: 0 }, {}, 'none'],
  [{}, { found: 4, accountedFor: 4 }, 'too many'],
  [{}, {}, 'as many'],
  [{}, { found: 1, accountedFor: 3 }, 'as many'],
  [{}, { found: 2, accountedFor: 2 }, 'differ'],
  [{}, { found: 1, accountedFor: 1 }, 'too few'],
  [{}, { found: 1, accountedFor: 1, maySendAgain: true }, 'sent again'],
  [{}, { found: 2, accountedFor: 2, maySendAgain: true }, 'sent again'],
  [{}, { maySendAgain: true }, 'as many'],
])('as many rows must be missing as were dropped or swallowed: %j, %j: %s', (changes, found, judgement) => {
  expect(judgeFirstReading({ ...window, ...changes }, { ...reading, ...found })).toBe(judgement);
});

test('rows that are in no counter: as many as were sent beyond it; of a lane, whose log compaction took from, no more than are missing', () => {
  expect(uncountedRows(window, reading)).toEqual({ unaccounted: 1, differ: false });
  expect(uncountedRows({ ...window, counted: null }, reading)).toEqual({ unaccounted: 0, differ: false });
  expect(uncountedRows({ ...window, counted: 6 }, { ...reading, isLane: true })).toEqual({
    unaccounted: 1,
    differ: true,
  });
});
