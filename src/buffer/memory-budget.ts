import type { MemoryBudget } from '../api/index.ts';

/** Partitions resume when this share of the limit is in use again, so that they do not stop and go at its edge. */
const resumeBelow = 0.8;

/** Memory for the counter of one process's budget; hand it to every thread. */
export const createBudgetCounter = (): SharedArrayBuffer => new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);

/** A budget over a counter that threads share (`createBudgetCounter`); without one it counts for itself. */
export const createMemoryBudget = (
  limitBytes: number,
  shared: SharedArrayBuffer = createBudgetCounter(),
): MemoryBudget => {
  const counter = new BigInt64Array(shared, 0, 1);
  const usedBytes = (): number => Number(Atomics.load(counter, 0));
  return {
    limitBytes,
    usedBytes,
    reserve: (bytes) => {
      Atomics.add(counter, 0, BigInt(bytes));
    },
    release: (bytes) => {
      Atomics.sub(counter, 0, BigInt(bytes));
    },
    isExhausted: () => usedBytes() >= limitBytes,
    hasRoom: () => usedBytes() < limitBytes * resumeBelow,
  };
};
