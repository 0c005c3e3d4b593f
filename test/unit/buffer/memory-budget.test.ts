import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { createBudgetCounter, createMemoryBudget, forgetShare } from '../../../src/buffer/index.ts';

test('exhausted at its limit, room again only well below it', () => {
  const budget = createMemoryBudget(1000);
  budget.reserve(999);
  expect([budget.isExhausted(), budget.hasRoom()]).toEqual([false, false]);
  budget.reserve(500);
  expect([budget.usedBytes(), budget.isExhausted()]).toEqual([1499, true]);
  budget.release(700);
  expect([budget.isExhausted(), budget.hasRoom()]).toEqual([false, true]);
});

test('threads share one counter and lose no update', async () => {
  const counter = createBudgetCounter();
  const budget = createMemoryBudget(1 << 30, counter);
  const source = `
    const { workerData } = require('node:worker_threads');
    import(workerData.module).then(({ createMemoryBudget }) => {
      const budget = createMemoryBudget(1 << 30, workerData.counter);
      for (let i = 0; i < 20_000; i++) { budget.reserve(7); budget.release(5); }
    });`;
  const module = new URL('../../../src/buffer/memory-budget.ts', import.meta.url).href;
  const counters = [0, 1].map(() => createBudgetCounter(counter));
  const threads = counters.map((each) => new Worker(source, { eval: true, workerData: { module, counter: each } }));
  const ended = threads.map((thread) => once(thread, 'exit'));
  for (let i = 0; i < 20_000; i++) {
    budget.reserve(7);
    budget.release(5);
  }
  expect((await Promise.all(ended)).flat()).toEqual([0, 0]);
  expect(budget.usedBytes()).toBe(3 * 20_000 * 2);
  for (const each of counters) forgetShare(each);
  expect(budget.usedBytes(), 'a dead thread holds no rows').toBe(20_000 * 2);
});
