import fc from 'fast-check';
import { expect, test } from 'vitest';
import { both, countOf, minus, type OffsetRuns, runsOf, runsText, within } from '../../../src/cli/audit/offset-runs.ts';

const offsets = fc.uniqueArray(fc.nat(60), { maxLength: 40 });
const toRuns = (list: readonly number[]): OffsetRuns => runsOf(list.map((offset) => ({ first: offset, last: offset })));
const listed = (runs: OffsetRuns): number[] =>
  runs.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index));
const sorted = (list: Iterable<number>): number[] => [...list].sort((a, b) => a - b);

test('runs behave as sets of offsets', () => {
  fc.assert(
    fc.property(offsets, offsets, fc.nat(60), fc.nat(60), (a, b, from, to) => {
      const setOfB = new Set(b);
      expect(listed(minus(toRuns(a), toRuns(b)))).toEqual(sorted(a.filter((offset) => !setOfB.has(offset))));
      expect(listed(both(toRuns(a), toRuns(b)))).toEqual(sorted(a.filter((offset) => setOfB.has(offset))));
      expect(listed(within(toRuns(a), from, to))).toEqual(sorted(a.filter((each) => each >= from && each < to)));
      expect(countOf(toRuns(a))).toBe(a.length);
    }),
  );
});

test('as text', () => {
  expect(runsText(toRuns([1, 2, 3, 7]))).toBe('1-3, 7');
  expect(runsText(toRuns([1, 3, 5]), 2)).toBe('1, 3, and 1 more stretches');
});
