import type { TopicPartition } from '../api/index.ts';
import type { FetchedPartition } from './fetched-partition.ts';

interface Waiting {
  readonly fetched: FetchedPartition;
  readonly settle: () => void;
}

/**
 * Where kafkajs's handlers and `poll` meet: a handler offers what was fetched and waits, `poll` takes it, `release` lets the handler
 * go. kafkajs asks a broker for more only when all handlers of the last response are done, so one response per broker is held.
 */
export class DeliveryQueue {
  #waiting: Waiting[] = [];
  readonly #taken = new Set<Waiting>();
  /** Taken, let go, and not released yet. */
  readonly #straggling = new Set<Waiting>();
  readonly #onOffer: () => void;

  constructor(onOffer: () => void) {
    this.#onOffer = onOffer;
  }

  /** Resolves when kafkajs may fetch on. */
  offer(fetched: FetchedPartition): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ fetched, settle: resolve });
    this.#onOffer();
    return promise;
  }

  /** The next one that `wanted` says yes to; those before it are discarded. The caller must call `release`, once or more. */
  take(wanted: (fetched: FetchedPartition) => boolean): { fetched: FetchedPartition; release: () => void } | null {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const taken = next;
      if (!wanted(taken.fetched)) {
        taken.settle();
        continue;
      }
      this.#taken.add(taken);
      return { fetched: taken.fetched, release: () => this.#settleTaken(taken) };
    }
    return null;
  }

  /** Discards what waits: of one partition, or all. What was taken is not touched. */
  discard(partition?: TopicPartition): void {
    const keep = ({ fetched }: Waiting): boolean =>
      partition !== undefined && (fetched.topic !== partition.topic || fetched.partition !== partition.partition);
    const discarded = this.#waiting.filter((waiting) => !keep(waiting));
    this.#waiting = this.#waiting.filter(keep);
    for (const { settle } of discarded) settle();
  }

  /**
   * Lets the handlers go of batches that were taken and are not released yet, so that kafkajs need not wait for the task before it
   * joins. Their views stay good until they are released.
   */
  letGo(): void {
    for (const taken of this.#taken) {
      this.#straggling.add(taken);
      taken.settle();
    }
    this.#taken.clear();
  }

  /** Let go and not released yet. */
  stragglers(): readonly FetchedPartition[] {
    return [...this.#straggling].map(({ fetched }) => fetched);
  }

  /** Whether views are out on a response that kafkajs no longer waits for. */
  get hasStragglers(): boolean {
    return this.#straggling.size > 0;
  }
  /** Whether views on a response may still be out. */
  get isInUse(): boolean {
    return this.#waiting.length > 0 || this.#taken.size > 0 || this.hasStragglers;
  }

  #settleTaken(taken: Waiting): void {
    this.#straggling.delete(taken);
    if (this.#taken.delete(taken)) taken.settle();
  }
}
