import {
  asLastOffset,
  type Channel,
  ChannelInvalidError,
  type ChannelSpec,
  type ChannelStatus,
  DestinationRefusedError,
  type RowBatch,
} from '../../api/index.ts';
import type { SqlRow } from '../sql/snowflake-session.ts';
import type { OffsetsRow } from './copy-statements.ts';

/** How a batch becomes durable; see StagedCopy. */
export type Load = (batch: RowBatch, before: OffsetsRow, signal: AbortSignal) => Promise<OffsetsRow>;

export const offsetsRow = (row: SqlRow): OffsetsRow => ({
  token: row['OFFSET_TOKEN'] === null ? null : String(row['OFFSET_TOKEN']),
  incarnation: String(row['INCARNATION']),
  rowsInserted: Number(row['ROWS_INSERTED']),
  rowsRejected: Number(row['ROWS_REJECTED']),
});

const statusOf = (row: OffsetsRow, opened: OffsetsRow): ChannelStatus => {
  const committed = row.token === null ? null : asLastOffset(BigInt(row.token));
  const rowsRejected = row.rowsRejected - opened.rowsRejected;
  const message = `${rowsRejected} rows did not fit their columns and were left out by COPY`;
  return {
    committed,
    rowsRejected,
    rowsRejectedEver: row.rowsRejected,
    rowsInsertedEver: row.rowsInserted,
    lastRejection: rowsRejected === 0 ? null : { message, upperBound: committed },
    incarnation: row.incarnation,
  };
};

/** A row of the offsets table, held by its epoch. What `append` resolved with is durable at once. */
export class StagedChannel implements Channel {
  readonly spec: ChannelSpec;
  readonly opened: ChannelStatus;
  readonly #load: Load;
  readonly #first: OffsetsRow;
  #row: OffsetsRow;
  #turn: Promise<unknown> = Promise.resolve();
  #invalid: ChannelInvalidError | null = null;
  readonly #listeners: ((status: ChannelStatus | Error) => void)[] = [];

  constructor(spec: ChannelSpec, row: OffsetsRow, load: Load) {
    this.spec = spec;
    this.#first = row;
    this.#row = row;
    this.#load = load;
    this.opened = statusOf(row, row);
  }

  append(batch: RowBatch, signal: AbortSignal): Promise<void> {
    const turn = this.#turn.then(() => this.#append(batch, signal));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  status(): ChannelStatus {
    return statusOf(this.#row, this.#first);
  }

  onStatus(listener: (status: ChannelStatus | Error) => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#invalid ??= this.#broken('CHANNEL_CLOSED', 'it was closed');
  }

  async #append(batch: RowBatch, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#invalid !== null) throw this.#invalid;
    const { token } = this.#row;
    if (token !== null && batch.firstOffset <= BigInt(token)) {
      throw this.#broken('OFFSETS_OUT_OF_ORDER', `offset ${batch.firstOffset} comes after ${token} was committed`);
    }
    try {
      this.#row = await this.#load(batch, this.#row, signal);
    } catch (error) {
      // Nothing may follow what did not end well: only an open tells whether it was committed.
      this.#invalid ??=
        error instanceof ChannelInvalidError ? error : this.#broken('APPEND_ABANDONED', 'an append was given up');
      if (error instanceof ChannelInvalidError || error instanceof DestinationRefusedError) throw error;
      signal.throwIfAborted();
      throw error;
    }
    const status = this.status();
    for (const listener of this.#listeners) listener(status);
  }

  #broken(code: string, message: string): ChannelInvalidError {
    return new ChannelInvalidError(code, `Channel ${this.spec.channelName}: ${message}`);
  }
}
