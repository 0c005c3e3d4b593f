import type { Clock } from '../../api/index.ts';

/** Snowflake takes ten append requests a second and channel (limits page); support can raise it. */
export const maxAppendsPerSecond = 10;

/** At most so many permits in any second, retries included: the times of the last ones are kept. */
export class AppendRate {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #grantedAtMs: number[] = [];

  constructor(clock: Clock, perSecond: number = maxAppendsPerSecond) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** When a second's permits last for good: whoever takes them faster has to wait for the rest of the second later. */
  get paceAtMs(): number {
    const last = this.#grantedAtMs.at(-1);
    // Never later than a permit's share of the second from now, even if somebody sets the clock back.
    return last === undefined ? 0 : Math.min(last, this.#clock.now()) + 1000 / this.#perSecond;
  }

  /** Resolves when the next request may go; rejects as the clock's sleep does when the signal aborts. */
  async take(signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    // Somebody has set the clock back: one second's wait for all of them, not one for each.
    this.#grantedAtMs = this.#grantedAtMs.map((atMs) => Math.min(atMs, now));
    const oldest = this.#grantedAtMs.length < this.#perSecond ? undefined : this.#grantedAtMs.shift();
    const waitMs = oldest === undefined ? 0 : oldest + 1000 - now;
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
    this.#grantedAtMs.push(this.#clock.now());
  }
}
