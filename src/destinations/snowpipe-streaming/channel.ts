import {
  BatchTooLargeError,
  type Channel,
  ChannelInvalidError,
  type ChannelSpec,
  type ChannelStatus,
  type Clock,
  type LastOffset,
  type Metrics,
  type RowBatch,
  type TaskId,
} from '../../api/index.ts';
import { orAborted } from '../../util/signals.ts';
import { AppendRate } from './append-rate.ts';
import { isHealthy, type OpenReply, readAppendReply, readBulkStatusReply, type WireStatus } from './channel-reply.ts';
import { channelStatus, newer, sameStatus } from './channel-status.ts';
import { hardWireBytes } from './config.ts';
import { appendCall, type PipeName, statusCall } from './request-builder.ts';
import type { Session } from './session.ts';
import type { PolledChannel, StatusPoller } from './status-poller.ts';

export interface StreamingChannelOptions {
  readonly spec: ChannelSpec;
  readonly pipe: PipeName;
  readonly reply: OpenReply;
  readonly session: Pick<Session, 'send'>;
  readonly poller: StatusPoller;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly taskId: TaskId;
  /** The destination's end. */
  readonly closing: AbortSignal;
  readonly onClosed: (channel: StreamingChannel) => void;
}

/** `retried` counts tries, the others appends. */
type Outcome = 'accepted' | 'retried' | 'channel-invalid' | 'too-large' | 'refused' | 'abandoned';

/**
 * A Snowpipe Streaming channel. What keeps it exactly-once: one append at a time; an append whose answer got lost goes again with
 * identical bytes, offsets and continuation token (if it had arrived, Snowflake answers 200, does nothing and hands over the
 * token that follows); and nothing is ever appended behind one that did not end well.
 */
export class StreamingChannel implements Channel, PolledChannel {
  readonly spec: ChannelSpec;
  readonly opened: ChannelStatus;
  /** The spelling that a bulk status knows: it is case-sensitive, paths are not. */
  readonly statusName: string;
  readonly #options: StreamingChannelOptions;
  readonly #rate: AppendRate;
  readonly #rowsErrorCountAtOpen: number;
  readonly #listeners: ((status: ChannelStatus | Error) => void)[] = [];
  #continuationToken: string;
  #sessionHeader: string | null = null;
  #status: ChannelStatus;
  #lastAccepted: LastOffset | null = null;
  /** Resolves when the last append that was asked for is over. */
  #lastTurn: Promise<unknown> = Promise.resolve();
  #failedAppends = 0;
  /** A batch that was refused as too large began here: only a smaller one of the same rows may follow. */
  #mustBeginAt: bigint | null = null;
  #invalid: ChannelInvalidError | null = null;
  #isClosed = false;
  #isHurried = false;

