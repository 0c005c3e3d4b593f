import {
  type Channel,
  type ChannelState,
  type ChannelStatus,
  channelStatus,
  committedRecord,
  newChannelRecord,
  nextContinuationToken,
  reopenedRecord,
  success,
} from './channel.ts';
import { parseContinuationToken, placeAppend } from './continuation-token.ts';
import type { AppendedRows, Catalog, ChannelRecord, Commit, CommitOutcome, PipeName, PipeTarget } from './ports.ts';
import {
  channelInvalid,
  channelNotFound,
  hasUncommittedData,
  malformedContinuationToken,
  objectNotFound,
  openInProgress,
  type Result,
  rateExceeded,
  staleContinuationToken,
  tooManyChannels,
} from './streaming-error.ts';

export interface StreamingLimits {
  /** Milliseconds from append to visible rows. Real accounts take 5 000 to 9 000. */
  readonly commitDelayMs: number;
  /** Documented: 2 000. */
  readonly channelsPerPipe: number;
  /** Documented: 10, adjustable by Snowflake's support. Null: no limit. */
  readonly appendsPerSecond: number | null;
}

export interface OpenRequest {
  /** Seeds the committed token. */
  readonly offsetToken: string | null;
  readonly failOnUncommittedRows: boolean;
}

export interface AppendRequest<Rows extends AppendedRows> {
  readonly continuationToken: string;
  readonly startOffsetToken: string | null;
  readonly endOffsetToken: string | null;
  readonly rows: Rows;
}

export interface Opened {
  readonly nextContinuationToken: string;
  readonly status: ChannelStatus;
  readonly record: ChannelRecord;
}

export interface Appended {
  readonly nextContinuationToken: string;
  /** False: the token had been used before, the rows were not taken. */
  readonly taken: boolean;
}

const keyOf = (pipe: PipeName, channel: string): string =>
  JSON.stringify([pipe.database, pipe.schema, pipe.pipe, channel]);
const pipeKeyOf = (pipe: PipeName): string => JSON.stringify([pipe.database, pipe.schema, pipe.pipe]);

/**
 * Snowpipe Streaming (high-performance architecture) as a state machine: no I/O, no clock, no randomness. Callers pass
 * the time, write what `takeDue` gives, and report the outcome to `settle`; until then the old token is the truth.
 */
export class StreamingService<Rows extends AppendedRows> {
  readonly #catalog: Catalog;
  readonly #channels = new Map<string, Channel<Rows>>();
  readonly #channelsOfPipe = new Map<string, number>();
  /** Of channels that are gone: their continuation tokens must not fit a later one of the name. [inferred] */
  readonly #nextSequencers = new Map<string, number>();
  limits: StreamingLimits;

  constructor(catalog: Catalog, limits: StreamingLimits) {
    this.#catalog = catalog;
    this.limits = limits;
  }

