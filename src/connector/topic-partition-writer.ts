import {
  type Assignment,
  BatchTooLargeError,
  type Channel,
  ChannelInvalidError,
  type ChannelSpec,
  type ChannelStatus,
  type CommittableOffset,
  ConnectError,
  type EncodedRows,
  errorMessage,
  type LastOffset,
  type NextOffset,
  type RowBatch,
  type RowSink,
  type Timer,
} from '../api/index.ts';
import type { PartitionBuffer } from '../buffer/index.ts';
import { type CommitMetadata, encodeCommitMetadata, PartitionOffsetTracker } from '../offsets/index.ts';
import { Progress } from '../util/progress.ts';
import { orAborted } from '../util/signals.ts';
import { AcceptedBatches } from './accepted-batches.ts';
import { ChannelRecovery } from './channel-recovery.ts';
import { noteOf } from './late-rejections.ts';
import { RejectionAudit } from './rejection-audit.ts';
import { RequestSize } from './request-size.ts';
import { decideStart } from './resume-decision.ts';
import { RowsSentAgain } from './rows-sent-again.ts';
import { SentRows } from './sent-rows.ts';
import { factsOfReopened, type ReopenedFacts } from './set-token.ts';
import type { WriterDependencies } from './writer-dependencies.ts';
import { WriterMetrics } from './writer-metrics.ts';

/** Batches of one partition that may wait or be under way before it is paused: one on the wire, one behind it. */
const maxBacklog = 2;
/** Rows of one `put`; what comes after a rewind that happened meanwhile is dropped, because it will be read again. */
export interface WriterLease extends Required<RowSink> {
  /** Rows up to this offset are in the table already, or on their way there. */
  readonly taken: bigint | null;
}

/**
 * Owns one topic partition: its offsets, its buffer, its channel, and what happens when the channel is lost.
 * The task calls it from the loop; timers and the channel's statuses call in between.
 *
 * Always true: batches reach the channel in offset order, one at a time, each cut once; a batch that was not accepted is never
 * followed by another one before the channel was reopened and Kafka rewound.
 */
export class TopicPartitionWriter {
  readonly assignment: Assignment;
  readonly spec: ChannelSpec;
  readonly #deps: WriterDependencies;
  readonly #tracker: PartitionOffsetTracker;
  readonly #closing = new AbortController();
  readonly #metrics: WriterMetrics;
  #channel: Channel;
  /** Over the present channel. */
  #sent: SentRows;
  #buffer: PartitionBuffer;
  /** `failed`: the task is about to end; nothing more is sent, what is pending stays so. */
  #state: 'open' | 'recovering' | 'failed' | 'closed' = 'open';
  /** Ends the sends of the present channel. */
  #sending = new AbortController();
  #chain: Promise<void> = Promise.resolve();
  #backlog = 0;
  #rewinds = 0;
  readonly #recovery: ChannelRecovery;
  readonly #accepted: AcceptedBatches;
  #ageTimer: Timer | null = null;
  /** Last offset that went over the present channel, answered or not. */
  #lastSent: LastOffset | null = null;
  readonly #requestSize = new RequestSize();
  /** Of the rows that Snowflake accepted and dropped. */
  readonly audit: RejectionAudit;
  readonly #progress = new Progress();
  readonly #giveWay = (): void => this.cut('memory');

  constructor(assignment: Assignment, channel: Channel, deps: WriterDependencies) {
    this.assignment = assignment;
    this.spec = channel.spec;
    this.#deps = deps;
    this.#tracker = new PartitionOffsetTracker(channel.opened.committed);
    this.#buffer = deps.newBuffer(undefined, this.#giveWay);
    const { destination, random } = deps;
    const { context, settings, tables, pauses, verified, isLane } = deps;
    const closing = this.#closing.signal;
    this.#recovery = new ChannelRecovery({ spec: this.spec, destination, context, settings, random, closing });
    this.#metrics = new WriterMetrics(deps.context, assignment);
    this.#accepted = this.#watchAccepted();
    this.#channel = channel;
    this.#sent = new SentRows(channel.opened);
    this.audit = new RejectionAudit(
      {
        ...{ spec: this.spec, context, settings, tables, pauses, isLane },
        maySendAgain: () => deps.hasStructuredColumns(this.spec.table),
        sendAgain: () => this.#sendAgain(),
        logEnd: assignment.endNow,
        rewind: (to) => this.#readAgain(to),
        fail: (what, cause) => this.#fail(what, cause),
      },
      channel.opened.incarnation,
      verified,
    );
    this.#listenTo(channel);
  }

  /** Rows in memory, buffered or on their way. */
  get holdsRows(): boolean {
    return this.#backlog > 0 || !this.#buffer.isEmpty;
  }

