interface Pending {
  readonly work: () => Promise<void>;
  readonly failed: (error: unknown) => Error;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * Brings rebalance callbacks from kafkajs's side to the task's loop: kafkajs waits in `run`, `poll` calls `runOne`. One at a time: kafkajs joins
 * one group at a time.
 */
export class PollCallbacks {
  readonly #onPending: () => void;
  #pending: Pending | null = null;
  #refusal: Error | null = null;
  isRunning = false;

  constructor(onPending: () => void) {
    this.#onPending = onPending;
  }

  /** Resolves when the task's loop has run `work`; rejects with what `failed` makes of its error, or the refusal. */
  run(work: () => Promise<void>, failed: (error: unknown) => Error): Promise<void> {
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    this.#pending = { work, failed, done: Promise.withResolvers<void>() };
    this.#onPending();
    return this.#pending.done.promise;
  }

  /** False if there is nothing to run. Throws what the callback threw. */
  async runOne(): Promise<boolean> {
    const pending = this.#pending;
    if (pending === null) return false;
    this.#pending = null;
    this.isRunning = true;
    try {
      await pending.work();
      pending.done.resolve();
    } catch (error) {
      pending.done.reject(pending.failed(error));
      throw error;
    } finally {
      this.isRunning = false;
    }
    return true;
  }

  /** Nobody will poll any more: what waits, and what comes, is rejected. */
  refuse(error: Error): void {
    this.#refusal = error;
    this.#pending?.done.reject(error);
    this.#pending = null;
  }
}
