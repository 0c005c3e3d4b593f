import { asObject, parseJson, textField } from '../snowpipe-streaming/json-reply.ts';
import type { SqlRow } from './snowflake-session.ts';

/**
 * A row that streaming rejected after it had accepted it, as the error table of a table with ERROR_LOGGING = TRUE keeps it
 * (snowpipe-streaming-error-tables). Topic, partition and offset are those in the row's own RECORD_METADATA, null where it says none or
 * was cut; the range of offsets is that of its request.
 */
export interface RejectedRow {
  readonly rejectedAt: string;
  readonly code: string;
  /** May quote the row's values. */
  readonly message: string;
  readonly channel: string;
  readonly firstOffset: string | null;
  readonly lastOffset: string | null;
  readonly topic: string | null;
  readonly partition: string | null;
  readonly offset: string | null;
  /** As it was sent. */
  readonly row: string;
}

const detail = (name: string): string => `ERROR_METADATA:details.${name}::VARCHAR`;

/** Newest first. Needs SELECT on the table. */
export const selectRejectedRows = (qualified: string, limit: number): string =>
  `SELECT TIMESTAMP::VARCHAR AS REJECTED_AT, ERROR_CODE::VARCHAR AS CODE, ERROR_METADATA:error_message::VARCHAR AS MESSAGE, ` +
  `${detail('channel_name')} AS CHANNEL, ${detail('offset_token_lower_bound')} AS FIRST_OFFSET, ` +
  `${detail('offset_token_upper_bound')} AS LAST_OFFSET, ERROR_DATA['$1']::VARCHAR AS SENT ` +
  `FROM ERROR_TABLE(${qualified}) WHERE ERROR_METADATA:service::VARCHAR = 'snowpipe_streaming' ORDER BY TIMESTAMP DESC LIMIT ${limit}`;

const text = (cell: unknown): string => (cell === null || cell === undefined ? '' : String(cell));

/** A row of `selectRejectedRows`. */
export const rejectedRow = (found: SqlRow): RejectedRow => {
  const sent = text(found['SENT']);
  const metadata = asObject(asObject(parseJson(sent))?.['RECORD_METADATA']);
  return {
    rejectedAt: text(found['REJECTED_AT']),
    code: text(found['CODE']),
    message: text(found['MESSAGE']),
    channel: text(found['CHANNEL']),
    firstOffset: text(found['FIRST_OFFSET']) || null,
    lastOffset: text(found['LAST_OFFSET']) || null,
    topic: textField(metadata, 'topic'),
    partition: textField(metadata, 'partition'),
    offset: textField(metadata, 'offset'),
    row: sent,
  };
};
