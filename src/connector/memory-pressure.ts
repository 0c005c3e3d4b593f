import type { Clock, MemoryBudget, Timer } from '../api/index.ts';

const checkIntervalMs = 20;

/**
 * Pauses the task while the process's budget for buffered rows is used up, and hands over what is buffered so that it can get
 * free. Other threads use the same budget, so its way down is watched by a timer.
 */
export class MemoryPressure {
  readonly #budget: MemoryBudget;
  readonly #clock: Clock;
  readonly #pause: () => void;
  readonly #resume: () => void;
  #timer: Timer | null = null;

  constructor(budget: MemoryBudget, clock: Clock, pause: () => void, resume: () => void) {
    this.#budget = budget;
    this.#clock = clock;
    this.#pause = pause;
    this.#resume = resume;
  }

  /** After each put. */
  check(): void {
    if (this.#timer !== null || !this.#budget.isExhausted()) return;
    this.#pause();
    this.#watch();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #watch(): void {
    this.#timer = this.#clock.setTimer(checkIntervalMs, () => {
      if (!this.#budget.hasRoom()) return this.#watch();
      this.#timer = null;
      this.#resume();
    });
  }
}
