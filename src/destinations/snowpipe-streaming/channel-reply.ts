import { asLastOffset, type LastOffset } from '../../api/index.ts';
import {
  asObject,
  type JsonObject,
  numberField,
  objectField,
  parseJson,
  textField,
  withoutValues,
} from './json-reply.ts';

/** One channel's status as the wire has it (`channel_status` of an open, `channel_statuses` of a bulk status). */
export interface WireStatus {
  /** As stored: what a bulk status must be asked by. */
  readonly channelName: string | null;
  readonly code: string;
  readonly committed: LastOffset | null;
  /** Cumulative for the channel's life, never reset (rows_error_count). */
  readonly rowsErrorCount: number;
  /** Cumulative like `rowsErrorCount` (rows_inserted). */
  readonly rowsInserted: number | null;
  readonly lastErrorMessage: string;
  readonly lastErrorUpperBound: LastOffset | null;
  readonly createdOnMs: string;
}

/** What `channel_status_code` says of a channel that takes rows: SUCCESS; the documentation's samples also have ACTIVE and 0. */
const healthyCodes: ReadonlySet<string> = new Set(['SUCCESS', 'ACTIVE', '0']);
export const isHealthy = (status: WireStatus): boolean => healthyCodes.has(status.code);

/** Null or empty before the first commit. A token that is no Kafka offset is not ours: undefined. */
const offsetOf = (token: string | null): LastOffset | null | undefined => {
  if (token === null) return null;
  return /^\d{1,19}$/.test(token) ? asLastOffset(BigInt(token)) : undefined;
};

/** Null: not a status. Throws a SyntaxError for an offset token that no Kafka offset can be read from. */
const readStatus = (json: JsonObject | null): WireStatus | null => {
  const code = textField(json, 'channel_status_code');
  if (code === null) return null;
  const token = textField(json, 'last_committed_offset_token');
  const committed = offsetOf(token);
  if (committed === undefined) throw new SyntaxError(`the channel's offset token "${token}" is no Kafka offset`);
  return {
    channelName: textField(json, 'channel_name'),
    code,
    committed,
    rowsErrorCount: numberField(json, 'rows_error_count', 'rows_errors') ?? 0,
    rowsInserted: numberField(json, 'rows_inserted'),
    lastErrorMessage: withoutValues(textField(json, 'last_error_message') ?? ''),
    lastErrorUpperBound: offsetOf(textField(json, 'last_error_offset_upper_bound')) ?? null,
    createdOnMs: textField(json, 'created_on_ms') ?? '',
  };
};

export interface OpenReply {
  readonly continuationToken: string;
  readonly status: WireStatus;
}

/** Null: not the reply of an open. */
export const readOpenReply = (text: string): OpenReply | null => {
  const json = asObject(parseJson(text));
  const continuationToken = textField(json, 'next_continuation_token');
  const status = readStatus(objectField(json, 'channel_status'));
  return continuationToken === null || status === null ? null : { continuationToken, status };
};

/** The next continuation token; null: not the reply of an append. */
export const readAppendReply = (text: string): string | null =>
  textField(asObject(parseJson(text)), 'next_continuation_token');

/** By the names that were asked; unknown channels are absent. Null: not the reply of a bulk status. */
export const readBulkStatusReply = (text: string): ReadonlyMap<string, WireStatus> | null => {
  const statuses = objectField(asObject(parseJson(text)), 'channel_statuses');
  if (statuses === null) return null;
  const byName = new Map<string, WireStatus>();
  for (const [name, json] of Object.entries(statuses)) {
    const status = readStatus(asObject(json));
    if (status !== null) byName.set(name, status);
  }
  return byName;
};
