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

  /** How many rows up to the status' token are neither stored nor rejected, but for those of an earlier answer. */
  newlyUnaccounted({ committed, rowsInsertedEver, rowsRejectedEver }: ChannelStatus): number {
    const opened = this.#opened;
    const index = this.#batches.findIndex(({ last }) => last === committed);
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
