import type { Clock, LastOffset, Timer } from '../api/index.ts';

interface Accepted {
  readonly last: LastOffset;
  acceptedAtMs: number;
  readonly firstBufferedAtMs: number;
}

export interface AcceptedBatchesOptions {
  readonly clock: Clock;
  /** snowsink.commit.timeout.ms */
  readonly commitTimeoutMs: number;
  readonly isDurable: (offset: LastOffset) => boolean;
  /** From the first buffered row until the batch is durable, in seconds. */
  readonly onDurable: (latencySeconds: number) => void;
  /** The oldest batch was not durable in time. */
  readonly onTimeout: (last: LastOffset) => void;
}

/** Batches that the destination accepted and that are not durable yet, oldest first; one timer watches the oldest. */
export class AcceptedBatches {
  readonly #options: AcceptedBatchesOptions;
  #batches: Accepted[] = [];
  #timer: Timer | null = null;

  constructor(options: AcceptedBatchesOptions) {
    this.#options = options;
  }

  add(last: LastOffset, firstBufferedAtMs: number): void {
    this.#batches.push({ last, acceptedAtMs: this.#options.clock.now(), firstBufferedAtMs });
  }

  /** After a batch was added or the token moved. */
  settle(): void {
    const { clock, commitTimeoutMs, isDurable, onDurable, onTimeout } = this.#options;
    let [oldest] = this.#batches;
    for (; oldest !== undefined && isDurable(oldest.last); [oldest] = this.#batches) {
      onDurable((clock.now() - oldest.firstBufferedAtMs) / 1000);
      this.#batches.shift();
    }
    this.#timer?.cancel();
    this.#timer = null;
    if (oldest === undefined) return;
    const { last } = oldest;
    // Never longer than the timeout, even if somebody has set the clock back.
    oldest.acceptedAtMs = Math.min(oldest.acceptedAtMs, clock.now());
    const waitMs = Math.max(0, oldest.acceptedAtMs + commitTimeoutMs - clock.now());
    this.#timer = clock.setTimer(waitMs, () => onTimeout(last));
  }

  /** The channel is given up: what was accepted counts no more. */
  clear(): void {
    this.#batches = [];
    this.#timer?.cancel();
    this.#timer = null;
  }
}
