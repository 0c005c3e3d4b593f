import { expect, test } from 'vitest';
import { createBudgetCounter, createMemoryBudget, EncoderPool } from '../../../src/buffer/index.ts';
import { MemoryPressure } from '../../../src/connector/memory-pressure.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const setUp = () => {
  const clock = new VirtualClock();
  const budget = createMemoryBudget(1_000);
  const calls = { paused: 0, resumed: 0 };
  let buffered = 0;
  const pressure = new MemoryPressure({
    budget,
    clock,
    pause: () => {
      calls.paused++;
    },
    resume: () => {
      calls.resumed++;
    },
    holdsRows: () => buffered > 0,
  });
  const buffer = (bytes: number): void => {
    buffered += bytes;
    budget.reserve(bytes);
  };
  const free = (bytes: number): void => {
    buffered -= bytes;
    budget.release(bytes);
  };
  return { clock, budget, pressure, calls, buffer, free };
};

test('pauses at the limit and resumes when there is room again', async () => {
  const { clock, pressure, calls, buffer, free } = setUp();
  buffer(1_000);
  pressure.check();
  await clock.advance(1_000);
  expect(calls).toEqual({ paused: 1, resumed: 0 });
  free(250);
  await clock.advance(100);
  expect(calls).toEqual({ paused: 1, resumed: 1 });
});

test('what comes while it presses is handed over too: nothing may wait in a buffer for its age', () => {
  const { pressure, calls, buffer } = setUp();
  buffer(1_000);
  pressure.check();
  buffer(100);
  pressure.check();
  expect([calls.paused, pressure.isOn]).toEqual([2, true]);
});

test('a task that holds nothing goes on although others keep the budget nearly used up for long', async () => {
  const { clock, budget, pressure, calls, buffer, free } = setUp();
  budget.reserve(850); // another task's rows, which wait for their flush time
  buffer(150);
  pressure.check();
  free(150);
  await clock.advance(100);
  expect(calls).toEqual({ paused: 1, resumed: 1 });
});

test('compressors that nobody uses do not hold the budget: many tasks would stop each other for ever', async () => {
  const budget = createMemoryBudget(8 * 1024 * 1024, createBudgetCounter());
  const pools = Array.from({ length: 4 }, () => new EncoderPool({ encoding: 'zstd', budget }));
  const holder = { onChunk: () => {}, rawBytes: 0, giveWay: undefined };
  for (const pool of pools) {
    const used = Array.from({ length: 12 }, () => pool.acquire(holder));
    for (const compressor of used) pool.giveBack(compressor);
  }
  expect(budget.hasRoom()).toBe(true);
  for (const pool of pools) pool.close();
  expect(budget.usedBytes()).toBe(0);
});