  /**
   * Opens or reopens a channel. Uncommitted rows of an existing one are discarded, or refused with
   * `fail_on_uncommitted_rows` [documented]; the committed token stays [documented] unless the body seeds one
   * [documented]; a channel of a table that was replaced starts anew [documented: tokens are lost on replace].
   */
  open(pipe: PipeName, name: string, request: OpenRequest, nowMs: number): Result<Opened> {
    const target = this.#target(pipe);
    if (target.error !== undefined) return target;
    const channel = this.#channelOf(pipe, name, target.ok);
    if (channel === null && (this.#channelsOfPipe.get(pipeKeyOf(pipe)) ?? 0) >= this.limits.channelsPerPipe)
      return { error: tooManyChannels(this.limits.channelsPerPipe) };
    if (channel !== null && channel.pending.length > 0) {
      if (request.failOnUncommittedRows) return { error: hasUncommittedData(name) };
      if (channel.committing > 0) return { error: openInProgress(name) };
    }
    const clientSequencer = this.#nextSequencers.get(keyOf(pipe, name)) ?? 0;
    const record =
      channel === null
        ? { ...newChannelRecord(pipe, name, target.ok.tableId, nowMs), clientSequencer }
        : reopenedRecord(channel.record);
    const seeded = request.offsetToken === null ? record : { ...record, committedToken: request.offsetToken };
    this.#put(seeded);
    return {
      ok: { nextContinuationToken: nextContinuationToken(seeded), status: channelStatus(seeded), record: seeded },
    };
  }

  /** Takes the rows of one append, or none if its token was used before; see `placeAppend` for the rule. */
  append(pipe: PipeName, name: string, request: AppendRequest<Rows>, nowMs: number): Result<Appended> {
    const target = this.#target(pipe);
    if (target.error !== undefined) return target;
    const channel = this.#channelOf(pipe, name, target.ok);
    if (channel === null) return { error: channelNotFound(name) };
    if (channel.record.statusCode !== success) return { error: channelInvalid(name, channel.record.statusCode) };
    if (this.#overRate(channel, nowMs)) return { error: rateExceeded };
    const token = parseContinuationToken(request.continuationToken);
    if (token === null) return { error: malformedContinuationToken };
    const placement = placeAppend(token, channel.record);
    if (placement === 'stale') return { error: staleContinuationToken };
    if (placement === 'next') {
      const { startOffsetToken, endOffsetToken, rows } = request;
      channel.pending.push({ startOffsetToken, endOffsetToken, rows, acceptedAtMs: nowMs });
      channel.record = { ...channel.record, rowSequencer: channel.record.rowSequencer + 1 };
    }
    return { ok: { nextContinuationToken: nextContinuationToken(channel.record), taken: placement === 'next' } };
  }

  /**
   * Unknown channels are absent from the answer; names are case-sensitive here [observed]. Channels of a table that
   * was dropped answer with its error as their status [documented]; a pipe without any is 404 [observed].
   */
  status(pipe: PipeName, names: readonly string[]): Result<Readonly<Record<string, ChannelStatus>>> {
    const target = this.#target(pipe);
    const statuses: [string, ChannelStatus][] = [];
    for (const name of names) {
      const channel =
        target.error === undefined
          ? this.#channelOf(pipe, name, target.ok)
          : (this.#channels.get(keyOf(pipe, name)) ?? null);
      if (channel !== null) statuses.push([name, channelStatus(channel.record, target.error?.code)]);
    }
    if (target.error !== undefined && statuses.length === 0) return target;
    return { ok: Object.fromEntries(statuses) };
  }

  /** Drop forgets the committed token. [documented] */
  drop(pipe: PipeName, name: string, failOnUncommittedRows: boolean): Result<{ readonly dropped: true }> {
    const target = this.#target(pipe);
    if (target.error !== undefined) return target;
    const channel = this.#channelOf(pipe, name, target.ok);
    if (channel === null) return { error: channelNotFound(name) };
    if (channel.pending.length > 0 && (failOnUncommittedRows || channel.committing > 0))
      return { error: hasUncommittedData(name) };
    this.#remove(pipe, name);
    return { ok: { dropped: true } };
  }

  /** Per channel the batches that are old enough, in order; they stay pending until `settle`. */
  takeDue(nowMs: number, delayMs: number = this.limits.commitDelayMs): Commit<Rows>[] {
    const commits: Commit<Rows>[] = [];
    for (const channel of this.#channels.values()) {
      if (channel.committing > 0) continue;
      const due = channel.pending.filter((batch) => batch.acceptedAtMs + delayMs <= nowMs);
      if (due.length === 0) continue;
      const { pipe, channel: name } = channel.record;
      const target = this.#target(pipe);
      if (target.error !== undefined || target.ok.tableId !== channel.record.tableId) {
        this.#abandon(channel);
        continue;
      }
      channel.committing = due.length;
      commits.push({ pipe, channel: name, target: target.ok, batches: due });
    }
    return commits;
  }

  /** The channel record that must become durable together with the rows of `commit`. */
  recordAfter(commit: Commit<Rows>, outcome: CommitOutcome, nowMs: number): ChannelRecord {
    const channel = this.#channels.get(keyOf(commit.pipe, commit.channel));
    if (channel === undefined) throw new Error(`channel ${commit.channel} was dropped during its commit`);
    return committedRecord(channel.record, commit.batches, outcome, nowMs);
  }

  /** Rows and token of `commit` are durable (`outcome`), its table is gone (null), or nothing happened (`retry`). */
  settle(commit: Commit<Rows>, outcome: CommitOutcome | null | 'retry', nowMs: number): void {
    const channel = this.#channels.get(keyOf(commit.pipe, commit.channel));
    if (channel === undefined) return;
    channel.committing = 0;
    if (outcome === 'retry') return;
    if (outcome === null) {
      this.#abandon(channel);
      return;
    }
    channel.record = this.recordAfter(commit, outcome, nowMs);
    channel.pending.splice(0, commit.batches.length);
  }

  /** Something made the channel unusable: rows that wait are gone, the client must reopen. [documented codes] */
  invalidate(pipe: PipeName, name: string, statusCode: string): boolean {
    const channel = this.#channels.get(keyOf(pipe, name));
    if (channel === undefined || channel.committing > 0) return false;
    channel.pending = [];
    channel.record = { ...channel.record, statusCode };
    return true;
  }

  /** Time of the next commit, or null when nothing waits. */
  nextDueAtMs(delayMs: number = this.limits.commitDelayMs): number | null {
    let due: number | null = null;
    for (const { pending, committing } of this.#channels.values()) {
      const next = pending[committing];
      if (next !== undefined && (due === null || next.acceptedAtMs + delayMs < due)) due = next.acceptedAtMs + delayMs;
    }
    return due;
  }

  restore(record: ChannelRecord): void {
    this.#put(record);
  }

  /** For dumps, SHOW CHANNELS and a clean shutdown. */
  *channels(): Generator<ChannelState> {
    for (const { record, pending } of this.#channels.values())
      yield {
        record,
        pendingRows: pending.reduce((sum, batch) => sum + batch.rows.rowCount, 0),
        acceptedToken:
          pending.findLast((batch) => batch.endOffsetToken !== null)?.endOffsetToken ?? record.committedToken,
        waitingSinceMs: pending[0]?.acceptedAtMs ?? null,
      };
  }

  #target(pipe: PipeName): Result<PipeTarget> {
    const target = this.#catalog.resolvePipe(pipe);
    return 'missing' in target ? { error: objectNotFound(target.missing, pipe) } : { ok: target };
  }

  /** A channel of a table that was dropped and created again is gone. [observed after CREATE OR REPLACE TABLE] */
  #channelOf(pipe: PipeName, name: string, target: PipeTarget): Channel<Rows> | null {
    const channel = this.#channels.get(keyOf(pipe, name));
    if (channel === undefined) return null;
    if (channel.record.tableId === target.tableId || channel.committing > 0) return channel;
    this.#remove(pipe, name);
    return null;
  }

  #overRate(channel: Channel<Rows>, nowMs: number): boolean {
    if (this.limits.appendsPerSecond === null) return false;
    channel.recentAppendsMs = channel.recentAppendsMs.filter((at) => at > nowMs - 1000);
    if (channel.recentAppendsMs.length >= this.limits.appendsPerSecond) return true;
    channel.recentAppendsMs.push(nowMs);
    return false;
  }

  #abandon(channel: Channel<Rows>): void {
    channel.pending = [];
    channel.record = { ...channel.record, statusCode: 'ERR_TABLE_DOES_NOT_EXIST_NOT_AUTHORIZED' };
  }

  #put(record: ChannelRecord): void {
    const key = keyOf(record.pipe, record.channel);
    if (!this.#channels.has(key)) this.#count(record.pipe, 1);
    this.#channels.set(key, { record, pending: [], committing: 0, recentAppendsMs: [] });
  }

  #remove(pipe: PipeName, name: string): void {
    const key = keyOf(pipe, name);
    const channel = this.#channels.get(key);
    if (channel === undefined) return;
    this.#channels.delete(key);
    this.#nextSequencers.set(key, channel.record.clientSequencer + 1);
    this.#count(pipe, -1);
  }

  #count(pipe: PipeName, change: number): void {
    const key = pipeKeyOf(pipe);
    this.#channelsOfPipe.set(key, (this.#channelsOfPipe.get(key) ?? 0) + change);
  }
}
