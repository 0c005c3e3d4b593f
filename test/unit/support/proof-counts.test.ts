import { expect, test } from 'vitest';
import { countTable, sumOf } from '../../support/proof-counts.ts';

test('counts of runs add up, group by group, names that only one of them has too', () => {
  expect(sumOf({ seeds: 3, struck: { kill: 1 } }, { seeds: 4, rows: 5, struck: { kill: 2, cut: 7 } })).toEqual({
    seeds: 7,
    rows: 5,
    struck: { kill: 3, cut: 7 },
  });
});

test('counts as a table: groups before their names, numbers as people read them', () => {
  expect(countTable('chaos', { rounds: 1300, struck: { outOfOrder: 2 } }).split('\n')).toEqual([
    '| chaos                |       |',
    '| -------------------- | ----: |',
    '| rounds               | 1,300 |',
    '| struck: out of order |     2 |',
  ]);
});
