import { afterEach, expect, test, vi } from 'vitest';
import { type LockHolder, TableActivity } from '../../src/storage/table-activity.ts';

afterEach(() => {
  vi.useRealTimers();
});

const holder = (activity: TableActivity, id: string): LockHolder & { idleSince: number | null; aborts: number } => {
  const one = {
    id,
    sessionId: 1,
    startedOnMs: 0,
    idleSince: 1 as number | null,
    aborts: 0,
    abort: async (): Promise<void> => {
      one.aborts += 1;
      activity.release(one);
    },
  };
  return one;
};

test('a transaction that blocks another and is idle for five minutes is rolled back; one at work is not', async () => {
  vi.useFakeTimers();
  const activity = new TableActivity();
  const [idle, waiter] = [holder(activity, 'idle'), holder(activity, 'waiter')];
  await activity.lock('t', idle, 0);
  const granted = activity.lock('t', waiter, 10_000_000);
  idle.idleSince = null;
  await vi.advanceTimersByTimeAsync(600_000);
  idle.idleSince = 2;
  await vi.advanceTimersByTimeAsync(299_000);
  expect(idle.aborts).toBe(0);
  await vi.advanceTimersByTimeAsync(601_000);
  await granted;
  expect([idle.aborts, waiter.aborts]).toEqual([1, 0]);
  expect(vi.getTimerCount()).toBe(0);
});
