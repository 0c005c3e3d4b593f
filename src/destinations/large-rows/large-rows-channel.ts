import {
  type Channel,
  ChannelInvalidError,
  type ChannelSpec,
  type ChannelStatus,
  type DestinationLimits,
  type LastOffset,
  type RowBatch,
} from '../../api/index.ts';
import { Progress } from '../../util/progress.ts';

const later = (a: LastOffset | null, b: LastOffset | null): LastOffset | null => ((a ?? -1n) > (b ?? -1n) ? a : b);

/** Everything up to the later of both tokens is in the table: whichever channel took a batch, the other one had no row before it left to write. */
const together = (stream: ChannelStatus, copy: ChannelStatus): ChannelStatus => ({
  committed: later(stream.committed, copy.committed),
  rowsRejected: stream.rowsRejected + copy.rowsRejected,
  rowsRejectedEver: stream.rowsRejectedEver + copy.rowsRejectedEver,
  rowsInsertedEver: stream.rowsInsertedEver === null ? null : stream.rowsInsertedEver + (copy.rowsInsertedEver ?? 0),
  lastRejection: copy.lastRejection ?? stream.lastRejection,
  incarnation: stream.incarnation,
});

/**
 * Two channels of one partition as one: the stream, and a staged COPY for rows that are too large for it. Order is kept, and so is exactly
 * once, by one rule: a batch goes by COPY only when all before it are durable in the stream, and what comes after it waits for the
 * COPY's COMMIT.
 */
export class LargeRowsChannel implements Channel {
  readonly spec: ChannelSpec;
  readonly opened: ChannelStatus;
  readonly #stream: Channel;
  readonly #copy: Channel;
  readonly #limits: DestinationLimits;
  readonly #listeners: ((status: ChannelStatus | Error) => void)[] = [];
  readonly #progress = new Progress();
  /** The last batch that the stream accepted. */
  #streamed: LastOffset | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #failed: Error | null = null;

  constructor(stream: Channel, copy: Channel, streamLimits: DestinationLimits) {
    this.spec = stream.spec;
    this.#stream = stream;
    this.#copy = copy;
    this.#limits = streamLimits;
    this.opened = this.status();
    stream.onStatus((status) => this.#heard(status));
    copy.onStatus((status) => this.#heard(status));
  }

  append(batch: RowBatch, signal: AbortSignal): Promise<void> {
    const turn = this.#turn.then(() => this.#append(batch, signal));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  paceAtMs(): number {
    return this.#stream.paceAtMs?.() ?? 0;
  }

  hurry(): void {
    this.#stream.hurry?.();
  }

  status(): ChannelStatus {
    return together(this.#stream.status(), this.#copy.status());
  }

  async confirm(signal: AbortSignal): Promise<void> {
    await this.#stream.confirm?.(signal);
  }

  onStatus(listener: (status: ChannelStatus | Error) => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#stream.close();
    this.#copy.close();
    this.#failed ??= new ChannelInvalidError('CHANNEL_CLOSED', `Channel ${this.spec.channelName}: it was closed`);
    this.#progress.tell();
  }

  async #append(batch: RowBatch, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#failed !== null) throw this.#failed;
    try {
      if (this.#fitsStream(batch)) {
        await this.#stream.append(batch, signal);
        this.#streamed = batch.lastOffset;
      } else {
        await this.#streamIsDurable(signal);
        await this.#copy.append(batch, signal);
      }
    } catch (error) {
      // Neither channel may take what follows a batch of the other one that did not end well.
      this.#failed ??= new ChannelInvalidError(
        'PRECEDING_APPEND_FAILED',
        `Channel ${this.spec.channelName}: an append before this one did not end well`,
        { cause: error },
      );
      throw error;
    }
  }

  #fitsStream({ rowCount, rawBytes, wireBytes }: RowBatch): boolean {
    return wireBytes <= this.#limits.maxWireBytes && (rowCount > 1 || rawBytes <= this.#limits.maxRowBytes);
  }

  async #streamIsDurable(signal: AbortSignal): Promise<void> {
    while (this.#streamed !== null && (this.#stream.status().committed ?? -1n) < this.#streamed) {
      await this.#progress.next(signal);
      signal.throwIfAborted();
      if (this.#failed !== null) throw this.#failed;
    }
  }

  #heard(status: ChannelStatus | Error): void {
    if (status instanceof Error) this.#failed ??= status;
    for (const listener of this.#listeners) listener(status instanceof Error ? status : this.status());
    this.#progress.tell();
  }
}
