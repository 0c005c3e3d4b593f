import { expect, test } from 'vitest';
import { drawSchedule } from '../../chaos/schedule.ts';

test('a seed draws the same schedule again, with every possible kind of fault in it', () => {
  const schedule = drawSchedule(7, 3, 5);
  expect(drawSchedule(7, 3, 5)).toEqual(schedule);
  expect(drawSchedule(8, 3, 5)).not.toEqual(schedule);
  expect(new Set(schedule.faults.map(({ kind }) => kind)).size).toBe(11);
  expect(schedule.kills).toHaveLength(5);
});

test('leaders do not move where there is one broker', () => {
  expect(drawSchedule(7, 1, 1).faults.map(({ kind }) => kind)).not.toContain('leader move');
});
