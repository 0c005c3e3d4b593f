import {
  asNextOffset,
  ChannelInvalidError,
  type ChannelSpec,
  type ChannelStatus,
  errorMessage,
  type NextOffset,
  RowDroppedError,
  type SinkTaskContext,
} from '../api/index.ts';
import { doubledMs } from '../util/backoff.ts';
import { judgeFirstReading, uncountedRows } from './first-reading.ts';
import { LateRejections, type SuspectWindow, type Verified } from './late-rejections.ts';
import { contains, countWithin } from './offset-runs.ts';
import { type Asking, offsetsInTable, tellsOffsets } from './offsets-in-table.ts';
import type { WriterPauses } from './partition-pauses.ts';
import type { RowsSentAgain } from './rows-sent-again.ts';
import { type Audit, askLogEnd, auditOf, lacks, storedWithin } from './suspect-audit.ts';
import {
  cannotBeTold,
  couldNotBeRead,
  isMereDoubt,
  logEndsBefore,
  othersWereSentAgain,
  whatHappened,
  whichUnknown,
  whyMissing,
  windowFields,
  windowPlace,
} from './suspect-window-text.ts';

export interface RejectionAuditOptions extends Asking {
  readonly spec: ChannelSpec;
  readonly context: SinkTaskContext;
  readonly pauses: WriterPauses;
  /** The table has rows of the partition that went over other channels. */
  readonly isLane: boolean;
  /** Whether rows of the table may have been dropped only because it changed while they were on their way. */
  maySendAgain(): boolean;
  /** Once the table's present shape is known. */
  sendAgain(): Promise<RowsSentAgain>;
  /** Asks for the log's end; without it the log is taken to stand still. */
  readonly logEnd: (() => Promise<NextOffset>) | undefined;
  /** Rows that were dropped or swallowed, where there are any. */
  count(rows: number): void;
  /** Reads the partition again from this offset on. */
  rewind(to: NextOffset): void;
  fail(what: string, cause?: unknown): void;
}

/** Times that rows are sent again over and over because their channel was lost, each later than the last. */
const maxTries = 5;
const delay = { initialMs: 500, maxMs: 8000 } as const;

/**
 * Finds the rows that Snowflake accepted and dropped (ON_ERROR = CONTINUE tells only how many) or swallowed (its counters tell of less
 * rows than were sent): the table is asked which offsets of
 * the suspect window it has, the window is read from Kafka again, and records whose rows are missing go to the errant record
 * reporter. Until then Kafka's commit stays before the window, so a crash or a rebalance only begins it anew.
 */
export class RejectionAudit {
  readonly #options: RejectionAuditOptions;
  readonly #rejections: LateRejections;
  #audit: Audit | null = null;
  #reason = 'no reason given';
  /** Until they told of less rows than the table has. */
  #trustsRowCounts = true;
  #isClosed = false;

  constructor(options: RejectionAuditOptions, incarnation: string, verified: Verified) {
    this.#options = options;
    this.#rejections = new LateRejections(incarnation, verified);
  }

  /** What the next owner need not look into. */
  get verified(): Verified {
    return this.#rejections.verified;
  }

  /**
   * Of a status or an opened channel. `unaccounted`: rows up to its token that were sent, and that it neither stored nor rejected; null:
   * another owner sent them, and only reading again tells how many.
   */
  see(status: ChannelStatus, unaccounted: number | null = 0): void {
    if (status.lastRejection !== null && status.lastRejection.message !== '')
      this.#reason = status.lastRejection.message;
    this.#options.count(this.#rejections.see(status, this.#trustsRowCounts ? unaccounted : 0));
    this.#beginIfSuspect();
  }

  /** The channel was opened anew, and reading is to go on at `at`: not behind what is being looked into. */
  reopened(at: NextOffset): NextOffset {
    if (at <= this.verified.last) {
      this.#rejections.wentBack(at);
      this.#forget();
    }
    const from = this.#audit?.window.from ?? at;
    return from < at ? asNextOffset(from) : at;
  }

  /** Some rows that were sent may be missing, and are looked for. */
  get isUnderWay(): boolean {
    return this.#audit !== null;
  }

