import { StreamingService } from '../../../emulator/src/streaming/index.ts';
import type { RowBatch } from '../../../src/api/index.ts';
import { asLastOffset } from '../../../src/api/index.ts';
import {
  type HttpReply,
  type HttpRequest,
  type Transport,
  TransportError,
} from '../../../src/destinations/snowpipe-streaming/transport.ts';
import { createKeyPair, type KeyPair } from '../../support/key-pair.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';

export type FaultKind =
  /** Answered with this; nothing is done. */
  | { readonly reply: { readonly status: number; readonly text: string } }
  /** Done, but the answer is lost. */
  | { readonly lose: 'reply' }
  | { readonly lose: 'request'; readonly code?: string }
  /** No answer until the caller gives up; the request is done before. */
  | { readonly hang: true };

export type Fault = FaultKind & { readonly when: RegExp; times?: number };

interface Rows {
  readonly rowCount: number;
  readonly first: bigint;
  readonly last: bigint;
}

const account = { host: 'org-acct.snowflakecomputing.com', ingest: 'locator.ingest.snowflakecomputing.com' };
let keyPair: KeyPair | null = null;

export const testAccount = {
  url: `https://${account.host}`,
  account: 'ORG-ACCT',
  user: 'loader',
  get privateKey(): string {
    keyPair ??= createKeyPair();
    return keyPair.privateKey;
  },
  privateKeyPassphrase: null,
  role: 'LOADER_ROLE',
  database: 'db',
  schema: 'public',
};

