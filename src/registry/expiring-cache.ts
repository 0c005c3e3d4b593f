import type { Clock } from '../api/index.ts';

interface Entry<V> {
  readonly value: Promise<V>;
  /** Infinity: for ever. */
  expiresAtMs: number;
}

export interface CacheLimits {
  readonly maxEntries: number;
  /** How long a found value holds; Infinity: for ever. */
  readonly foundForMs: number;
  /** How long a failure holds that `isAnswer` takes for an answer: there is no such schema. */
  readonly missingForMs: number;
}

/**
 * What a registry answered, found or not, the oldest given up first. Many asking for one thing at once share one request;
 * a request that failed for another reason (time-out) is forgotten at once.
 */
export class ExpiringCache<K, V> {
  readonly #entries = new Map<K, Entry<V>>();
  readonly #limits: CacheLimits;
  readonly #clock: Clock;
  readonly #isAnswer: (error: unknown) => boolean;

  constructor(limits: CacheLimits, clock: Clock, isAnswer: (error: unknown) => boolean) {
    this.#limits = limits;
    this.#clock = clock;
    this.#isAnswer = isAnswer;
  }

  get(key: K, load: () => Promise<V>): Promise<V> {
    const known = this.#entries.get(key);
    if (known !== undefined && this.#clock.now() < known.expiresAtMs) return known.value;
    const entry: Entry<V> = { value: load(), expiresAtMs: Number.POSITIVE_INFINITY };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#trim();
    entry.value.then(
      () => {
        entry.expiresAtMs = this.#clock.now() + this.#limits.foundForMs;
      },
      (error: unknown) => {
        if (this.#isAnswer(error)) entry.expiresAtMs = this.#clock.now() + this.#limits.missingForMs;
        else if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    return entry.value;
  }

  get size(): number {
    return this.#entries.size;
  }

  #trim(): void {
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#limits.maxEntries) return;
      this.#entries.delete(key);
    }
  }
}
