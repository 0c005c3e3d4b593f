import type { HostProcess } from './host-process.ts';
import { type Scheduler, world } from './scheduler.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Carries calls of processes to servers of the model and back. */
export class Network {
  readonly #scheduler: Scheduler;
  readonly #random: SeededRandom;
  readonly #mostMs: number;

  constructor(scheduler: Scheduler, random: SeededRandom, mostMs: number) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#mostMs = mostMs;
  }

  latencyMs(): number {
    return this.#random.between(1, this.#mostMs);
  }

  /** `act` runs at the server; its outcome comes back. Never settles for a process that died. */
  call<T>(from: HostProcess, what: string, act: () => T | Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (!from.enter(what)) return promise;
    const back = (settle: () => void): void => void this.#scheduler.after(this.latencyMs(), from, settle);
    this.#scheduler.after(this.latencyMs(), world, () => {
      try {
        const result = act();
        if (result instanceof Promise) {
          result.then(
            (value) => back(() => resolve(value)),
            (error: unknown) => back(() => reject(error)),
          );
        } else back(() => resolve(result));
      } catch (error) {
        back(() => reject(error));
      }
    });
    return promise;
  }
}
