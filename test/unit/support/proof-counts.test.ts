import { expect, test } from 'vitest';
import { sumOf } from '../../support/proof-counts.ts';

test('counts of runs add up, group by group, names that only one of them has too', () => {
  expect(sumOf({ seeds: 3, struck: { kill: 1 } }, { seeds: 4, rows: 5, struck: { kill: 2, cut: 7 } })).toEqual({
    seeds: 7,
    rows: 5,
    struck: { kill: 3, cut: 7 },
  });
});