  constructor(options: StreamingChannelOptions) {
    const { spec, reply, clock } = options;
    this.#options = options;
    this.spec = spec;
    this.statusName = reply.status.channelName ?? spec.channelName;
    this.#rowsErrorCountAtOpen = reply.status.rowsErrorCount;
    this.#continuationToken = reply.continuationToken;
    this.opened = channelStatus(reply.status, this.#rowsErrorCountAtOpen);
    this.#status = this.opened;
    this.#rate = new AppendRate(clock);
  }

  async append(batch: RowBatch, signal: AbortSignal): Promise<void> {
    const failedBefore = this.#failedAppends;
    const turn = this.#lastTurn;
    const over = Promise.withResolvers<void>();
    this.#lastTurn = turn.then(() => over.promise);
    try {
      await orAborted(turn, signal);
      this.#assertMayFollow(batch, failedBefore);
      await this.#send(batch, AbortSignal.any([signal, this.#options.closing]));
      this.#mustBeginAt = null;
      this.#count('accepted');
    } catch (error) {
      this.#failedAppends += 1;
      if (error instanceof BatchTooLargeError) this.#mustBeginAt ??= batch.firstOffset;
      this.#count(outcomeOf(error));
      throw error;
    } finally {
      over.resolve();
    }
  }

  paceAtMs(): number {
    return this.#rate.paceAtMs;
  }

  hurry(): void {
    if (this.#isHurried || !this.awaitsCommit) return;
    this.#isHurried = true;
    this.#options.poller.hurry();
  }

  status(): ChannelStatus {
    return this.#status;
  }

  async confirm(signal: AbortSignal): Promise<void> {
    const { session, pipe } = this.#options;
    const { text } = await session.send(statusCall(pipe, [this.statusName]), signal);
    this.statusRead(readBulkStatusReply(text)?.get(this.statusName) ?? null);
    if (this.#invalid !== null) throw this.#invalid;
  }

  onStatus(listener: (status: ChannelStatus | Error) => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.poller.unwatch(this);
    this.#options.onClosed(this);
  }

  /** Appends that Snowflake accepted and has not committed. */
  get awaitsCommit(): boolean {
    const { committed } = this.#status;
    if (this.#lastAccepted === null || this.#invalid !== null || this.#isClosed) return false;
    return committed === null || committed < this.#lastAccepted;
  }

  get isHurried(): boolean {
    return this.#isHurried;
  }

  /** From the poller; null: Snowflake does not know the channel. */
  statusRead(wire: WireStatus | null): void {
    if (wire === null) {
      this.invalidate('ERR_CHANNEL_DOES_NOT_EXIST_OR_NOT_AUTHORIZED', 'Snowflake does not know the channel any more');
    } else if (!isHealthy(wire)) {
      this.invalidate(wire.code, `the channel takes no more rows: ${wire.code} ${wire.lastErrorMessage}`.trimEnd());
    } else if (wire.createdOnMs !== this.opened.incarnation) {
      this.invalidate('CHANNEL_MADE_ANEW', 'the channel was dropped and made again by somebody else');
    } else {
      this.#update(newer(channelStatus(wire, this.#rowsErrorCountAtOpen), this.#status));
    }
  }

  /** The channel is lost for a reason that no append met. */
  invalidate(code: string, message: string): void {
    if (this.#invalid !== null || this.#isClosed) return;
    const error = new ChannelInvalidError(code, `Channel ${this.spec.channelName}: ${message}`);
    this.#invalid = error;
    for (const listener of this.#listeners) listener(error);
  }

  #update(status: ChannelStatus): void {
    if (sameStatus(status, this.#status)) return;
    this.#status = status;
    this.#isHurried &&= this.awaitsCommit;
    for (const listener of this.#listeners) listener(status);
  }

  #assertMayFollow(batch: RowBatch, failedBefore: number): void {
    if (this.#invalid !== null) throw this.#invalid;
    if (this.#failedAppends !== failedBefore || (this.#mustBeginAt !== null && batch.firstOffset > this.#mustBeginAt)) {
      throw this.#broken('PRECEDING_APPEND_FAILED', 'an append before this one did not end well');
    }
    if (this.#lastAccepted !== null && batch.firstOffset <= this.#lastAccepted) {
      throw this.#broken(
        'OFFSETS_OUT_OF_ORDER',
        `offset ${batch.firstOffset} comes after ${this.#lastAccepted} was accepted`,
      );
    }
    if (batch.wireBytes > hardWireBytes) {
      throw new BatchTooLargeError(
        `A batch of ${batch.rowCount} rows has ${batch.wireBytes} bytes after compression; Snowflake takes 4 MB at once`,
      );
    }
  }

  async #send(batch: RowBatch, signal: AbortSignal): Promise<void> {
    const { session, pipe, spec, poller } = this.#options;
    const call = appendCall(pipe, spec.channelName, batch, this.#continuationToken, this.#sessionHeader);
    try {
      const reply = await session.send(call, signal, {
        beforeTry: (trySignal) => this.#beforeTry(trySignal),
        onRetry: () => this.#count('retried'),
      });
      this.#accept(reply.text);
      this.#sessionHeader = reply.headers['x-snowflake-session'] ?? this.#sessionHeader;
    } catch (error) {
      // Whether the rows arrived may be unknown now: only an open tells. A batch over the limit surely did not.
      if (!(error instanceof BatchTooLargeError)) this.#invalid ??= this.#abandonedBy(error);
      throw error;
    }
    this.#lastAccepted = batch.lastOffset;
    poller.wake();
  }

  /** A lost channel is not tried again, neither is one that somebody closed. */
  async #beforeTry(signal: AbortSignal): Promise<void> {
    if (this.#invalid !== null) throw this.#invalid;
    if (this.#isClosed) throw this.#broken('CHANNEL_CLOSED', 'it was closed while rows were being appended');
    await this.#rate.take(signal);
  }

  #accept(reply: string): void {
    const next = readAppendReply(reply);
    if (next === null) throw this.#broken('MALFORMED_REPLY', 'the answer to an append holds no continuation token');
    if (next === this.#continuationToken) {
      throw this.#broken('CONTINUATION_TOKEN_UNCHANGED', 'Snowflake answered 200 but did not take the rows');
    }
    this.#continuationToken = next;
  }

  #abandonedBy(error: unknown): ChannelInvalidError {
    return error instanceof ChannelInvalidError
      ? error
      : this.#broken('APPEND_ABANDONED', 'an append was given up before it was answered');
  }

  #broken(code: string, message: string): ChannelInvalidError {
    return new ChannelInvalidError(code, `Channel ${this.spec.channelName}: ${message}`);
  }

  #count(outcome: Outcome): void {
    const { connector, task } = this.#options.taskId;
    this.#options.metrics.increment('snowsink_appends_total', { connector, task: String(task), outcome });
  }
}

const outcomeOf = (error: unknown): Outcome => {
  if (error instanceof ChannelInvalidError) return 'channel-invalid';
  if (error instanceof BatchTooLargeError) return 'too-large';
  return error instanceof Error && error.name === 'DestinationRefusedError' ? 'refused' : 'abandoned';
};
