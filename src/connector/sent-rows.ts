import type { ChannelStatus, LastOffset } from '../api/index.ts';

/**
 * Rows that were sent over a channel since it was opened, against those that its statuses tell of: every row up to the token is either
 * stored (rows_inserted) or rejected (rows_error_count). Both counters are cumulative (snowflake-ingest 1.11). Snowflake has been
 * seen to answer 200 for rows that it then neither stored nor counted; when the token passes such an append, this shows it.
 */
export class SentRows {
  readonly #opened: ChannelStatus;
  /** In the order of their offsets; `total` counts from the open up to and with the batch. */
  #batches: { readonly last: LastOffset; readonly total: number }[] = [];
  #total = 0;
  #told = 0;

  constructor(opened: ChannelStatus) {
    this.#opened = opened;
  }

  /** Before the request goes out: a status may come sooner than its answer. */
  add(last: LastOffset, rows: number): void {
    this.#total += rows;
    this.#batches.push({ last, total: this.#total });
  }

  /** Of the last batch; null: none was sent. */
  get last(): LastOffset | null {
    return this.#batches.at(-1)?.last ?? null;
  }

  /** Whether a token is that of one of the batches. */
  has(token: LastOffset): boolean {
    return this.#batches.some(({ last }) => last === token);
  }

  /** The same of the channel as it was opened again; null: its token is none of ours, so it is not known how many were sent. */
  unaccountedAt(reopened: ChannelStatus): number | null {
    if (reopened.incarnation !== this.#opened.incarnation) return null;
    const isOurs = reopened.committed === this.#opened.committed || this.#indexOf(reopened) !== -1;
    return isOurs ? this.newlyUnaccounted(reopened) : null;
  }

  #indexOf({ committed }: ChannelStatus): number {
    return this.#batches.findIndex(({ last }) => last === committed);
  }

  /** How many rows up to the status' token are neither stored nor rejected, but for those of an earlier answer. */
  newlyUnaccounted(status: ChannelStatus): number {
    const { rowsInsertedEver, rowsRejectedEver } = status;
    const opened = this.#opened;
    const index = this.#indexOf(status);
    const { total } = this.#batches[index] ?? {};
    if (total === undefined) return 0;
    this.#batches = this.#batches.slice(index);
    if (rowsInsertedEver === null || opened.rowsInsertedEver === null) return 0;
    const counted = rowsInsertedEver - opened.rowsInsertedEver + (rowsRejectedEver - opened.rowsRejectedEver);
    const news = Math.max(0, total - counted - this.#told);
    this.#told += news;
    return news;
  }
}
