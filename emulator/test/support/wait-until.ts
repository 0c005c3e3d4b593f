import { setTimeout as delay } from 'node:timers/promises';

/** Polls until `condition` holds; after `deadlineMs` the test fails saying what never came. */
export const waitUntil = async (
  what: string,
  condition: () => Promise<boolean>,
  deadlineMs = 120_000,
): Promise<void> => {
  const deadline = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${deadlineMs} ms`);
    await delay(10);
  }
};
