import { expect, test } from 'vitest';
import { SampledStat } from '../../../src/runtime/sampled-stat.ts';

test('average, maximum and rate of what was recorded of late', () => {
  const stat = new SampledStat();
  expect([stat.average(0), stat.max(0), stat.ratePerSecond(0)]).toEqual([Number.NaN, Number.NaN, 0]);
  stat.record(10, 1000);
  stat.record(20, 2000);
  expect([stat.average(2000), stat.max(2000)]).toEqual([15, 20]);
  expect(stat.ratePerSecond(2000)).toBeCloseTo(30 / 31); // a whole window at least
  stat.record(6, 31_000); // another window
  expect([stat.average(32_000), stat.max(32_000)]).toEqual([12, 20]);
  expect(stat.ratePerSecond(60_000)).toBeCloseTo(36 / 59);
  // the first window has left
  expect([stat.average(61_000), stat.max(61_000)]).toEqual([6, 6]);
  expect(stat.average(91_000)).toBeNaN();
});
