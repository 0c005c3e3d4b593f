import { asNextOffset, type ChannelStatus } from '../api/index.ts';
import type { CommitMetadata } from '../offsets/index.ts';

/** A stretch of offsets in which Snowflake dropped rows after it had accepted them. Both ends inclusive. */
export interface SuspectWindow {
  readonly from: bigint;
  readonly to: bigint;
  /** Rows dropped in it. */
  readonly count: number;
  /** Rows in it that Snowflake accepted and did not count at all, if its counters are right. Null: how many were sent is not known. */
  readonly unaccounted: number | null;
  /** Rows of it that the counters know of, stored or dropped; null: they do not say. */
  readonly counted: number | null;
}

/** How far a channel is known to be whole: all rows up to `last` are in the table, but for `count`, which have been dealt with. */
export interface Verified {
  readonly last: bigint;
  readonly count: number;
  /** rows_inserted and rows_error_count together when it was so; null: not known. */
  readonly rows: number | null;
}

/** For the commit's metadata. */
export const noteOf = ({
  last,
  count,
  rows,
}: Verified): Pick<CommitMetadata, 'rejected' | 'accountedBelow' | 'rows'> => ({
  rejected: count,
  ...(rows !== null && { accountedBelow: asNextOffset(last + 1n), rows }),
});

/** All rows that a channel's counters know of. */
export const countedRows = ({ rowsInsertedEver, rowsRejectedEver }: ChannelStatus): number | null =>
  rowsInsertedEver === null ? null : rowsInsertedEver + rowsRejectedEver;

/**
 * What rows_error_count says, and nothing else: no I/O. The counter is cumulative for the channel's incarnation and is never reset, not
 * by a reopen either; it comes with the token that covers the rows it counts (snowflake-ingest 1.11). So whenever it has grown,
 * what was dropped lies between the token of the last verified status and the token of this one.
 */
export class LateRejections {
  #incarnation: string;
  #verified: Verified;
  #latest: { readonly committed: bigint; readonly count: number; readonly rows: number | null };
  #window: SuspectWindow | null = null;
  /** Not in a window yet; null: it is not known whether there are any. */
  #unaccounted: number | null = 0;

  constructor(incarnation: string, verified: Verified) {
    this.#incarnation = incarnation;
    this.#verified = verified;
    this.#latest = { committed: verified.last, count: verified.count, rows: verified.rows };
  }

  /** For the commit's metadata: what the next owner need not look into, and with which counts. */
  get verified(): Verified {
    return this.#verified;
  }

  /** Being looked into; null: nothing is. */
  get window(): SuspectWindow | null {
    return this.#window;
  }

  /** Everything below `next` is committable: what is dropped from now on lies behind it. */
  passed(next: bigint): void {
    if (this.#window !== null || next <= this.#verified.last + 1n) return;
    this.#verified = { ...this.#verified, last: next - 1n };
    if (this.#latest.committed < next - 1n) this.#latest = { ...this.#latest, committed: next - 1n };
  }

  /** The channel went back: rows from `next` on are sent again. */
  wentBack(next: bigint): void {
    this.#verified = { last: next - 1n, count: this.#verified.count, rows: this.#latest.rows };
    this.#latest = { ...this.#latest, committed: next - 1n };
    this.#forgetWindow();
  }

  /**
   * How many dropped rows this status tells of that no status before it did. `unaccounted`: how many more up to its token were sent and
   * are in none of its counters; null: another owner sent them, and it is not known how many.
   */
  see(status: ChannelStatus, unaccounted: number | null = 0): number {
    const { committed, rowsRejectedEver, incarnation } = status;
    if (incarnation !== this.#incarnation) {
      this.#incarnation = incarnation;
      this.#verified = { last: this.#verified.last, count: 0, rows: 0 };
      this.#latest = { committed: this.#verified.last, count: 0, rows: 0 };
      this.#forgetWindow();
    }
    this.#unaccounted = sumOf(this.#unaccounted, unaccounted);
    const news = Math.max(0, rowsRejectedEver - this.#latest.count);
    const reached = committed ?? -1n;
    const isNewer = reached >= this.#latest.committed;
    this.#latest = {
      committed: isNewer ? reached : this.#latest.committed,
      count: this.#latest.count + news,
      rows: isNewer ? countedRows(status) : this.#latest.rows,
    };
    this.#look();
    return news;
  }

  /** So many rows of the window were sent and are in no counter. */
  judge(unaccounted: number): void {
    if (this.#window !== null) this.#window = { ...this.#window, unaccounted };
  }

  /** What was dropped in the window below `next` has been dealt with: so many rows. And so many rows the table has of it. */
  settleBelow(next: bigint, rows: number, stored: number): void {
    if (this.#window === null || next <= this.#window.from) return;
    const { to, count, unaccounted, counted } = this.#window;
    // First those that no counter knows of: an owner after us, who has the counter alone, then stops rather than miss one.
    const swallowed = Math.min(rows, unaccounted ?? 0);
    const dropped = Math.min(rows - swallowed, count);
    const verified = this.#verified;
    this.#verified = {
      last: next - 1n,
      count: verified.count + dropped,
      rows: sumOf(verified.rows, stored + dropped),
    };
    this.#window = {
      from: next,
      to,
      count: count - dropped,
      unaccounted: sumOf(unaccounted, -swallowed),
      counted: sumOf(counted, -stored - dropped),
    };
  }

  /** All that was dropped in the window has been dealt with. */
  settle(): void {
    if (this.#window === null) return;
    const { to, count, counted } = this.#window;
    this.#verified = { last: to, count: this.#verified.count + count, rows: sumOf(this.#verified.rows, counted) };
    this.#window = null;
    this.#look();
  }

  #forgetWindow(): void {
    this.#window = null;
    this.#unaccounted = 0;
  }

  #look(): void {
    if (this.#window !== null) return;
    const { committed, count, rows } = this.#latest;
    const { last, count: before, rows: rowsBefore } = this.#verified;
    const counted = rows === null || rowsBefore === null ? null : rows - rowsBefore;
    const dropped = count - before;
    // Where there are as many rows as offsets, nothing can be missing. Else some made no row, or did not come to the table.
    const isWhole = counted === null || counted >= Number(committed - last);
    const unaccounted = isWhole ? (this.#unaccounted ?? 0) : this.#unaccounted;
    this.#unaccounted = 0;
    if (dropped === 0 && unaccounted === 0) this.#verified = { last: committed, count, rows };
    else this.#window = { from: last + 1n, to: committed, count: dropped, unaccounted, counted };
  }
}

const sumOf = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? null : one + other;
