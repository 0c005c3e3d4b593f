/** What the state machine needs from outside: names of tables, and a place where rows and token land together. */

export interface TableName {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
}

export interface PipeName {
  readonly database: string;
  readonly schema: string;
  readonly pipe: string;
}

/** The table behind a pipe; `tableId` changes when the table is dropped and created again. */
export interface PipeTarget {
  readonly table: TableName;
  readonly tableId: string;
}

export type MissingObject = 'database' | 'schema' | 'pipe' | 'table';

export interface Catalog {
  /** Also answers default pipes (`<TABLE>-STREAMING`), which exist as soon as their table does. */
  resolvePipe(pipe: PipeName): PipeTarget | { readonly missing: MissingObject };
}

/** The rows of one append. The core never looks inside: the shell may keep bytes, a count, or a test's list. */
export interface AppendedRows {
  readonly rowCount: number;
}

export interface Batch<Rows extends AppendedRows> {
  readonly startOffsetToken: string | null;
  readonly endOffsetToken: string | null;
  readonly rows: Rows;
  readonly acceptedAtMs: number;
}

/** What `RowStore.commit` must make durable in one step: the rows of `batches` and the channel's record after them. */
export interface Commit<Rows extends AppendedRows> {
  readonly pipe: PipeName;
  readonly channel: string;
  readonly target: PipeTarget;
  readonly batches: readonly Batch<Rows>[];
}

export interface RowError {
  readonly message: string;
  /** The end offset token of the batch that held the row. */
  readonly offsetUpperBound: string | null;
}

export interface CommitOutcome {
  readonly rowsInserted: number;
  readonly rowsErrorCount: number;
  readonly lastError: RowError | null;
}

export interface RowStore<Rows extends AppendedRows> {
  /**
   * Inserts the rows and saves each channel as `recordOf` gives it for the outcome, all in one transaction. Null in
   * place of an outcome: the table is gone, nothing was stored.
   */
  commit(
    commits: readonly Commit<Rows>[],
    recordOf: (commit: Commit<Rows>, outcome: CommitOutcome) => ChannelRecord,
  ): Promise<readonly (CommitOutcome | null)[]>;
  /** After open: a sequencer given to a client must survive a restart. */
  saveChannel(record: ChannelRecord): Promise<void>;
  removeChannel(pipe: PipeName, channel: string): Promise<void>;
}

/** The durable part of a channel. */
export interface ChannelRecord {
  readonly pipe: PipeName;
  readonly channel: string;
  readonly tableId: string;
  readonly clientSequencer: number;
  readonly rowSequencer: number;
  readonly committedToken: string | null;
  readonly createdOnMs: number;
  readonly rowsInserted: number;
  readonly rowsErrorCount: number;
  readonly lastErrorOffsetUpperBound: string | null;
  readonly lastErrorMessage: string | null;
  readonly lastErrorTimestampMs: number | null;
  readonly statusCode: string;
}
