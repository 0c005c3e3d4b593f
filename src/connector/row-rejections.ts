import type { ChannelStatus } from '../api/index.ts';

/**
 * Rows that Snowflake accepted and dropped later. Its counter (rows_error_count) is cumulative for the channel's incarnation and
 * is never reset, not by a reopen either: only its growth is news (snowflake-ingest 1.11).
 */
export class RowRejections {
  #seen: number;
  #incarnation: string;

  constructor({ rowsRejectedEver, incarnation }: ChannelStatus) {
    this.#seen = rowsRejectedEver;
    this.#incarnation = incarnation;
  }

  /** How many were dropped since the last status. */
  newIn({ rowsRejectedEver, incarnation }: ChannelStatus): number {
    const news = incarnation === this.#incarnation ? Math.max(0, rowsRejectedEver - this.#seen) : 0;
    if (news > 0 || incarnation !== this.#incarnation) this.#seen = rowsRejectedEver;
    this.#incarnation = incarnation;
    return news;
  }
}
