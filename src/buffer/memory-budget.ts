import type { MemoryBudget } from '../api/index.ts';

/** Partitions resume when this share of the limit is in use again, so that they do not stop and go at its edge. */
const resumeBelow = 0.8;

/**
 * What one thread counts in: the process's total, which all threads share, and the thread's own share of it, by which the total
 * is set right when the thread dies.
 */
export interface BudgetCounter {
  readonly total: SharedArrayBuffer;
  readonly share: SharedArrayBuffer;
}

const int64 = (): SharedArrayBuffer => new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);

/** The counter of a process's first thread, or of a further one beside `other`. */
export const createBudgetCounter = (other?: BudgetCounter): BudgetCounter => ({
  total: other?.total ?? int64(),
  share: int64(),
});

/** The thread is gone, and with it the rows that it held. */
export const forgetShare = ({ total, share }: BudgetCounter): void => {
  Atomics.sub(new BigInt64Array(total), 0, Atomics.exchange(new BigInt64Array(share), 0, 0n));
};

/** A budget over a counter that threads share (`createBudgetCounter`); without one it counts for itself. */
export const createMemoryBudget = (limitBytes: number, shared: BudgetCounter = createBudgetCounter()): MemoryBudget => {
  const counter = new BigInt64Array(shared.total);
  const share = new BigInt64Array(shared.share);
  const usedBytes = (): number => Number(Atomics.load(counter, 0));
  return {
    limitBytes,
    usedBytes,
    reserve: (bytes) => {
      Atomics.add(share, 0, BigInt(bytes));
      Atomics.add(counter, 0, BigInt(bytes));
    },
    release: (bytes) => {
      Atomics.sub(share, 0, BigInt(bytes));
      Atomics.sub(counter, 0, BigInt(bytes));
    },
    isExhausted: () => usedBytes() >= limitBytes,
    hasRoom: () => usedBytes() < limitBytes * resumeBelow,
  };
};
