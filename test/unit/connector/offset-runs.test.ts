import { expect, test } from 'vitest';
import { Stretches } from '../../../src/connector/offset-runs.ts';

const runs = [
  { first: '0', last: '9' },
  { first: '20', last: '29' },
];

test('what lies in other stretches is not counted, wherever their ends are', () => {
  const stretches = new Stretches();
  expect(stretches.countOutside(runs, 0n, 29n)).toBe(20);
  stretches.add(5n, 22n);
  stretches.add(28n, 40n);
  expect(stretches.countOutside(runs, 0n, 29n)).toBe(10);
  expect(stretches.countOutside(runs, 0n, 4n)).toBe(5);
  expect(stretches.countOutside(runs, 8n, 25n)).toBe(3);
  expect([4n, 5n, 22n, 23n].map((offset) => stretches.has(offset))).toEqual([false, true, true, false]);
});

test('stretches that are told again after a rewind are there once', () => {
  const stretches = new Stretches();
  for (const [first, last] of [
    [0n, 3n],
    [4n, 5n],
    [22n, 23n],
    [0n, 3n],
    [4n, 5n],
    [22n, 24n],
  ] as const) {
    stretches.add(first, last);
  }
  expect(stretches.countOutside(runs, 0n, 29n)).toBe(11);
});
