/** Something moves on by steps; whoever waits is woken at each and looks again for itself. */
export class Progress {
  #waiting: (() => void)[] = [];

  tell(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves at the next step, or when the deadline aborts. */
  async next(deadline: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    this.#waiting.push(wake);
    deadline.addEventListener('abort', wake, { once: true });
    await promise;
    deadline.removeEventListener('abort', wake);
  }
}
