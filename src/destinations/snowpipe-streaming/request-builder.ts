import type { ContentEncoding, Random, RowBatch } from '../../api/index.ts';
import { storedName } from '../../util/stored-name.ts';
import { identifier } from '../snowflake-identifier.ts';
import type { Operation } from './retry-logic.ts';
import type { HttpRequest } from './transport.ts';

/** A request but for host, token and signal: the same over all its retries, so that they are identical. */
export interface Call {
  readonly operation: Operation;
  readonly method: HttpRequest['method'];
  readonly path: string;
  /** Without requestId and retryCount. */
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: readonly Uint8Array[] | null;
  /** How long to wait for one reply. */
  readonly timeoutMs: number;
  /** What it is about, for messages; null: the account as a whole. */
  readonly pipe: PipeName | null;
  readonly channel: string | null;
}

/** Names of a pipe as people wrote them (database, schema) and as SQL stores it (table). */
export interface PipeName {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
}

const userAgent = `snowsink (${process.platform} ${process.arch}) NODE/${process.versions.node}`;

/** Without Accept, Snowflake answers 400 391902. */
export const commonHeaders: Readonly<Record<string, string>> = {
  accept: 'application/json',
  'accept-charset': 'UTF-8',
  'user-agent': userAgent,
};

/** A random UUID (RFC 9562, version 4) from the injected randomness. It stays the same over the retries of one request. */
export const requestId = (random: Random): string => {
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
  const variant = '89ab'.charAt(Math.floor(random() * 4));
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(12)}`;
};

const segment = (name: string): string => encodeURIComponent(name);

/** Snowflake upper-cases what is not quoted in a path: names that it would change go quoted (`%22orders-STREAMING%22`). */
const pathName = (written: string): string => segment(identifier(storedName(written)));

/** The default pipe that Snowflake keeps for each table: `<TABLE>-STREAMING`. */
export const defaultPipe = (table: string): string =>
  identifier(table) === table ? `${table}-STREAMING` : `"${table.replaceAll('"', '""')}-STREAMING"`;

const pipePath = ({ database, schema, table }: PipeName): string =>
  `databases/${pathName(database)}/schemas/${pathName(schema)}/pipes/${segment(defaultPipe(table))}`;

const jsonCall = (call: Omit<Call, 'query' | 'headers' | 'body'>, body: object | null): Call => {
  if (body === null) return { ...call, query: [], headers: {}, body: null };
  const bytes = Buffer.from(JSON.stringify(body));
  const headers = { 'content-type': 'application/json', 'content-length': String(bytes.length) };
  return { ...call, query: [], headers, body: [bytes] };
};

const timeoutMs = 30_000;

export const hostnameCall = (): Call =>
  jsonCall(
    { operation: 'hostname', method: 'GET', path: '/v2/streaming/hostname', timeoutMs, pipe: null, channel: null },
    null,
  );

/** `role` null: the user's default role. */
export const tokenCall = (ingestHost: string, role: string | null): Call => {
  const scope = role === null ? ingestHost : `${ingestHost} session:role:${storedName(role)}`;
  const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  const bytes = Buffer.from(`grant_type=${encodeURIComponent(grantType)}&scope=${encodeURIComponent(scope)}`);
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(bytes.length) };
  const about = { pipe: null, channel: null };
  return {
    operation: 'token',
    method: 'POST',
    path: '/oauth/token',
    query: [],
    headers,
    body: [bytes],
    timeoutMs,
    ...about,
  };
};

const channelPath = (pipe: PipeName, channel: string): string =>
  `/v2/streaming/${pipePath(pipe)}/channels/${segment(channel)}`;

/** `failOnUncommittedRows` false: Snowflake discards what it accepted from the last holder and has not committed. */
export const openCall = (pipe: PipeName, channel: string, failOnUncommittedRows: boolean): Call =>
  jsonCall(
    { operation: 'open', method: 'PUT', path: channelPath(pipe, channel), timeoutMs, pipe, channel },
    { fail_on_uncommitted_rows: failOnUncommittedRows },
  );

export const dropCall = (pipe: PipeName, channel: string): Call =>
  jsonCall({ operation: 'drop', method: 'DELETE', path: channelPath(pipe, channel), timeoutMs, pipe, channel }, null);

export const statusCall = (pipe: PipeName, channels: readonly string[]): Call =>
  jsonCall(
    {
      operation: 'status',
      method: 'POST',
      path: `/v2/streaming/${pipePath(pipe)}:bulk-channel-status`,
      timeoutMs,
      pipe,
      channel: null,
    },
    { channel_names: channels },
  );

const encodingHeader = (encoding: ContentEncoding): Record<string, string> =>
  encoding === 'identity' ? {} : { 'content-encoding': encoding };

/** NDJSON (RFC 8259 objects, one a line) from the batch's own chunks. */
export const appendCall = (
  pipe: PipeName,
  channel: string,
  batch: RowBatch,
  continuationToken: string,
  sessionHeader: string | null,
): Call => ({
  operation: 'append',
  method: 'POST',
  path: `/v2/streaming/data/${pipePath(pipe)}/channels/${segment(channel)}/rows`,
  query: [
    ['startOffsetToken', String(batch.firstOffset)],
    ['endOffsetToken', String(batch.lastOffset)],
    ['continuationToken', continuationToken],
  ],
  headers: {
    'content-type': 'application/x-ndjson',
    'content-length': String(batch.wireBytes),
    ...encodingHeader(batch.encoding),
    'x-snowflake-uncompressed-content-length': String(batch.rawBytes),
    'x-snowflake-min-append-timestamp-ms': String(Math.trunc(batch.firstBufferedAtMs)),
    ...(sessionHeader === null ? {} : { 'x-snowflake-session': sessionHeader }),
  },
  body: batch.chunks,
  timeoutMs: 60_000,
  pipe,
  channel,
});

export const urlOf = (origin: string, call: Call, id: string, retryCount: number): string => {
  const query = [...call.query, ['requestId', id] as const, ['retryCount', String(retryCount)] as const];
  return `${origin}${call.path}?${query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`;
};
