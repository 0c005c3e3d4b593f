import { Worker } from 'node:worker_threads';
import type { SeedOrder, SeedThreadData } from './seed-thread.ts';
import type { SeedResult } from './verdict-summary.ts';

/** A seed takes a twentieth of a second. One that takes so long turns in circles without letting go. */
const hangsAfterMs = 120_000;
const seedsPerOrder = 10;

export interface RunOptions {
  readonly orders: Iterable<SeedOrder>;
  readonly threads: number;
  readonly mutant?: string;
  /** True: enough; what is under way is dropped. */
  onResult(result: SeedResult): boolean;
}

export function* seedOrders(from: number, count: number): Generator<SeedOrder> {
  for (let seed = from; seed < from + count; seed += seedsPerOrder) {
    yield { from: seed, count: Math.min(seedsPerOrder, from + count - seed) };
  }
}

/** Plays seeds in threads of their own, results in no order. */
export const runSeeds = async ({ orders, threads, mutant, onResult }: RunOptions): Promise<void> => {
  const iterator = orders[Symbol.iterator]();
  let isEnough = false;
  const runThread = async (): Promise<void> => {
    const workerData: SeedThreadData = { mutant: mutant ?? null };
    const thread = new Worker(new URL('./seed-thread.ts', import.meta.url), { workerData });
    try {
      for (let order = iterator.next(); !isEnough && !order.done; order = iterator.next()) {
        await play(thread, order.value, (result) => {
          if (!isEnough && onResult(result)) isEnough = true;
          return isEnough;
        });
      }
    } finally {
      await thread.terminate();
    }
  };
  await Promise.all(Array.from({ length: threads }, runThread));
};

const play = async (thread: Worker, order: SeedOrder, onResult: (result: SeedResult) => boolean): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let next = 'from' in order ? order.from : order.scenario.seed;
  const broke = (why: string): void => {
    onResult({ ...nothing, seed: next, name: 'name' in order ? order.name : null, breaches: [why] });
    resolve();
  };
  const timer = setTimeout(() => {
    void thread.terminate();
    broke('it hangs: the thread lets nothing else run');
  }, hangsAfterMs);
  const onMessage = (message: SeedResult | 'done'): void => {
    timer.refresh();
    if (message === 'done') resolve();
    else {
      next = message.seed + 1;
      if (onResult(message)) resolve();
    }
  };
  const onError = (error: unknown): void => broke(`the thread died: ${error instanceof Error ? error.message : error}`);
  thread.on('message', onMessage);
  thread.on('error', onError);
  thread.postMessage(order);
  await promise;
  clearTimeout(timer);
  thread.off('message', onMessage);
  thread.off('error', onError);
};

const nothing: SeedResult = {
  seed: 0,
  name: null,
  breaches: [],
  strikes: new Map(),
  rows: 0,
  letters: 0,
  events: 0,
  virtualMs: 0,
  caughtUpMs: null,
  boundaries: [],
};
