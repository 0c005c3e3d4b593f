import type { ChannelStatus } from '../api/index.ts';

/** A stretch of offsets in which Snowflake dropped rows after it had accepted them. Both ends inclusive. */
export interface SuspectWindow {
  readonly from: bigint;
  readonly to: bigint;
  /** Rows dropped in it. */
  readonly count: number;
  /** Rows in it that Snowflake accepted and did not count at all, if its counters are right. */
  readonly unaccounted: number;
}

/** How far a channel is known to be whole: all rows up to `last` are in the table, but for `count`, which have been dealt with. */
export interface Verified {
  readonly last: bigint;
  readonly count: number;
}

/**
 * What rows_error_count says, and nothing else: no I/O. The counter is cumulative for the channel's incarnation and is never reset, not
 * by a reopen either; it comes with the token that covers the rows it counts (snowflake-ingest 1.11). So whenever it has grown,
 * what was dropped lies between the token of the last verified status and the token of this one.
 */
export class LateRejections {
  #incarnation: string;
  #verified: Verified;
  #latest: { readonly committed: bigint; readonly count: number };
  #window: SuspectWindow | null = null;
  /** Not in a window yet. */
  #unaccounted = 0;

  constructor(incarnation: string, verified: Verified) {
    this.#incarnation = incarnation;
    this.#verified = verified;
    this.#latest = { committed: verified.last, count: verified.count };
  }

  get verifiedUpTo(): bigint {
    return this.#verified.last;
  }

  /** For the commit's metadata: the count that everything before the committed offset is accounted for with. */
  get verifiedCount(): number {
    return this.#verified.count;
  }

  /** Being looked into; null: nothing is. */
  get window(): SuspectWindow | null {
    return this.#window;
  }

  /** Everything below `next` is committable: what is dropped from now on lies behind it. */
  passed(next: bigint): void {
    if (this.#window !== null || next <= this.#verified.last + 1n) return;
    this.#verified = { last: next - 1n, count: this.#verified.count };
    if (this.#latest.committed < next - 1n) this.#latest = { committed: next - 1n, count: this.#latest.count };
  }

  /** The channel went back: rows from `next` on are sent again. */
  wentBack(next: bigint): void {
    this.#verified = { last: next - 1n, count: this.#verified.count };
    this.#latest = { committed: next - 1n, count: this.#latest.count };
    this.#forgetWindow();
  }

  /**
   * How many dropped rows this status tells of that no status before it did. `unaccounted`: how many more up to its token were sent and
   * are in none of its counters.
   */
  see({ committed, rowsRejectedEver, incarnation }: ChannelStatus, unaccounted = 0): number {
    if (incarnation !== this.#incarnation) {
      this.#incarnation = incarnation;
      this.#verified = { last: this.#verified.last, count: 0 };
      this.#latest = { committed: this.#verified.last, count: 0 };
      this.#forgetWindow();
    }
    this.#unaccounted += unaccounted;
    const news = Math.max(0, rowsRejectedEver - this.#latest.count);
    const reached = committed ?? -1n;
    this.#latest = {
      committed: reached > this.#latest.committed ? reached : this.#latest.committed,
      count: this.#latest.count + news,
    };
    this.#look();
    return news;
  }

  /** What was dropped in the window below `next` has been dealt with: so many rows. */
  settleBelow(next: bigint, rows: number): void {
    if (this.#window === null || next <= this.#window.from) return;
    const { to, count, unaccounted } = this.#window;
    // First those that no counter knows of: an owner after us, who has the counter alone, then stops rather than miss one.
    const swallowed = Math.min(rows, unaccounted);
    const dropped = Math.min(rows - swallowed, count);
    this.#verified = { last: next - 1n, count: this.#verified.count + dropped };
    this.#window = { from: next, to, count: count - dropped, unaccounted: unaccounted - swallowed };
  }

  /** All that was dropped in the window has been dealt with. */
  settle(): void {
    if (this.#window === null) return;
    const { to, count } = this.#window;
    this.#verified = { last: to, count: this.#verified.count + count };
    this.#window = null;
    this.#look();
  }

  #forgetWindow(): void {
    this.#window = null;
    this.#unaccounted = 0;
  }

  #look(): void {
    if (this.#window !== null) return;
    const { committed, count } = this.#latest;
    const { last, count: before } = this.#verified;
    const unaccounted = this.#unaccounted;
    this.#unaccounted = 0;
    if (count === before && unaccounted === 0) this.#verified = { last: committed, count };
    else this.#window = { from: last + 1n, to: committed, count: count - before, unaccounted };
  }
}
