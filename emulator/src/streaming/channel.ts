import { formatContinuationToken } from './continuation-token.ts';
import type { AppendedRows, Batch, ChannelRecord, CommitOutcome, PipeName } from './ports.ts';

export const success = 'SUCCESS';

/** One named channel: its durable record, and the rows that were accepted but are not in the table yet. */
export interface Channel<Rows extends AppendedRows> {
  record: ChannelRecord;
  pending: Batch<Rows>[];
  /** Batches at the head of `pending` that a commit is writing now. */
  committing: number;
  /** Times of recent appends, for the request rate. */
  recentAppendsMs: number[];
}

/** A channel as one sees it from outside. */
export interface ChannelState {
  readonly record: ChannelRecord;
  /** Rows that were accepted and are not in the table yet. */
  readonly pendingRows: number;
  /** The token that will be the committed one when they are. */
  readonly acceptedToken: string | null;
  /** When the oldest of them was accepted. */
  readonly waitingSinceMs: number | null;
}

export const newChannelRecord = (
  pipe: PipeName,
  channel: string,
  tableId: string,
  createdOnMs: number,
): ChannelRecord => ({
  pipe,
  channel,
  tableId,
  clientSequencer: 0,
  rowSequencer: 1,
  committedToken: null,
  createdOnMs,
  rowsInserted: 0,
  rowsErrorCount: 0,
  lastErrorOffsetUpperBound: null,
  lastErrorMessage: null,
  lastErrorTimestampMs: null,
  statusCode: success,
});

/** An open by anybody makes every older continuation token stale. [observed] */
export const reopenedRecord = (record: ChannelRecord): ChannelRecord => ({
  ...record,
  clientSequencer: record.clientSequencer + 1,
  rowSequencer: 1,
  statusCode: success,
});

/**
 * The record after a commit. The token advances over rejected rows, error counters only ever grow, across reopens too.
 * [observed, documented]
 */
export const committedRecord = <Rows extends AppendedRows>(
  record: ChannelRecord,
  batches: readonly Batch<Rows>[],
  outcome: CommitOutcome,
  nowMs: number,
): ChannelRecord => ({
  ...record,
  committedToken: batches.findLast((batch) => batch.endOffsetToken !== null)?.endOffsetToken ?? record.committedToken,
  rowsInserted: record.rowsInserted + outcome.rowsInserted,
  rowsErrorCount: record.rowsErrorCount + outcome.rowsErrorCount,
  ...(outcome.lastError === null
    ? {}
    : {
        lastErrorOffsetUpperBound: outcome.lastError.offsetUpperBound,
        lastErrorMessage: outcome.lastError.message,
        lastErrorTimestampMs: nowMs,
      }),
});

/** As the REST API writes it. */
export interface ChannelStatus {
  readonly database_name: string;
  readonly schema_name: string;
  readonly pipe_name: string;
  readonly channel_name: string;
  readonly channel_status_code: string;
  readonly last_committed_offset_token: string | null;
  readonly created_on_ms: number;
  readonly rows_inserted: number;
  readonly rows_parsed: number;
  readonly rows_error_count: number;
  readonly last_error_offset_upper_bound: string | null;
  readonly last_error_message: string | null;
  readonly last_error_timestamp: string | null;
  readonly snowflake_avg_processing_latency_ms: number;
}

export const channelStatus = (record: ChannelRecord, statusCode: string = record.statusCode): ChannelStatus => ({
  database_name: record.pipe.database,
  schema_name: record.pipe.schema,
  pipe_name: record.pipe.pipe,
  channel_name: record.channel,
  channel_status_code: statusCode,
  last_committed_offset_token: record.committedToken,
  created_on_ms: record.createdOnMs,
  rows_inserted: record.rowsInserted,
  rows_parsed: record.rowsInserted + record.rowsErrorCount,
  rows_error_count: record.rowsErrorCount,
  last_error_offset_upper_bound: record.lastErrorOffsetUpperBound,
  last_error_message: record.lastErrorMessage,
  last_error_timestamp:
    record.lastErrorTimestampMs === null ? null : new Date(record.lastErrorTimestampMs).toISOString(),
  snowflake_avg_processing_latency_ms: 0,
});

export const nextContinuationToken = (record: ChannelRecord): string => formatContinuationToken(record);