  get token(): LastOffset | null {
    return this.#tracker.token;
  }

  get incarnation(): string {
    return this.#channel.status().incarnation;
  }

  /** All that was put is durable, and nothing of it is looked for. */
  get isSettled(): boolean {
    const isDurable = this.#state === 'open' && !this.holdsRows && this.#tracker.firstPending() === null;
    return isDurable && !this.audit.isUnderWay;
  }

  lease(): WriterLease {
    const rewinds = this.#rewinds;
    const { newest } = this.#tracker;
    const { leavesOut = null } = this.#deps;
    return {
      taken: leavesOut !== null && leavesOut > (newest ?? -1n) ? leavesOut : newest,
      add: (rows) => (rewinds === this.#rewinds ? this.#add(rows) : rows.release()),
      rowRoom: () => this.#buffer.rowRoom,
    };
  }

  /** What may be committed when everything below `consumed` has been put. `others`: of the partition's other channels. */
  committable(
    consumed: NextOffset,
    others: Pick<CommitMetadata, 'tables' | 'rejectedByTable' | 'lanes' | 'laneRows'> = {},
  ): CommittableOffset {
    const offset = this.audit.advance(this.#tracker.committable(consumed));
    const metadata = encodeCommitMetadata({
      token: this.#tracker.token,
      topicId: this.assignment.topicId,
      incarnation: this.incarnation,
      ...noteOf(this.audit.verified),
      ...others,
    });
    return { offset, metadata };
  }

  /** Hands what is buffered to the channel now. */
  cut(reason: Parameters<WriterMetrics['flushed']>[0]): void {
    this.#ageTimer?.cancel();
    this.#ageTimer = null;
    if (reason === 'memory') this.audit.again?.cut();
    if (this.#buffer.isEmpty || this.#state !== 'open') return;
    this.#tracker.seal();
    this.#metrics.flushed(reason);
    const cut = this.#buffer.cut();
    const { signal } = this.#sending;
    this.#setBacklog(this.#backlog + 1);
    this.#chain = this.#chain.then(() => this.#send(cut, signal));
  }

  /** Resolves when all rows are durable, or when that cannot happen before the deadline: what is left is read again by the next owner. */
  async flush(deadline: AbortSignal): Promise<void> {
    while ((this.#state === 'open' || this.#state === 'recovering') && !deadline.aborted) {
      this.cut('close');
      if (this.#state === 'open' && this.#tracker.firstPending() === null) return;
      await this.#progress.next(deadline);
    }
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#ageTimer?.cancel();
    this.#accepted.clear();
    this.#closing.abort(new Error('partition closed'));
    this.#sending.abort(this.#closing.signal.reason);
    this.#buffer.discard();
    this.#channel.close();
    this.audit.close();
    this.#deps.pauses.forget(this.assignment);
    this.#progress.tell();
  }

  #add(rows: EncodedRows): Promise<void> | void {
    if (this.#state === 'closed') return rows.release();
    const { token } = this.#tracker;
    if (token !== null && rows.firstOffset <= token) return this.#overtaken(rows, token);
    // A piece larger than a slot could push the body over what one request takes. Before the tracker hears of it: `cut` seals.
    if (this.#state === 'open' && !this.#buffer.hasRoomFor(rows.bytes.length)) this.cut('wire');
    this.#tracker.buffered(rows.firstOffset, rows.lastOffset);
    // While the channel is being reopened the rows stay pending in the tracker: the rewind that follows brings them again.
    if (this.#state !== 'open') return rows.release();
    this.#metrics.buffered(rows.rowCount);
    const taken = this.#buffer.add(rows);
    const reason = this.#buffer.flushReason(this.#deps.context.clock.now());
    if (reason === null || reason === 'age') this.#armAgeTimer();
    else this.cut(reason);
    return taken;
  }

  /** The token is past rows that are only being put: another owner sent them. What lies behind it must be read again. */
  #overtaken(rows: EncodedRows, token: LastOffset): void {
    if (rows.lastOffset > token) {
      this.#tracker.buffered(token + 1n, rows.lastOffset);
      this.#tokenAhead(token);
    }
    rows.release();
  }

  #tokenAhead(token: LastOffset): void {
    this.#startRecovery(
      'TOKEN_AHEAD',
      `the channel's token ${token} is of no batch that was sent here: another owner wrote`,
    );
  }

  /**
   * Rows that are due by their age go when the channel takes them at once: behind a batch that is still under way, or sooner than the channel's
   * pace, they would only wait cut, and those behind them in a batch of their own.
   */
  #armAgeTimer(): void {
    const dueAtMs = this.#buffer.dueAtMs();
    if (this.#ageTimer !== null || dueAtMs === null || this.#backlog > 0 || this.#state !== 'open') return;
    const { clock } = this.#deps.context;
    const now = clock.now();
    // Never longer than the rows may age, even if somebody has set the clock back.
    const paceMs = (this.#channel.paceAtMs?.() ?? 0) - now;
    const ageMs = Math.min(dueAtMs - now, dueAtMs - (this.#buffer.firstBufferedAtMs ?? now));
    this.#ageTimer = clock.setTimer(Math.max(0, ageMs, paceMs), () => this.cut('age'));
  }

  async #send(cut: Promise<RowBatch>, signal: AbortSignal): Promise<void> {
    let batch: RowBatch | null = null;
    let isOver = false;
    try {
      batch = await cut;
      await orAborted(this.#deps.noted, signal);
      // The token covers what lies before these rows: dead letters of it must be durable first, or a crash would lose them.
      await orAborted(this.#deps.context.errantRecordReporter.settled(), signal);
      await this.#append(batch, signal);
      isOver = true;
    } catch (error) {
      if (!signal.aborted) this.#appendFailed(error, batch);
    } finally {
      batch?.release(isOver);
      this.#setBacklog(this.#backlog - 1);
    }
  }

  async #append(batch: RowBatch, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps.context;
    const startedMs = clock.now();
    const channel = this.#channel;
    await this.#deps.sends.add(() => {
      signal.throwIfAborted();
      this.#lastSent = batch.lastOffset;
      this.#sent.add(batch.lastOffset, batch.rowCount);
      return channel.append(batch, signal);
    });
    // Accepted although the channel was given up meanwhile: the reopened one tells whether it counts.
    if (signal.aborted) return;
    this.#metrics.appended(batch, (clock.now() - startedMs) / 1000);
    this.#accepted.add(batch.lastOffset, batch.firstBufferedAtMs);
    this.#settleAccepted();
  }

  #appendFailed(error: unknown, batch: RowBatch | null): void {
    if (error instanceof ChannelInvalidError) this.#startRecovery(error.code, error.message);
    else if (error instanceof BatchTooLargeError && batch !== null) this.#tooLarge(batch, error);
    else this.#fail(`could not append rows: ${errorMessage(error)}`, error);
  }

  #tooLarge(batch: RowBatch, error: BatchTooLargeError): void {
    const { rowCount, wireBytes, firstOffset, lastOffset } = batch;
    const what = `offsets ${firstOffset} to ${lastOffset} (${rowCount} rows, ${wireBytes} bytes on the wire) were refused as too large for one request`;
    if (this.#requestSize.shrinkAfter(batch)) this.#startRecovery('BATCH_TOO_LARGE', what);
    else this.#fail(`${what}; Snowflake takes 4 MB: raise the body limit of the proxy or gateway in between`, error);
  }

  #listenTo(channel: Channel): void {
    channel.onStatus((status) => {
      if (channel !== this.#channel || this.#state !== 'open') return;
      if (status instanceof ChannelInvalidError) this.#startRecovery(status.code, status.message);
      else if (status instanceof Error) this.#fail(errorMessage(status), status);
      else this.#took(status);
    });
  }

  #took(status: ChannelStatus): void {
    const { token } = this.#tracker;
    if (status.committed !== null && (token === null || status.committed > token)) {
      // It says nothing of our rows, and Kafka must not be committed by it.
      if (!this.#sent.has(status.committed)) {
        this.#tokenAhead(status.committed);
        return;
      }
      this.#tracker.committed(status.committed);
      this.#recovery.succeeded();
      this.#metrics.committed(status.committed);
      this.#settleAccepted();
    }
    this.audit.see(status, this.#sent.newlyUnaccounted(status));
    this.#progress.tell();
  }

  #watchAccepted(): AcceptedBatches {
    const { context, settings } = this.#deps;
    const { commitTimeoutMs } = settings;
    return new AcceptedBatches({
      clock: context.clock,
      commitTimeoutMs,
      onDurable: (seconds) => this.#metrics.durable(seconds),
      onTimeout: (last) =>
        this.#startRecovery(
          'COMMIT_TIMEOUT',
          `rows up to ${last} were accepted but not committed within ${commitTimeoutMs} ms`,
        ),
    });
  }

  #settleAccepted(): void {
    this.#accepted.settle((offset) => this.#tracker.isDurable(offset));
  }

  /** For rows that lacked what a structured column has got meanwhile: the table is looked at first. */
  async #sendAgain(): Promise<RowsSentAgain> {
    const { destination, settings, context } = this.#deps;
    const { signal } = this.#closing;
    await this.#deps.tableReplaced(this.spec.table);
    const again = await RowsSentAgain.open(this.spec, {
      ...{ destination, clock: context.clock, timeoutMs: settings.commitTimeoutMs, signal },
      newBuffer: () => this.#deps.newBuffer(this.#requestSize.limits),
      shrinkAfter: (batch) => this.#requestSize.shrinkAfter(batch),
    });
    try {
      // Else it may be of a table that was made anew since, and where reading goes on there only an operator can say.
      await this.#channel.confirm?.(signal);
      return again;
    } catch (error) {
      again.close();
      throw error;
    }
  }

