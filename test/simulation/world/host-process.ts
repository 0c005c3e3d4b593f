import type { Clock } from '../../../src/api/index.ts';
import type { Owner, Scheduler } from './scheduler.ts';

/** Where an ordered crash strikes: before the I/O is carried out, or when it was and its answer is on the way. */
export type CrashSide = 'before' | 'after';

/**
 * A process as an operating system sees it: it runs, is stopped (SIGSTOP) or dead (SIGKILL). Its timers and the answers to its I/O
 * reach it only while it runs; what was under way when it died is carried out all the same.
 */
export class HostProcess implements Owner {
  readonly name: string;
  state: Owner['state'] = 'running';
  /** I/O boundaries passed since it started. */
  steps = 0;
  /** Its wall clock is off by so much; timers do not care. */
  skewMs: number;
  onDeath: () => void = () => {};
  /** What each I/O boundary is called. */
  onStep: (what: string) => void = () => {};
  readonly #scheduler: Scheduler;
  #deferred: (() => void)[] = [];
  #crash: { readonly atStep: number; readonly side: CrashSide } | null = null;

  constructor(name: string, scheduler: Scheduler, skewMs: number) {
    this.name = name;
    this.#scheduler = scheduler;
    this.skewMs = skewMs;
  }

  readonly clock: Clock = {
    now: () => this.#scheduler.nowMs + this.skewMs,
    setTimer: (ms, callback) => this.#scheduler.after(ms, this, callback),
    sleep: (ms, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      if (signal?.aborted) return Promise.reject(signal.reason);
      const aborted = (): void => {
        timer.cancel();
        reject(signal?.reason);
      };
      const timer = this.#scheduler.after(ms, this, () => {
        signal?.removeEventListener('abort', aborted);
        resolve();
      });
      signal?.addEventListener('abort', aborted, { once: true });
      return promise;
    },
  };

  crashAtStep(atStep: number, side: CrashSide): void {
    this.#crash = { atStep, side };
  }

  /** True: the I/O that begins here is carried out. */
  enter(what: string): boolean {
    if (this.state === 'dead') return false;
    this.steps++;
    this.onStep(what);
    if (this.#crash === null || this.steps < this.#crash.atStep) return true;
    const { side } = this.#crash;
    this.die();
    return side === 'after';
  }

  die(): void {
    if (this.state === 'dead') return;
    this.state = 'dead';
    this.#deferred = [];
    this.onDeath();
  }

  pause(): void {
    if (this.state === 'running') this.state = 'paused';
  }

  resume(): void {
    if (this.state !== 'paused') return;
    this.state = 'running';
    for (const callback of this.#deferred.splice(0)) this.#scheduler.after(0, this, callback);
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }
}
