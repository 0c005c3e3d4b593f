import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  /** What a quiet machine takes at the worst, milliseconds. A busy one gets that `patience` times. */
  readonly deadlineMs: number;
  /** Named in the error: "12 rows in table ORDERS". */
  readonly what: string;
  /** Pause between two looks, milliseconds. */
  readonly everyMs?: number;
}

/** Other programs share the machine's cores. It costs nothing where all is well: who waits goes on at once. */
const patience = 4;

type Truthy<T> = Exclude<T, false | 0 | '' | null | undefined>;

/**
 * Looks until `condition` answers something truthy, and returns that. A condition that throws counts as "not yet"; its last
 * error is the cause of the one thrown at the deadline.
 */
export const waitFor = async <T>(
  condition: () => T | Promise<T>,
  { deadlineMs, what, everyMs = 25 }: WaitOptions,
): Promise<Truthy<T>> => {
  const patienceMs = deadlineMs * patience;
  const end = performance.now() + patienceMs;
  let last: unknown;
  for (;;) {
    try {
      last = await condition();
      if (last) return last as Truthy<T>;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= end) break;
    await sleep(everyMs);
  }
  const seen = last instanceof Error ? `last error: ${last.message}` : `last answer: ${String(last)}`;
  throw new Error(`waited ${patienceMs} ms in vain for ${what} (${seen})`, { cause: last });
};