  #startRecovery(cause: string, message: string): void {
    if (this.#state !== 'open') return;
    this.#state = 'recovering';
    this.#sending.abort(new Error(message));
    this.#ageTimer?.cancel();
    this.#ageTimer = null;
    this.#accepted.clear();
    // Its rows stay pending in the tracker and are read again; memory that waits for a reopen would be missing elsewhere.
    this.#buffer.discard();
    this.#deps.pauses.pause(this.assignment, 'recovery');
    this.#metrics.recovering(cause);
    this.#deps.context.logger.warn(
      { cause, channel: this.spec.channelName },
      `Reopening the channel of ${this.#where()}: ${message}`,
    );
    this.#recover(cause, message).catch((error: unknown) => {
      if (!this.#closing.signal.aborted) this.#fail(`could not reopen the channel: ${errorMessage(error)}`, error);
    });
  }

  async #recover(cause: string, message: string): Promise<void> {
    const channel = await this.#recovery.reopen(this.#channel, () => this.#chain, message);
    if (this.#closing.signal.aborted) return channel.close();
    const { incarnation } = this.#channel.status();
    const { last, rows } = this.audit.verified;
    // What the token of one lane passes over unseen, the search for missing rows finds.
    const known = {
      ...{ last, incarnation, rows: this.#deps.isLane ? null : rows },
      sent: this.#lastSent ?? this.#tracker.token,
    };
    const facts = await factsOfReopened(channel, known, this.assignment, this.#deps);
    if (this.#closing.signal.aborted) return channel.close();
    const hadAll = this.#lastSent !== null && (channel.opened.committed ?? -1n) >= this.#lastSent;
    this.#recovery.reopenedFor(cause, hadAll);
    this.#reopened(channel, facts);
  }

  /** Synchronous from here to `open`: no row may slip in between the rewind and the new buffer. */
  #reopened(channel: Channel, { logEnd, tokenWasSet }: ReopenedFacts): void {
    const pending = this.#tracker.firstPending();
    const before = this.#tracker.token;
    const { incarnation } = this.#channel.status();
    const { opened } = channel;
    const at = decideStart(this.assignment, {
      token: opened.committed,
      incarnation: opened.incarnation,
      recovering: { token: before, pending, incarnation, logEnd },
      tokenWasSet,
      settings: this.#deps.settings,
      logger: this.#deps.context.logger,
    });
    this.#buffer = this.#deps.newBuffer(this.#requestSize.limits, this.#giveWay);
    this.#tracker.reset(opened.committed);
    if (pending === null || (opened.committed ?? -1n) > (before ?? -1n)) this.#recovery.succeeded();
    this.#sending = new AbortController();
    this.#lastSent = null;
    const unaccounted = this.#sent.unaccountedAt(opened);
    this.#sent = new SentRows(opened);
    this.#channel = channel;
    this.#listenTo(channel);
    if (at !== null) this.#readAgain(this.audit.reopened(at));
    this.#state = 'open';
    this.#deps.pauses.resume(this.assignment, 'recovery');
    this.audit.see(opened, unaccounted);
    this.#progress.tell();
  }

  #readAgain(from: NextOffset): void {
    this.#rewinds++;
    this.#deps.rewind(from);
  }

  #setBacklog(backlog: number): void {
    this.#backlog = backlog;
    if (this.#state === 'closed') return;
    if (backlog >= maxBacklog) this.#deps.pauses.pause(this.assignment, 'backlog');
    else this.#deps.pauses.resume(this.assignment, 'backlog');
    this.#armAgeTimer();
    this.#progress.tell();
  }

  #where(): string {
    return `topic ${this.assignment.topic}, partition ${this.assignment.partition}, table ${this.spec.table}`;
  }

  /** Nothing follows what failed, or the token would pass it. */
  #fail(what: string, cause?: unknown): void {
    if (this.#state === 'closed') return;
    this.#state = 'failed';
    this.#sending.abort(new Error(what));
    this.#ageTimer?.cancel();
    this.#ageTimer = null;
    this.#accepted.clear();
    this.#progress.tell();
    this.#deps.context.fail(new ConnectError(`${this.#where()}: ${what}`, { cause }));
  }
}