  /** Whether records of these offsets (both inclusive) need to be looked at although their rows were committed. */
  concerns(first: bigint, last: bigint): boolean {
    return this.#audit !== null && first <= this.#audit.window.to && last >= this.#audit.window.from;
  }

  /** Whether the row of an offset that is committed is not in the table. */
  lacks(offset: bigint): boolean {
    return this.#audit !== null && lacks(this.#audit, offset);
  }

  /** Records of these offsets are read, and their rows go over another lane. */
  ofAnotherLane(first: bigint, last: bigint): void {
    if (this.#audit !== null && this.#audit.present !== null) this.#audit.others.add(first, last);
  }

  /** A record whose row was sent and is missing. Null: not to be reported yet. */
  missing(offset: bigint): RowDroppedError | null {
    const audit = this.#audit;
    if (audit === null) return null;
    audit.missing.add(offset);
    return audit.step === 'reporting'
      ? new RowDroppedError(
          `Snowflake dropped this row of table ${this.#options.spec.table} after accepting it: ${whyMissing(audit.window, this.#reason)}`,
        )
      : null;
  }

  /** Where a missing row is to go once more; null: nowhere. */
  get again(): RowsSentAgain | null {
    return this.#audit?.again ?? null;
  }

  /** Everything below `next` is looked at: the step that is due at the window's end need not wait for the next commit. */
  looked(next: bigint): void {
    const audit = this.#audit;
    if (audit === null || audit.present === null || audit.isRead || next <= audit.window.to) return;
    audit.isRead = true;
    this.#options.context.requestCommit();
  }

  /** All records below `consumed` were looked at. Answers how far may be committed, and goes on to the next step where one is due. */
  advance(consumed: NextOffset): NextOffset {
    const audit = this.#audit;
    if (audit === null) {
      this.#rejections.passed(consumed);
      return consumed;
    }
    const { window } = audit;
    if (consumed <= window.to) this.#checkLogEnd(audit);
    const before = asNextOffset(window.from);
    if (audit.present === null) return consumed < before ? consumed : before;
    if (consumed < before) return consumed;
    if (consumed <= window.to) return audit.step === 'reporting' ? this.#reportedBelow(audit, consumed) : before;
    if (audit.step === 'waiting') return before;
    if (audit.again !== null) {
      this.#wait(audit, this.#endAgain(audit, audit.again));
      return before;
    }
    if (audit.step === 'counting' && this.#counted(audit) === 'some are missing') return before;
    this.#end();
    if (this.#audit !== null) return asNextOffset(window.to + 1n);
    // Kafka's commit passes it now: the next window begins no earlier, for letters before it are settled.
    this.#rejections.passed(consumed);
    return consumed;
  }

  /** A log that was truncated meanwhile never brings what lay behind its end. */
  #checkLogEnd(audit: Audit): void {
    const { logEnd, fail } = this.#options;
    askLogEnd(audit, logEnd, (end) => {
      if (this.#audit === audit && end <= audit.window.to) fail(logEndsBefore(audit.window, end));
    });
  }

  /** The window is done with; there may be another behind it. */
  #end(): void {
    this.#audit = null;
    this.#rejections.settle();
    this.#beginIfSuspect();
  }

  /** A part of the window is done with: Kafka's commit passes it, and nobody looks at it again. */
  #reportedBelow(audit: Audit, next: NextOffset): NextOffset {
    const done = [...audit.missing].filter((offset) => offset < next);
    for (const offset of done) audit.missing.delete(offset);
    const stored = storedWithin(audit, audit.window.from, next - 1n);
    this.#rejections.settleBelow(next, done.length, stored);
    audit.window = this.#rejections.window ?? audit.window;
    return next;
  }

  close(): void {
    this.#isClosed = true;
    this.#forget();
  }

  #forget(): void {
    this.#audit?.again?.close();
    this.#audit = null;
  }

