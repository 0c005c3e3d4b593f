import type { RowBatch } from '../api/index.ts';

export interface SendChainOptions {
  append(batch: RowBatch, signal: AbortSignal): Promise<void>;
  /** Of a batch that was not given up. Null: it could not even be cut. */
  failed(error: unknown, batch: RowBatch | null): void;
  /** There is one more or one less. */
  changed(): void;
}

/** Batches of one partition on their way into its channel: one at a time, in the order in which they were cut. */
export class SendChain {
  readonly #options: SendChainOptions;
  #ending = new AbortController();
  #last: Promise<void> = Promise.resolve();
  #length = 0;

  constructor(options: SendChainOptions) {
    this.#options = options;
  }

  /** Batches that wait or are under way. */
  get length(): number {
    return this.#length;
  }

  add(cut: Promise<RowBatch>): void {
    const { signal } = this.#ending;
    this.#change(1);
    this.#last = this.#last.then(() => this.#send(cut, signal));
  }

  /** Gives up all of them. */
  end(why: Error): void {
    this.#ending.abort(why);
  }

  /** Resolves when nothing is under way any more of what was given up. */
  settled(): Promise<void> {
    return this.#last;
  }

  /** What is added from now on goes over another channel. */
  beginAnew(): void {
    this.#ending = new AbortController();
  }

  async #send(cut: Promise<RowBatch>, signal: AbortSignal): Promise<void> {
    let batch: RowBatch | null = null;
    let isOver = false;
    try {
      batch = await cut;
      await this.#options.append(batch, signal);
      isOver = true;
    } catch (error) {
      if (!signal.aborted) this.#options.failed(error, batch);
    } finally {
      batch?.release(isOver);
      this.#change(-1);
    }
  }

  #change(by: number): void {
    this.#length += by;
    this.#options.changed();
  }
}
