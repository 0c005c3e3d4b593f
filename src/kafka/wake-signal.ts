import type { Clock } from '../api/index.ts';

/** Lets one waiter sleep until something happens; what happened before the wait counts. */
export class WakeSignal {
  #rung = false;
  #ring: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#ring?.();
  }

  /** Until the next `ring` (or one since the last wait), or `timeoutMs`. */
  async wait(clock: Clock, timeoutMs: number): Promise<void> {
    if (!this.#rung) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = clock.setTimer(timeoutMs, resolve);
      this.#ring = resolve;
      await promise;
      timer.cancel();
      this.#ring = null;
    }
    this.#rung = false;
  }
}