  #beginIfSuspect(): void {
    const { window } = this.#rejections;
    if (this.#audit !== null && this.#audit.window !== window) this.#forget();
    if (window === null || this.#audit !== null || this.#isClosed) return;
    const { context, settings, spec, fail } = this.#options;
    if (window.unaccounted === null && !tellsOffsets(settings)) {
      if (isMereDoubt(window)) this.#tellNotVerified(window, 'They are not looked for.');
      this.#rejections.judge(0);
      if (window.count === 0) this.#rejections.settle();
      this.#beginIfSuspect();
      return;
    }
    const what = whatHappened(spec, window, this.#reason);
    if (settings.lateRejections === 'count' || window.to < window.from) {
      context.logger.error(
        { code: 'late-rejections', table: spec.table, ...windowFields(spec, window) },
        `${what}. They are counted, not looked for.`,
      );
      if (settings.errorsTolerance === 'none' && window.from <= window.to) {
        fail(`${what}. errors.tolerance=all goes on and counts them in snowsink_rows_rejected_total`);
      }
      this.#options.count(window.unaccounted ?? 0);
      this.#rejections.settle();
      return;
    }
    if (!tellsOffsets(settings)) {
      fail(`${what}. ${cannotBeTold}`);
      return;
    }
    const level = isMereDoubt(window) ? 'info' : 'warn';
    context.logger[level]({ table: spec.table, ...windowFields(spec, window) }, `${what}. Looking for them.`);
    const audit = auditOf(window);
    this.#audit = audit;
    this.#meanwhile(audit, this.#ask(audit), (error) => {
      if (isMereDoubt(audit.window)) this.#leaveUnasked(audit, error);
      else fail(`${what}. ${couldNotBeRead(error)}`, error);
    });
  }

  /** Nothing is read while this goes on. */
  #meanwhile(audit: Audit, work: Promise<void>, failed: (error: unknown) => void): void {
    const { pauses, spec } = this.#options;
    pauses.pause(spec, 'audit');
    work.then(
      () => pauses.resume(spec, 'audit'),
      (error: unknown) => (this.#audit === audit ? failed(error) : pauses.resume(spec, 'audit')),
    );
  }

  async #ask(audit: Audit): Promise<void> {
    const { context } = this.#options;
    const { from, to } = audit.window;
    audit.present = await offsetsInTable(this.#options.spec, audit.window, this.#options);
    if (this.#audit !== audit) return;
    const isWhole = BigInt(countWithin(audit.present, from, to)) === to - from + 1n;
    // Which of the offsets are a lane's own only reading tells.
    if (isWhole && isMereDoubt(audit.window) && !this.#options.isLane) {
      this.#rowCountsDiffer(audit.window);
      this.#end();
    }
    // Only now: what was read before the answer, for all a pause could do, was not held against it.
    else this.#options.rewind(asNextOffset(from));
    context.requestCommit();
  }

  /** The window is read once more, for `step`. */
  #read(audit: Audit, step: Audit['step']): void {
    const { rewind, context } = this.#options;
    audit.step = step;
    audit.isRead = false;
    rewind(asNextOffset(audit.window.from));
    context.requestCommit();
  }

  /** Asked anew what the table has, for another owner may have begun the same. */
  async #beginAgain(audit: Audit): Promise<void> {
    if (audit.losses > 0) await this.#options.context.clock.sleep(doubledMs(delay, audit.losses));
    if (this.#audit !== audit) return;
    const again = await this.#options.sendAgain();
    const present = await offsetsInTable(this.#options.spec, audit.window, this.#options);
    if (this.#audit !== audit) return again.close();
    Object.assign(audit, { present, again });
    audit.missing.clear();
    this.#read(audit, 'sending again');
  }

  #wait(audit: Audit, work: Promise<void>): void {
    audit.step = 'waiting';
    this.#meanwhile(audit, work, (error) => this.#againFailed(audit, error));
  }

  /** Where only their channel was lost, the table tells which of them are still missing. */
  #againFailed(audit: Audit, error: unknown): void {
    const { fail, spec, context } = this.#options;
    const what = `rows of ${windowPlace(spec, audit.window)} could not be sent once more: ${errorMessage(error)}`;
    if (!(error instanceof ChannelInvalidError) || audit.losses === maxTries) {
      fail(what, error);
      return;
    }
    context.logger.warn({ table: spec.table, ...windowFields(spec, audit.window) }, `Trying again: ${what}`);
    audit.again?.close();
    audit.again = null;
    audit.losses++;
    this.#wait(audit, this.#beginAgain(audit));
  }

