import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../api/index.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer: (ms, callback) => {
    const timer = setTimeout(callback, ms).unref();
    return { cancel: () => clearTimeout(timer) };
  },
  sleep: async (ms, signal) => {
    try {
      await sleep(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // Node's own AbortError would hide why
      throw signal?.aborted ? signal.reason : error;
    }
  },
};
