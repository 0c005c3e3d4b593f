import {
  BatchTooLargeError,
  type Channel,
  ChannelInvalidError,
  type ChannelSpec,
  type Clock,
  type Destination,
  type LastOffset,
  type RowBatch,
} from '../api/index.ts';
import type { PartitionBuffer } from '../buffer/index.ts';
import { Progress } from '../util/progress.ts';
import { openAnew } from './lane-choice.ts';

export interface RowsSentAgainOptions {
  readonly destination: Pick<Destination, 'open' | 'drop'>;
  readonly clock: Clock;
  /** How long rows may take to become durable. */
  readonly timeoutMs: number;
  /** The partition is closed. */
  readonly signal: AbortSignal;
  /** Rejects where the table was made anew since the partition's own channel was opened. */
  confirm(): Promise<void>;
  newBuffer(): PartitionBuffer;
  /** A request was refused as too large. False: they cannot be any smaller. */
  shrinkAfter(batch: RowBatch): boolean;
}

/**
 * Rows that Snowflake dropped because a structured column grew while they were on their way, made anew in the table's present shape. They go
 * over a channel beside the partition's own, whose token stays where it is.
 */
export class RowsSentAgain {
  readonly #channel: Channel;
  readonly #options: RowsSentAgainOptions;
  readonly #progress = new Progress();
  #buffer: PartitionBuffer;
  #sending: Promise<void> = Promise.resolve();
  #taken = -1n;
  #last: LastOffset | null = null;
  #failed: Error | null = null;

  private constructor(channel: Channel, options: RowsSentAgainOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#buffer = options.newBuffer();
    channel.onStatus((status) => {
      if (status instanceof Error) this.#failed ??= status;
      this.#progress.tell();
    });
  }

  /** What an earlier owner sent this way is in the table afterwards, or never will be; and the token is of these rows alone. */
  static async open(beside: ChannelSpec, options: RowsSentAgainOptions): Promise<RowsSentAgain> {
    const { destination, signal } = options;
    const spec = { ...beside, channelName: `${beside.channelName}_again` };
    const fenced = await destination.open(spec, signal);
    const again = new RowsSentAgain(await openAnew(fenced, { destination, stopping: signal }), options);
    try {
      await options.confirm();
      return again;
    } catch (error) {
      again.close();
      throw error;
    }
  }

  /** In the order of offsets; rows that are read twice count once. Resolves when the row's bytes are taken. */
  async add(row: string, offset: bigint, rowCount: number): Promise<void> {
    if (offset <= this.#taken) return;
    this.#taken = offset;
    const bytes = Buffer.from(`${row}\n`);
    if (!this.#buffer.hasRoomFor(bytes.length)) this.cut();
    await this.#buffer.add({ bytes, rowCount, firstOffset: offset, lastOffset: offset, release: () => {} });
  }

  /**
   * Resolves when all of them were judged by the table: stored, or dropped once more. The channel is gone then.
   * @throws ChannelInvalidError where the channel was lost: which of them are stored only the table can tell
   */
  async settled(): Promise<void> {
    const { clock, timeoutMs, signal, destination } = this.#options;
    this.cut();
    await this.#sending;
    const late = new AbortController();
    const timer = clock.setTimer(timeoutMs, () => late.abort());
    const deadline = AbortSignal.any([signal, late.signal]);
    try {
      while (this.#last !== null && (this.#channel.status().committed ?? -1n) < this.#last) {
        if (this.#failed !== null) throw this.#failed;
        if (deadline.aborted)
          throw new ChannelInvalidError('COMMIT_TIMEOUT', `they did not become durable within ${timeoutMs} ms`);
        await this.#progress.next(deadline);
      }
    } finally {
      timer.cancel();
    }
    this.close();
    await destination.drop(this.#channel.spec, signal);
  }

  /** After the table was asked for them: rejects where it was made anew meanwhile, for the answer is not that of the one they went to. */
  confirm(): Promise<void> {
    return this.#options.confirm();
  }

  close(): void {
    this.#buffer.discard();
    this.#channel.close();
  }

  /** Sends what is buffered now. */
  cut(): void {
    if (this.#buffer.isEmpty) return;
    this.#sending = this.#send(this.#buffer.cut(), this.#sending);
    this.#sending.catch(() => {}); // told by `settled`
    this.#buffer = this.#options.newBuffer();
  }

  async #send(cut: Promise<RowBatch>, before: Promise<void>): Promise<void> {
    const batch = await cut;
    try {
      await before;
      await this.#append(batch);
    } finally {
      batch.release();
    }
  }

  async #append(batch: RowBatch): Promise<void> {
    try {
      await this.#channel.append(batch, this.#options.signal);
      this.#last = batch.lastOffset;
    } catch (error) {
      if (!(error instanceof BatchTooLargeError) || !this.#options.shrinkAfter(batch)) throw error;
      throw new ChannelInvalidError('BATCH_TOO_LARGE', error.message, { cause: error });
    }
  }
}
