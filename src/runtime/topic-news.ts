import type { Clock } from '../api/index.ts';

/** A list that was reset over REST fills again within this time. */
const repeatMs = 1000;

/** Tells which topics a task reads records of (KIP-558): each at once, then again now and then, not with every batch. */
export class TopicNews {
  readonly #clock: Clock;
  readonly #tell: (topic: string) => void;
  readonly #toldAtMs = new Map<string, number>();

  constructor(clock: Clock, tell: (topic: string) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  read(topic: string): void {
    const now = this.#clock.now();
    if (now - (this.#toldAtMs.get(topic) ?? Number.NEGATIVE_INFINITY) < repeatMs) return;
    this.#toldAtMs.set(topic, now);
    this.#tell(topic);
  }
}