  async #endAgain(audit: Audit, again: RowsSentAgain): Promise<void> {
    await again.settled();
    const present = await offsetsInTable(this.#options.spec, audit.window, this.#options);
    await again.confirm();
    if (this.#audit !== audit) return;
    const { context, spec } = this.#options;
    const sent = audit.missing.size;
    for (const offset of audit.missing) if (contains(present, offset)) audit.missing.delete(offset);
    context.logger.info(
      { table: spec.table, ...windowFields(spec, audit.window) },
      `Of ${sent} row(s) of ${windowPlace(spec, audit.window)} that Snowflake dropped while the table changed ${sent - audit.missing.size} are in it now`,
    );
    Object.assign(audit, { present, again: null });
    if (audit.missing.size > 0) return this.#read(audit, 'reporting');
    this.#end();
    context.requestCommit();
  }

  /** Nothing says that a row is missing, so nothing stops; but it is said that nobody has looked. */
  #leaveUnasked(audit: Audit, error: unknown): void {
    const { context, pauses, spec } = this.#options;
    this.#tellNotVerified(audit.window, `Whether all are in the table could not be asked: ${errorMessage(error)}`);
    this.#judge(audit, 0);
    this.#end();
    pauses.resume(spec, 'audit');
    context.requestCommit();
  }

  #tellNotVerified(window: SuspectWindow, why: string): void {
    const { context, spec } = this.#options;
    const what = whatHappened(spec, window, this.#reason);
    context.logger.warn({ code: 'not-verified', table: spec.table, ...windowFields(spec, window) }, `${what}. ${why}`);
  }

  /** So many rows of the window were sent and are in no counter. */
  #judge(audit: Audit, unaccounted: number): void {
    this.#rejections.judge(unaccounted);
    audit.window = this.#rejections.window ?? audit.window;
  }

  /** The first reading is over. */
  #counted(audit: Audit): 'none is missing' | 'some are missing' {
    const { missing } = audit;
    const { context, fail, spec, isLane } = this.#options;
    const { from, to } = audit.window;
    const letters = context.errantRecordReporter.droppedRowsWithin(spec, from, to);
    const lettered = new Set([...letters].filter((offset) => !audit.others.has(offset)));
    const [found, accountedFor] = [missing.size, missing.union(lettered).size];
    const maySendAgain = this.#options.maySendAgain();
    const reading = { found, accountedFor, stored: storedWithin(audit, from, to), isLane, maySendAgain };
    if (audit.window.unaccounted === null) {
      const { unaccounted, differ } = uncountedRows(audit.window, reading);
      if (differ) this.#rowCountsDiffer(audit.window);
      this.#judge(audit, unaccounted);
    }
    const { window } = audit;
    const judgement = judgeFirstReading(window, reading);
    if (judgement === 'none') return 'none is missing';
    if (judgement === 'too many' || judgement === 'too few') {
      fail(whichUnknown(spec, window, { found, judgement }));
      return 'some are missing';
    }
    for (const offset of lettered) missing.add(offset);
    if (judgement === 'sent again')
      context.logger.warn(
        { code: 'row-counts-differ', ...windowFields(spec, window) },
        `${whatHappened(spec, window, this.#reason)}. ${othersWereSentAgain(found)}`,
      );
    if (judgement === 'differ') this.#rowCountsDiffer(window);
    this.#options.count(found - window.count);
    if (!maySendAgain || found === 0) this.#read(audit, 'reporting');
    else this.#wait(audit, this.#beginAgain(audit));
    return 'some are missing';
  }

  /**
   * The table is the truth. A false alarm costs a second look at these rows, so there is none after the first. But with several lanes what
   * compaction took from the log may be rows of another one.
   */
  #rowCountsDiffer(window: SuspectWindow): void {
    const { isLane, context, spec } = this.#options;
    if (!isLane) this.#trustsRowCounts = false;
    context.logger.warn(
      { code: 'row-counts-differ', ...windowFields(spec, window) },
      `Snowflake's rows_inserted tells of less rows than were sent of ${windowPlace(spec, window)}, but the table has them${isLane ? '' : ': from here on only rows_error_count is gone by'}`,
    );
  }
}
