import type { Clock, MemoryBudget, Timer } from '../api/index.ts';

const checkIntervalMs = 20;

export interface MemoryPressureOptions {
  readonly budget: MemoryBudget;
  readonly clock: Clock;
  /** Pauses the task's partitions and hands over what they have buffered. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Whether the task has rows in memory. */
  readonly holdsRows: () => boolean;
}

/**
 * Pauses the task while the process's budget for buffered rows is used up, and hands over what is buffered so that it can get
 * free. Other threads use the same budget, so its way down is watched by a timer.
 */
export class MemoryPressure {
  readonly #options: MemoryPressureOptions;
  #timer: Timer | null = null;

  constructor(options: MemoryPressureOptions) {
    this.#options = options;
  }

  /** Partitions are paused for it. */
  get isOn(): boolean {
    return this.#timer !== null;
  }

  /** After each put. */
  check(): void {
    if (!this.#options.budget.isExhausted()) return;
    this.#options.pause();
    if (this.#timer === null) this.#watch();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #watch(): void {
    const { clock, resume } = this.#options;
    this.#timer = clock.setTimer(checkIntervalMs, () => {
      if (!this.#mayGoOn()) return this.#watch();
      this.#timer = null;
      resume();
    });
  }

  /** A task that holds nothing need not wait for what others keep until their flush time: at the limit they hand it over. */
  #mayGoOn(): boolean {
    const { budget, holdsRows } = this.#options;
    return budget.hasRoom() || (!holdsRows() && !budget.isExhausted());
  }
}
