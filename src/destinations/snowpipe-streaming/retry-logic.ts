import type { BackoffPolicy } from '../../util/backoff.ts';
import { type ErrorBody, readErrorBody } from './json-reply.ts';

export type Operation = 'hostname' | 'token' | 'open' | 'append' | 'status' | 'drop';

/** What to do about a reply. Unknown replies are refusals: nothing is retried for luck. */
export type Decision =
  | { readonly action: 'accept' }
  /** The identical request again, after a back-off; `atMost` tries where the reply may also be meant. */
  | { readonly action: 'retry'; readonly atMost: number; readonly otherwise: 'reopen' | 'refuse' }
  /** 401, 403: a new token, then the identical request once more. */
  | { readonly action: 'renew-token' }
  /** 410: the pipe moved to another host; every channel of this client is invalid. */
  | { readonly action: 'rediscover' }
  /** 409 on open: accepted rows of the last holder are not committed yet. */
  | { readonly action: 'wait-for-commit' }
  /** The channel takes no more rows; its committed token tells what arrived. */
  | { readonly action: 'reopen' }
  | { readonly action: 'too-large' }
  | { readonly action: 'refuse' };

export interface Verdict {
  readonly decision: Decision;
  readonly error: ErrorBody;
}

const retry: Decision = { action: 'retry', atMost: Number.POSITIVE_INFINITY, otherwise: 'refuse' };

/** Codes that end a channel whatever the HTTP status (error handling page, and replies seen). */
const endsChannel = ({ code, statusCode }: ErrorBody): boolean =>
  code?.startsWith('STALE_') === true || code?.startsWith('ERR_CHANNEL_') === true || statusCode === 4;

/** A 2xx that carries `status_code` ≠ 0. Meaning of the numbers: 3 token, 4 stale sequencer; 1, 5, 6 pass; 2 and others do not. */
const acceptedAppend = ({ statusCode }: ErrorBody): Decision => {
  if (statusCode === null || statusCode === 0) return { action: 'accept' };
  if (statusCode === 3) return { action: 'renew-token' };
  if (statusCode === 1 || statusCode === 5 || statusCode === 6) return retry;
  return { action: 'reopen' };
};

const refusedAppend = (status: number, error: ErrorBody): Decision => {
  if (status === 413) return { action: 'too-large' };
  if (status === 400 && /\b(too large|size|bytes|[MK]i?B)\b/i.test(error.message) && !endsChannel(error)) {
    return { action: 'too-large' };
  }
  // 404 and 409 speak of the channel, pipe or table: whether that is for good, an open tells.
  return status === 404 || status === 409 || endsChannel(error) ? { action: 'reopen' } : { action: 'refuse' };
};

const conflictOnOpen = ({ code }: ErrorBody): Decision => {
  if (code === 'ERR_OPEN_CHANNEL_IN_PROGRESS') return retry;
  return code === 'ERR_CHANNEL_HAS_UNCOMMITTED_DATA' ? { action: 'wait-for-commit' } : { action: 'refuse' };
};

/** A channel that is not there is dropped: the answer to the first try may have got lost. */
const refusedDrop = (status: number, { code }: ErrorBody): Decision => {
  if (status === 404 && code?.startsWith('ERR_CHANNEL_') === true) return { action: 'accept' };
  return code === 'ERR_CHANNEL_HAS_UNCOMMITTED_DATA' ? retry : { action: 'refuse' };
};

const decide = (operation: Operation, status: number, error: ErrorBody): Decision => {
  const identifies = operation === 'hostname' || operation === 'token';
  if (status >= 200 && status < 300) return operation === 'append' ? acceptedAppend(error) : { action: 'accept' };
  if (status === 401 || status === 403 || (error.statusCode === 3 && status === 400)) {
    return identifies ? { action: 'refuse' } : { action: 'renew-token' };
  }
  if (status === 408 || status === 429 || status >= 500) return retry;
  if (status === 410) return identifies ? { action: 'refuse' } : { action: 'rediscover' };
  if (status === 404 && !error.isJson && !identifies) {
    // A proxy's "Not Found" or "No Route" is a blip; if it lasts, the channel or its pipe is gone.
    return { action: 'retry', atMost: 6, otherwise: operation === 'append' ? 'reopen' : 'refuse' };
  }
  if (status === 409 && operation === 'open') return conflictOnOpen(error);
  if (operation === 'drop') return refusedDrop(status, error);
  return operation === 'append' ? refusedAppend(status, error) : { action: 'refuse' };
};

/** Reply → decision (snowflake-ingest: the documented error catalogue and what the official SDK makes of each reply). Pure. */
export const judge = (operation: Operation, status: number, text: string): Verdict => {
  const error = readErrorBody(text);
  return { decision: decide(operation, status, error), error };
};

/** Seconds for what people wait for, less for what keeps a stream moving; ×1.0–1.5, as the official SDK spreads its retries. */
export const backoffOf = (operation: Operation): BackoffPolicy => {
  if (operation === 'append') return { initialMs: 250, maxMs: 16_000, jitter: 0.5 };
  if (operation === 'status') return { initialMs: 500, maxMs: 4_000, jitter: 0.5 };
  return { initialMs: 500, maxMs: 8_000, jitter: 0.5 };
};
