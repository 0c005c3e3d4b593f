import {
  asLastOffset,
  type Channel,
  ChannelInvalidError,
  type ChannelSpec,
  type ChannelStatus,
  type Clock,
  errorMessage,
  type Logger,
  type RowBatch,
  type Timer,
} from '../../api/index.ts';
import { Progress } from '../../util/progress.ts';
import { isInDoubt } from '../sql/sql-refusals.ts';
import type { LoadedSoFar, PartitionStage } from './partition-stage.ts';
import { fileName, readFileName, type StagedFile } from './snowpipe-names.ts';
import type { LoadReport, SnowpipeRest } from './snowpipe-rest.ts';

/** Milliseconds. */
export interface SnowpipeTiming {
  /** Between two reports of a pipe that somebody waits for: a load takes about a minute. */
  readonly reportIntervalMs: number;
  /** Reports are kept for ten minutes: who missed one asks the load history, and so often at most. */
  readonly historyIntervalMs: number;
  /** A file of which neither tells anything for so long did not load. */
  readonly lostAfterMs: number;
}

export const defaultTiming: SnowpipeTiming = {
  reportIntervalMs: 5_000,
  historyIntervalMs: 10 * 60_000,
  lostAfterMs: 3_600_000,
};

export interface SnowpipeChannelOptions {
  readonly spec: ChannelSpec;
  readonly stage: PartitionStage;
  readonly rest: SnowpipeRest;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timing: SnowpipeTiming;
  /** The destination's end. */
  readonly closing: AbortSignal;
  /** The driver's error in words for people. */
  readonly explained: (wish: string, error: unknown) => unknown;
  readonly onAppended: (outcome: 'accepted' | 'channel-invalid') => void;
}

interface Submitted {
  readonly file: StagedFile;
  /** Null: not put by this owner. */
  readonly rowCount: number | null;
  readonly submittedAtMs: number;
  report: LoadReport | null;
}

/** Snowpipe keeps its load history for 14 days. */
const historyMs = 14 * 24 * 3_600_000;
const filesPerRequest = 1000;

const statusOf = (loaded: LoadedSoFar, opened: LoadedSoFar, reason: string): ChannelStatus => {
  const rowsRejected = loaded.rowsRejected - opened.rowsRejected;
  return {
    committed: loaded.token,
    rowsRejected,
    rowsRejectedEver: loaded.rowsRejected,
    rowsInsertedEver: loaded.rowsInserted,
    lastRejection: rowsRejected === 0 ? null : { message: reason, upperBound: loaded.token },
    // marked, because a token says nothing of what was written by another method (offsets/resume.ts)
    incarnation: `snowpipe:${loaded.incarnation}`,
  };
};

/**
 * Files of one topic partition on their way: put, named to Snowpipe, and loaded some time later. Rows count as durable when the load was
 * reported, so that Kafka's offset never passes a file that may still fail. Files that loaded are purged; those that failed are
 * moved to the table's stage, and their rows counted as rejected.
 */
export class SnowpipeChannel implements Channel {
  readonly spec: ChannelSpec;
  readonly #options: SnowpipeChannelOptions;
  readonly #closed = new AbortController();
  readonly #signal: AbortSignal;
  readonly #progress = new Progress();
  readonly #listeners: ((status: ChannelStatus | Error) => void)[] = [];
  readonly #pending: Submitted[] = [];
  #first: LoadedSoFar;
  #loaded: LoadedSoFar;
  #reason = 'no reason given';
  #turn: Promise<unknown> = Promise.resolve();
  #timer: Timer | null = null;
  #isPolling = false;
  #historyDueAtMs = 0;
  #failed: Error | null = null;

  constructor(options: SnowpipeChannelOptions, loaded: LoadedSoFar) {
    this.spec = options.spec;
    this.#options = options;
    this.#signal = AbortSignal.any([options.closing, this.#closed.signal]);
    this.#first = loaded;
    this.#loaded = loaded;
  }

