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
} from '../api/index.ts';
import type { PartitionBuffer } from '../buffer/index.ts';
import { type CommitMetadata, encodeCommitMetadata, PartitionOffsetTracker } from '../offsets/index.ts';
import { Progress } from '../util/progress.ts';
import { orAborted } from '../util/signals.ts';
import { AcceptedBatches } from './accepted-batches.ts';
import { placeOf } from './channel-place.ts';
import { ChannelRecovery } from './channel-recovery.ts';
import { FlushTimer } from './flush-timer.ts';
import { noteOf } from './late-rejections.ts';
import { RejectionAudit } from './rejection-audit.ts';
import { RequestSize } from './request-size.ts';
import { decideStart } from './resume-decision.ts';
import { RowsSentAgain } from './rows-sent-again.ts';
import { SendChain } from './send-chain.ts';
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
  readonly #sends: SendChain;
  #rewinds = 0;
  readonly #recovery: ChannelRecovery;
  readonly #accepted: AcceptedBatches;
  readonly #flushTimer: FlushTimer;
  readonly #requestSize = new RequestSize();
  /** Of the rows that Snowflake accepted and dropped. */
  readonly audit: RejectionAudit;
  readonly #progress = new Progress();
  readonly #giveWay = (): void => this.cut('compressor');

  constructor(assignment: Assignment, channel: Channel, deps: WriterDependencies) {
    this.assignment = assignment;
    this.spec = channel.spec;
    this.#deps = deps;
    this.#tracker = new PartitionOffsetTracker(channel.opened.committed);
    this.#buffer = deps.newBuffer(undefined, this.#giveWay);
    const { destination, random, context, settings, tables, pauses, verified, isLane } = deps;
    const closing = this.#closing.signal;
    this.#recovery = new ChannelRecovery({ spec: this.spec, destination, context, settings, random, closing });
    this.#metrics = new WriterMetrics(deps.context, assignment);
    this.#accepted = new AcceptedBatches({
      ...{ clock: context.clock, commitTimeoutMs: settings.commitTimeoutMs },
      isDurable: (offset) => this.#tracker.isDurable(offset),
      onDurable: (seconds) => this.#metrics.durable(seconds),
      onTimeout: (last) => this.#commitTimedOut(last),
    });
    this.#flushTimer = new FlushTimer(context.clock, () => this.cut('age'));
    this.#sends = new SendChain({
      append: (batch, signal) => this.#append(batch, signal),
      failed: (error, batch) => this.#appendFailed(error, batch),
      changed: () => this.#backlogChanged(),
    });
    this.#channel = channel;
    this.#sent = new SentRows(channel.opened);
    this.audit = new RejectionAudit(
      {
        ...{ spec: this.spec, context, settings, tables, pauses, isLane },
        maySendAgain: () => deps.hasStructuredColumns(this.spec.table),
        sendAgain: () => this.#sendAgain(),
        logEnd: assignment.endNow,
        count: (rows) => this.#metrics.rejected(rows),
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
    return this.#sends.length > 0 || !this.#buffer.isEmpty;
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
    this.#flushTimer.cancel();
    if (reason === 'memory') this.audit.again?.cut();
    if (this.#buffer.isEmpty || this.#state !== 'open') return;
    this.#tracker.seal();
    this.#metrics.flushed(reason);
    this.#sends.add(this.#buffer.cut());
  }

  /** Resolves when all rows are durable, or when that cannot happen before the deadline: what is left is read again by the next owner. */
  async flush(deadline: AbortSignal): Promise<void> {
    while ((this.#state === 'open' || this.#state === 'recovering') && !deadline.aborted) {
      this.cut('close');
      if (this.#state === 'open' && this.#tracker.firstPending() === null) return;
      this.#channel.hurry?.();
      await this.#progress.next(deadline);
    }
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const why = new Error('partition closed');
    this.#closing.abort(why);
    this.#stopSending(why);
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
    if (reason === null || reason === 'age') this.#armFlushTimer();
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

  /** Behind a batch that is still under way they would only wait cut. */
  #armFlushTimer(): void {
    if (this.#sends.length === 0 && this.#state === 'open') this.#flushTimer.arm(this.#buffer, this.#channel);
  }

  async #append(batch: RowBatch, signal: AbortSignal): Promise<void> {
    const { clock, errantRecordReporter } = this.#deps.context;
    await orAborted(this.#deps.noted, signal);
    // The token covers what lies before these rows: dead letters of it must be durable first, or a crash would lose them.
    await orAborted(errantRecordReporter.settled(), signal);
    const startedMs = clock.now();
    const channel = this.#channel;
    await this.#deps.sends.add(() => {
      signal.throwIfAborted();
      this.#sent.add(batch.lastOffset, batch.rowCount);
      return channel.append(batch, signal);
    });
    // Accepted although the channel was given up meanwhile: the reopened one tells whether it counts.
    if (signal.aborted) return;
    this.#metrics.appended(batch, (clock.now() - startedMs) / 1000);
    this.#accepted.add(batch.lastOffset, batch.firstBufferedAtMs);
    this.#accepted.settle();
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
      this.#accepted.settle();
    }
    this.audit.see(status, this.#sent.newlyUnaccounted(status));
    this.#progress.tell();
  }

  #commitTimedOut(last: LastOffset): void {
    const limit = `within ${this.#deps.settings.commitTimeoutMs} ms`;
    this.#startRecovery('COMMIT_TIMEOUT', `rows up to ${last} were accepted but not committed ${limit}`);
  }

  /** For rows that lacked what a structured column has got meanwhile: the table is looked at first. */
  async #sendAgain(): Promise<RowsSentAgain> {
    const { destination, settings, context } = this.#deps;
    const { signal } = this.#closing;
    await this.#deps.tableReplaced(this.spec.table);
    return RowsSentAgain.open(this.spec, {
      ...{ destination, clock: context.clock, timeoutMs: settings.commitTimeoutMs, signal },
      // Else it may be of a table that was made anew since, and where reading goes on there only an operator can say.
      confirm: async () => {
        while (this.#state === 'recovering') await this.#progress.next(signal);
        await this.#channel.confirm?.(signal);
      },
      newBuffer: () => this.#deps.newBuffer(this.#requestSize.limits),
      shrinkAfter: (batch) => this.#requestSize.shrinkAfter(batch),
    });
  }

  /** Over the present channel; what it accepted is not waited for any more. */
  #stopSending(why: Error): void {
    this.#sends.end(why);
    this.#flushTimer.cancel();
    this.#accepted.clear();
  }

  #startRecovery(cause: string, message: string): void {
    if (this.#state !== 'open') return;
    this.#state = 'recovering';
    this.#stopSending(new Error(message));
    // Its rows stay pending in the tracker and are read again; memory that waits for a reopen would be missing elsewhere.
    this.#buffer.discard();
    this.#deps.pauses.pause(this.assignment, 'recovery');
    this.#metrics.recovering(cause);
    this.#recover(cause, message).catch((error: unknown) => {
      if (!this.#closing.signal.aborted) this.#fail(`could not reopen the channel: ${errorMessage(error)}`, error);
    });
  }

  async #recover(cause: string, message: string): Promise<void> {
    const channel = await this.#recovery.reopen(this.#channel, () => this.#sends.settled(), { cause, message });
    if (this.#closing.signal.aborted) return channel.close();
    const { incarnation } = this;
    const { last, rows } = this.audit.verified;
    // What the token of one lane passes over unseen, the search for missing rows finds.
    const known = {
      ...{ last, incarnation, rows: this.#deps.isLane ? null : rows },
      sent: this.#sent.last ?? this.#tracker.token,
    };
    const facts = await factsOfReopened(channel, known, this.assignment, this.#deps);
    if (this.#closing.signal.aborted) return channel.close();
    this.#recovery.reopenedFor(cause, channel.opened, this.#sent.last);
    this.#reopened(channel, facts);
  }

  /** Synchronous from here to `open`: no row may slip in between the rewind and the new buffer. */
  #reopened(channel: Channel, { logEnd, tokenWasSet }: ReopenedFacts): void {
    const pending = this.#tracker.firstPending();
    const before = this.#tracker.token;
    const { incarnation } = this;
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
    this.#sends.beginAnew();
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

  #backlogChanged(): void {
    if (this.#state === 'closed') return;
    if (this.#sends.length >= maxBacklog) this.#deps.pauses.pause(this.assignment, 'backlog');
    else this.#deps.pauses.resume(this.assignment, 'backlog');
    this.#armFlushTimer();
    this.#progress.tell();
  }

  /** Nothing follows what failed, or the token would pass it. */
  #fail(what: string, cause?: unknown): void {
    if (this.#state === 'closed') return;
    this.#state = 'failed';
    this.#stopSending(new Error(what));
    this.#progress.tell();
    this.#deps.context.fail(new ConnectError(`${placeOf(this.spec)}: ${what}`, { cause }));
  }
}
