import type { Channel, Clock, Timer } from '../api/index.ts';
import type { PartitionBuffer } from '../buffer/index.ts';

/** Flushes a partition's rows when they are old enough (buffer.flush.time). */
export class FlushTimer {
  readonly #clock: Clock;
  readonly #flush: () => void;
  #timer: Timer | null = null;

  constructor(clock: Clock, flush: () => void) {
    this.#clock = clock;
    this.#flush = flush;
  }

  /**
   * Unless it is armed or the buffer is empty. Sooner than the channel's even pace lets them go, rows would only wait cut, and those behind
   * them in a batch of their own.
   */
  arm(buffer: Pick<PartitionBuffer, 'dueAtMs' | 'firstBufferedAtMs'>, channel: Pick<Channel, 'paceAtMs'>): void {
    if (this.#timer !== null) return;
    const { firstBufferedAtMs } = buffer;
    const dueAtMs = buffer.dueAtMs();
    if (dueAtMs === null || firstBufferedAtMs === null) return;
    const now = this.#clock.now();
    // Never longer than the rows may age, even if somebody has set the clock back.
    const ageMs = Math.min(dueAtMs - now, dueAtMs - firstBufferedAtMs);
    const paceMs = (channel.paceAtMs?.() ?? 0) - now;
    this.#timer = this.#clock.setTimer(Math.max(0, ageMs, paceMs), this.#flush);
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