  /** Files that an earlier owner left: named once more, which does nothing where Snowpipe knows them. Resolves when they are settled. */
  async adopt(files: readonly StagedFile[], signal: AbortSignal): Promise<void> {
    const { stage, rest, clock, logger } = this.#options;
    const done = files.filter(({ last }) => last <= (this.#loaded.token ?? -1n));
    for (const file of done) await stage.purge(file);
    const left = files.filter((file) => !done.includes(file));
    for (const file of left) this.#pending.push({ file, rowCount: null, submittedAtMs: clock.now(), report: null });
    for (let from = 0; from < left.length; from += filesPerRequest) {
      const named = left.slice(from, from + filesPerRequest).map((file) => ({ path: stage.pathOf(file) }));
      await rest.insertFiles(stage.pipe, named, signal);
    }
    if (left.length > 0) {
      const { topic, partition, table } = this.spec;
      logger.info(
        { topic, partition, table, files: left.length },
        'Waiting until Snowpipe has loaded the files that an earlier owner left',
      );
      await this.#poll();
    }
    while (this.#pending.length > 0 && this.#failed === null) {
      await this.#progress.next(signal);
      signal.throwIfAborted();
    }
    if (this.#failed !== null) throw this.#failed;
    this.#first = this.#loaded;
  }

  get opened(): ChannelStatus {
    return statusOf(this.#first, this.#first, this.#reason);
  }

  append(batch: RowBatch, signal: AbortSignal): Promise<void> {
    const turn = this.#turn.then(() => this.#append(batch, AbortSignal.any([signal, this.#signal])));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  status(): ChannelStatus {
    return statusOf(this.#loaded, this.#first, this.#reason);
  }

  onStatus(listener: (status: ChannelStatus | Error) => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#failed ??= this.#broken('CHANNEL_CLOSED', 'it was closed');
    this.#closed.abort(this.#failed);
    this.#timer?.cancel();
    this.#progress.tell();
  }

  async #append(batch: RowBatch, signal: AbortSignal): Promise<void> {
    const { stage, rest, clock, onAppended } = this.#options;
    if (this.#failed !== null) throw this.#failed;
    signal.throwIfAborted();
    const file = readFileName(fileName(batch.firstOffset, batch.lastOffset, Math.trunc(clock.now())));
    if (batch.encoding !== 'gzip' || file === null) throw new RangeError('a file for Snowpipe is packed by gzip');
    try {
      await stage.put(file, batch.chunks);
      await rest.insertFiles(stage.pipe, [{ path: stage.pathOf(file), size: batch.wireBytes }], signal);
    } catch (error) {
      // Whether the file is there, only an open tells; nothing may come behind it before.
      this.#failed ??= this.#broken('APPEND_ABANDONED', `a file was not handed over (${errorMessage(error)})`);
      onAppended('channel-invalid');
      signal.throwIfAborted();
      throw this.#inWords(`stage rows for table ${this.spec.table}`, error);
    }
    onAppended('accepted');
    this.#pending.push({ file, rowCount: batch.rowCount, submittedAtMs: clock.now(), report: null });
    this.#wait();
  }

  #wait(): void {
    if (this.#timer !== null || this.#isPolling || this.#pending.length === 0 || this.#failed !== null) return;
    const { clock, timing } = this.#options;
    this.#timer = clock.setTimer(timing.reportIntervalMs, () => {
      this.#timer = null;
      void this.#poll();
    });
  }

  /** One at a time: what is settled builds on what was settled before. */
  async #poll(): Promise<void> {
    this.#isPolling = true;
    try {
      await this.#look();
      await this.#settle();
    } catch (error) {
      if (this.#signal.aborted) return;
      const told = this.#inWords(`load rows into table ${this.spec.table}`, error);
      this.#failed ??= told instanceof Error ? told : new Error(String(told));
      for (const listener of this.#listeners) listener(this.#failed);
    } finally {
      this.#isPolling = false;
      this.#wait();
      this.#progress.tell();
    }
  }

  async #look(): Promise<void> {
    const { stage, rest, clock, timing } = this.#options;
    this.#take(await rest.insertReport(stage.pipe, this.#signal));
    const now = clock.now();
    const oldest = this.#pending.find(({ report }) => report === null);
    if (oldest === undefined) return;
    // What somebody else submitted may have been loaded, and reported, before this owner was there.
    const isDue = oldest.rowCount === null || now >= oldest.submittedAtMs + timing.historyIntervalMs;
    if (isDue && now >= this.#historyDueAtMs) {
      this.#historyDueAtMs = now + timing.historyIntervalMs;
      const sinceMs = Math.max(oldest.file.madeAtMs - 60_000, now - historyMs + 3_600_000);
      this.#take(await rest.loadHistoryScan(stage.pipe, sinceMs, this.#signal));
    }
    for (const submitted of this.#pending) {
      if (submitted.report !== null || now - submitted.submittedAtMs < timing.lostAfterMs) continue;
      const reason = `Snowpipe told nothing of file ${submitted.file.name} for ${timing.lostAfterMs / 60_000} minutes`;
      submitted.report = { path: stage.pathOf(submitted.file), isWhole: false, rowsInserted: 0, reason };
    }
  }

  #take(reports: readonly LoadReport[]): void {
    const byPath = new Map(reports.map((report) => [report.path, report]));
    for (const submitted of this.#pending) {
      submitted.report ??= byPath.get(this.#options.stage.pathOf(submitted.file)) ?? null;
    }
  }

  /** In the order of the offsets, as far as reports are there. Noted before it is told, told before files are purged. */
  async #settle(): Promise<void> {
    const { stage, logger } = this.#options;
    const open = this.#pending.findIndex(({ report }) => report === null);
    const settled = this.#pending.splice(0, open === -1 ? this.#pending.length : open);
    if (settled.length === 0) return;
    let loaded = this.#loaded;
    const purge: StagedFile[] = [];
    for (const submitted of settled) {
      const { inserted, rejected } = await this.#outcome(submitted);
      if (submitted.report?.isWhole === true) purge.push(submitted.file);
      const { last } = submitted.file;
      loaded = {
        incarnation: loaded.incarnation,
        token: last > (loaded.token ?? -1n) ? asLastOffset(last) : loaded.token,
        rowsInserted: loaded.rowsInserted + inserted,
        rowsRejected: loaded.rowsRejected + rejected,
      };
    }
    await stage.note(loaded, this.#loaded);
    this.#loaded = loaded;
    for (const listener of this.#listeners) listener(this.status());
    for (const file of purge) {
      await stage.purge(file).catch((error: unknown) => {
        logger.debug({}, `A loaded file stays behind until the next start: ${errorMessage(error)}`);
      });
    }
  }

  async #outcome({ file, report }: Submitted): Promise<{ readonly inserted: number; readonly rejected: number }> {
    const { stage, logger } = this.#options;
    const inserted = report?.rowsInserted ?? 0;
    if (report === null || report.isWhole) return { inserted, rejected: 0 };
    const rows = await stage.moveToTableStage(file);
    this.#reason = report.reason;
    logger.error(
      { code: 'file-not-loaded', table: this.spec.table, file: file.name, rows, inserted },
      `Snowpipe loaded ${inserted} of ${rows} rows of file ${file.name}: it lies on the stage of table ${this.spec.table} now`,
    );
    return { inserted, rejected: Math.max(0, rows - inserted) };
  }

  /** What an open settles, and what it does not. */
  #inWords(wish: string, error: unknown): unknown {
    if (!isInDoubt(error)) return this.#options.explained(wish, error);
    return this.#broken('LOAD_IN_DOUBT', `could not ${wish} (${errorMessage(error)})`);
  }

  #broken(code: string, message: string): ChannelInvalidError {
    return new ChannelInvalidError(code, `Channel ${this.spec.channelName}: ${message}`);
  }
}
