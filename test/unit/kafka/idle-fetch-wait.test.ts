import { expect, test } from 'vitest';
import { idleFetchWaitMs } from '../../../src/kafka/idle-fetch-wait.ts';

const idle = { maxWaitMs: 500, partitions: 2000, emptyInRow: 10, arePaused: false };

test('only many partitions, idle and none of them paused, are asked for less often than fetch.max.wait.ms says', () => {
  expect(idleFetchWaitMs(idle)).toBe(2000);
  expect(idleFetchWaitMs({ ...idle, partitions: 800 })).toBe(800);
  expect(idleFetchWaitMs({ ...idle, partitions: 100_000 })).toBe(2000);
  expect(idleFetchWaitMs({ ...idle, partitions: 12 })).toBe(500);
  expect(idleFetchWaitMs({ ...idle, emptyInRow: 9 })).toBe(500);
  expect(idleFetchWaitMs({ ...idle, arePaused: true })).toBe(500);
  expect(idleFetchWaitMs({ ...idle, maxWaitMs: 5000 })).toBe(5000);
});