/** A token as Snowflake gives: three base64url parts; only `exp` and `iat` are read. */
const tokenThatLives = (nowMs: number, seconds: number): string => {
  const iat = Math.floor(nowMs / 1000);
  const part = (json: object): string => Buffer.from(JSON.stringify(json)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part({ iat, exp: iat + seconds, jti: nowMs })}.c2ln`;
};

/**
 * Snowflake's streaming endpoints without a network: the emulator's own state machine behind the client's Transport port, on
 * virtual time, with faults that tell how often they fired.
 */
export class InMemorySnowflake implements Transport {
  readonly service: StreamingService<Rows>;
  /** Offset ranges in the table, in the order in which they were committed. */
  readonly committed: { readonly channel: string; readonly first: bigint; readonly last: bigint }[] = [];
  readonly requests: {
    readonly method: string;
    readonly url: URL;
    readonly headers: HttpRequest['headers'];
    body: Buffer;
  }[] = [];
  readonly faults: Fault[] = [];
  /** Tables that exist; made anew by another id. */
  readonly tables = new Map([['ORDERS', 'table-1']]);
  ingest = account.ingest;
  tokenSeconds = 3600;
  rowErrorsPerCommit = 0;
  lastErrorMessage = '';
  #tokens = new Set<string>();
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock, commitDelayMs = 5_000) {
    this.#clock = clock;
    this.service = new StreamingService<Rows>(
      {
        resolvePipe: ({ database, schema, pipe }) => {
          const table = pipe.replace(/-STREAMING$/, '');
          const tableId = this.tables.get(table);
          return tableId === undefined ? { missing: 'pipe' } : { table: { database, schema, table }, tableId };
        },
      },
      { commitDelayMs, channelsPerPipe: 2_000, appendsPerSecond: 10 },
    );
  }

  /** Requests whose method and path match. */
  sent(pattern: RegExp): typeof this.requests {
    return this.requests.filter(({ method, url }) => pattern.test(`${method} ${url.pathname}`));
  }

  revokeTokens(): void {
    this.#tokens.clear();
  }

  async request(request: HttpRequest): Promise<HttpReply> {
    request.signal.throwIfAborted();
    this.#commitDue();
    const url = new URL(request.url);
    const body = Buffer.concat(request.body ?? []);
    this.requests.push({ method: request.method, url, headers: request.headers, body });
    const fault = this.faults.find(
      ({ when, times = 1 }) => times > 0 && when.test(`${request.method} ${url.pathname}`),
    );
    if (fault === undefined) return this.#reply(request, url, body);
    fault.times = (fault.times ?? 1) - 1;
    if ('reply' in fault) return reply(fault.reply.status, fault.reply.text);
    if ('hang' in fault) {
      this.#reply(request, url, body);
      return await new Promise((_resolve, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason));
      });
    }
    if (fault.lose === 'reply') this.#reply(request, url, body);
    const code = fault.lose === 'request' ? (fault.code ?? 'ECONNREFUSED') : 'ECONNRESET';
    throw new TransportError(code, 'the network is gone');
  }

  async close(): Promise<void> {}

  #commitDue(): void {
    const now = this.#clock.now();
    for (const commit of this.service.takeDue(now)) {
      for (const { rows } of commit.batches) {
        this.committed.push({ channel: commit.channel, first: rows.first, last: rows.last });
      }
      const rowsErrorCount = this.rowErrorsPerCommit;
      const lastError = rowsErrorCount === 0 ? null : { message: this.lastErrorMessage, offsetUpperBound: '1' };
      const rowsInserted = commit.batches.reduce((sum, { rows }) => sum + rows.rowCount, 0) - rowsErrorCount;
      this.service.settle(commit, { rowsInserted, rowsErrorCount, lastError }, now);
    }
  }

  #reply({ method, headers }: HttpRequest, url: URL, body: Buffer): HttpReply {
    if (url.pathname === '/v2/streaming/hostname') return reply(200, this.ingest);
    const now = this.#clock.now();
    if (url.pathname === '/oauth/token') {
      const token = tokenThatLives(now, this.tokenSeconds);
      this.#tokens.add(token);
      return reply(200, token);
    }
    if (url.hostname !== this.ingest) return reply(410, 'Gone');
    if (!this.#tokens.has((headers as { authorization?: string }).authorization?.replace('Bearer ', '') ?? ''))
      return reply(401, '{"code":"390303"}');
    const [, database = '', schema = '', pipe = '', rest = ''] =
      /databases\/(.*?)\/schemas\/(.*?)\/pipes\/([^/:]*)(.*)$/.exec(url.pathname) ?? [];
    const name = {
      database: decodeURIComponent(database),
      schema: decodeURIComponent(schema),
      pipe: decodeURIComponent(pipe),
    };
    const channel = decodeURIComponent(rest.split('/')[2] ?? '');
    if (rest === ':bulk-channel-status') {
      const status = this.service.status(name, JSON.parse(body.toString()).channel_names);
      return status.error === undefined ? json(200, { channel_statuses: status.ok }) : refusal(status.error);
    }
    if (method === 'DELETE') {
      const dropped = this.service.drop(name, channel, false);
      return dropped.error === undefined ? json(200, {}) : refusal(dropped.error);
    }
    if (method === 'PUT') {
      const failOnUncommittedRows = JSON.parse(body.toString()).fail_on_uncommitted_rows === true;
      const opened = this.service.open(name, channel, { offsetToken: null, failOnUncommittedRows }, now);
      if (opened.error !== undefined) return refusal(opened.error);
      return json(200, { next_continuation_token: opened.ok.nextContinuationToken, channel_status: opened.ok.status });
    }
    const [first = '', last = ''] = [
      url.searchParams.get('startOffsetToken'),
      url.searchParams.get('endOffsetToken'),
    ].map(String);
    const appended = this.service.append(
      name,
      channel,
      {
        continuationToken: url.searchParams.get('continuationToken') ?? '',
        startOffsetToken: first,
        endOffsetToken: last,
        rows: { rowCount: body.toString().split('\n').length - 1, first: BigInt(first), last: BigInt(last) },
      },
      now,
    );
    if (appended.error !== undefined) return refusal(appended.error);
    return json(200, { next_continuation_token: appended.ok.nextContinuationToken, status_code: 0 });
  }
}

const reply = (status: number, text: string): HttpReply => ({ status, headers: {}, text: async () => text });
const json = (status: number, body: object): HttpReply => reply(status, JSON.stringify(body));
const refusal = ({ httpStatus, code, message }: { httpStatus: number; code: string; message: string }): HttpReply =>
  json(httpStatus, httpStatus === 400 ? { code, message } : { error_code: code, message });

/** One row for each offset of [first, last]. */
export const batchOf = (first: number, last: number, wireBytes?: number): RowBatch => {
  const rowCount = last - first + 1;
  const chunks = Array.from({ length: rowCount }, (_, row) => Buffer.from(`{"offset":${first + row}}\n`));
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return {
    firstOffset: BigInt(first),
    lastOffset: asLastOffset(BigInt(last)),
    rowCount,
    encoding: 'identity',
    chunks,
    wireBytes: wireBytes ?? bytes,
    rawBytes: bytes,
    firstBufferedAtMs: 1_700_000_000_000,
    release: () => {},
  };
};
