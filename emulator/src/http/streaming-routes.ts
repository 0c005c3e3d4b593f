import type { Authenticator, AuthResult } from '../auth/authenticator.ts';
import { storedIdentifier } from '../catalog/identifier.ts';
import type { FaultAction } from '../control/fault.ts';
import type { Faults } from '../control/faults.ts';
import { NdjsonError } from '../storage/ndjson-error.ts';
import type { StageFiles } from '../storage/stage-files.ts';
import { objectNotFound, type PipeName } from '../streaming/index.ts';
import type { HostedRows, StreamingHost } from '../streaming-host.ts';
import { notEmulated, refuse, streamingErrorReply } from './error-body.ts';
import { bearerToken, HttpRefusal, type HttpRequest, headerOf, jsonReply, type Reply } from './exchange.ts';
import { withFaults } from './fault-gate.ts';
import { type FileAppend, pipeInfo, readFileAppend } from './file-append.ts';
import { decodeBody, readBody, readJson, readJsonObject } from './request-body.ts';

/** 4 MB per request, measured on the wire, after compression. [documented] */
export const maxWireBytes = 4 * 1024 * 1024;

/** Turns a body into what the row store takes; `actions` may order row errors. */
export type ReadRows<Rows extends HostedRows> = (body: Buffer, actions: readonly FaultAction[]) => Rows;

export interface StreamingRoutesOptions<Rows extends HostedRows> {
  readonly host: StreamingHost<Rows>;
  readonly readRows: ReadRows<Rows>;
  readonly authenticator: Authenticator;
  readonly faults: Faults;
  readonly stageFiles: StageFiles;
  readonly nowMs: () => number;
  /** Of a fault: what somebody else does in SQL. */
  readonly runSql: (statement: string) => Promise<void>;
  /** Whether a role may stream into a pipe's table. */
  readonly mayInsert: (role: string | null, pipe: PipeName) => boolean;
  /** Whether its rows may change that table's columns. */
  readonly mayEvolve: (role: string | null, pipe: PipeName) => boolean;
}

/** The ingest host: `/v2/streaming/…` below databases, schemas and pipes. [documented paths] */
export class StreamingRoutes<Rows extends HostedRows> {
  readonly #options: StreamingRoutesOptions<Rows>;

  constructor(options: StreamingRoutesOptions<Rows>) {
    this.#options = options;
  }

  /** `rest`: the path segments behind `/v2/streaming`. Null: no such route. */
  async handle(request: HttpRequest, rest: readonly string[]): Promise<Reply | null> {
    const [first, ...afterData] = rest;
    const isData = first === 'data';
    const path = pipePath(isData ? afterData : rest);
    if (path === null) return null;
    const auth = this.#authorize(request);
    requireAccept(request);
    const { pipe, below } = path;
    if (!this.#options.mayInsert(auth.role, pipe)) return streamingErrorReply(objectNotFound('pipe', pipe));
    const [kind, channel, leaf] = below;
    if (path.action === 'bulk-channel-status' && request.method === 'POST') return this.#status(request, pipe);
    if (path.action === 'pipe-info' && request.method === 'POST') return this.#pipeInfo(request, pipe);
    if (path.action !== null) return notEmulated(`the pipe action ${path.action}`);
    if (kind !== 'channels' || channel === undefined) return null;
    if (isData && request.method === 'POST') {
      const append = await this.#readAppend(request, pipe, leaf);
      if (append !== null) return this.#append(request, auth.role, pipe, channel, append);
    }
    if (isData && leaf !== undefined) return notEmulated(`appends by ${leaf}`);
    if (!isData && leaf === undefined && request.method === 'PUT') return this.#open(request, pipe, channel);
    if (!isData && leaf === undefined && request.method === 'DELETE') return this.#drop(request, pipe, channel);
    return null;
  }

  /**
   * OAUTH: the scoped token or an OAuth token of one's own; KEYPAIR_JWT: a key-pair token; no type: any. Crossed types are
   * 401. [observed]
   */
  #authorize(request: HttpRequest): { readonly role: string | null } {
    const { authenticator } = this.#options;
    const token = bearerToken(request) ?? '';
    const type = headerOf(request, 'x-snowflake-authorization-token-type')?.toUpperCase();
    let result: AuthResult = { refused: 'Authorization token type is not supported by the snowsink emulator.' };
    if (type === 'OAUTH') {
      result = authenticator.scopedToken(token);
      if ('refused' in result) result = authenticator.accessToken(token, null);
    } else if (type === 'PROGRAMMATIC_ACCESS_TOKEN') result = authenticator.accessToken(token, null);
    else if (type === 'KEYPAIR_JWT') result = authenticator.keyPairToken(token);
    else if (type === undefined) {
      result = authenticator.scopedToken(token);
      if ('refused' in result) result = authenticator.bearer(token);
    }
    if ('refused' in result) throw new HttpRefusal(refuse(401, '390303', result.refused));
    return result;
  }

  async #open(request: HttpRequest, pipe: PipeName, channel: string): Promise<Reply> {
    const { host, faults } = this.#options;
    const body = await this.#jsonBody(request);
    return withFaults(faults, { operation: 'open', pipe: pipe.pipe, channel }, async () => {
      const offsetToken = body['offset_token'];
      const opened = await host.open(pipe, channel, {
        offsetToken: typeof offsetToken === 'string' ? offsetToken : null,
        failOnUncommittedRows: body['fail_on_uncommitted_rows'] === true,
      });
      if (opened.error !== undefined) return streamingErrorReply(opened.error);
      return jsonReply(200, {
        next_continuation_token: opened.ok.nextContinuationToken,
        channel_status: opened.ok.status,
      });
    });
  }

  async #pipeInfo(request: HttpRequest, pipe: PipeName): Promise<Reply> {
    const { host, stageFiles, nowMs } = this.#options;
    await this.#jsonBody(request);
    const found = host.service.status(pipe, []);
    if (found.error !== undefined) return streamingErrorReply(found.error);
    return jsonReply(200, pipeInfo(stageFiles, pipe, headerOf(request, 'host') ?? '', nowMs()));
  }

  /** Null: appends do not come this way. */
  async #readAppend(request: HttpRequest, pipe: PipeName, leaf: string | undefined): Promise<FileAppend | null> {
    if (leaf === 'filebuffer') return readFileAppend(this.#options.stageFiles, pipe, await readJson(request));
    if (leaf !== 'rows') return null;
    requireContentType(request, 'application/x-ndjson');
    const wire = await readBody(request, maxWireBytes);
    return {
      body: await decodeBody(request, wire),
      wireBytes: wire.length,
      startOffsetToken: textOrNull(request.query.get('startOffsetToken')),
      endOffsetToken: textOrNull(request.query.get('endOffsetToken') ?? request.query.get('offsetToken')),
    };
  }

  /** The same token rules for rows in the body and for rows in files on the stage. [seen on the wire] */
  async #append(
    request: HttpRequest,
    role: string | null,
    pipe: PipeName,
    channel: string,
    append: FileAppend,
  ): Promise<Reply> {
    const { host, faults, readRows, mayEvolve } = this.#options;
    return withFaults(faults, { operation: 'append', pipe: pipe.pipe, channel }, async (actions) => {
      await this.#strikeChannel(actions, pipe, channel);
      const rows = this.#rows(readRows, append.body, actions);
      const vanish = actions.some((action) => action.type === 'accept-and-discard');
      const appended = await host.append(
        pipe,
        channel,
        {
          continuationToken: request.query.get('continuationToken') ?? '',
          startOffsetToken: append.startOffsetToken,
          endOffsetToken: vanish ? null : append.endOffsetToken,
          rows: vanish ? readRows(Buffer.alloc(0), []) : { ...rows, mayEvolve: mayEvolve(role, pipe) },
        },
        append.wireBytes,
      );
      if (appended.error !== undefined) return streamingErrorReply(appended.error);
      return jsonReply(200, {
        next_continuation_token: appended.ok.nextContinuationToken,
        status_code: 0,
        message: 'Rows buffered successfully.',
      });
    });
  }

  #rows(readRows: ReadRows<Rows>, body: Buffer, actions: readonly FaultAction[]): Rows {
    try {
      const rows = readRows(body, actions);
      if (rows.rowCount > 0) return rows;
    } catch (error) {
      if (!(error instanceof NdjsonError)) throw error;
      throw new HttpRefusal(refuse(400, 'INVALID_REQUEST_BODY', error.message));
    }
    throw new HttpRefusal(refuse(400, 'INVALID_REQUEST_BODY', 'The request body holds no rows.'));
  }

  async #strikeChannel(actions: readonly FaultAction[], pipe: PipeName, channel: string): Promise<void> {
    for (const action of actions) {
      if (action.type === 'sql') await this.#options.runSql(action.statement);
      if (action.type === 'reopen')
        await this.#options.host.open(pipe, channel, { offsetToken: null, failOnUncommittedRows: false });
      if (action.type === 'invalidate')
        this.#options.host.service.invalidate(pipe, channel, action.code ?? 'ERR_CHANNEL_MUST_BE_REOPENED');
    }
  }

  async #status(request: HttpRequest, pipe: PipeName): Promise<Reply> {
    const body = await this.#jsonBody(request);
    const names = body['channel_names'];
    if (!Array.isArray(names) || !names.every((name) => typeof name === 'string'))
      return refuse(400, 'INVALID_REQUEST_BODY', 'channel_names must be a list of channel names.');
    return withFaults(this.#options.faults, { operation: 'status', pipe: pipe.pipe }, async () => {
      const statuses = this.#options.host.service.status(pipe, names);
      if (statuses.error !== undefined) return streamingErrorReply(statuses.error);
      return jsonReply(200, { channel_statuses: statuses.ok });
    });
  }

  async #drop(request: HttpRequest, pipe: PipeName, channel: string): Promise<Reply> {
    const body = await this.#jsonBody(request);
    return withFaults(this.#options.faults, { operation: 'drop', pipe: pipe.pipe, channel }, async () => {
      const dropped = await this.#options.host.drop(pipe, channel, body['fail_on_uncommitted_rows'] === true);
      return dropped.error === undefined ? jsonReply(200, {}) : streamingErrorReply(dropped.error);
    });
  }

  /** A body needs its type; no body needs none (the official SDKs' DELETE). [documented; seen on the wire] */
  async #jsonBody(request: HttpRequest): Promise<Record<string, unknown>> {
    const hasBody =
      Number(headerOf(request, 'content-length') ?? 0) > 0 || headerOf(request, 'transfer-encoding') !== null;
    if (hasBody) requireContentType(request, 'application/json');
    return readJsonObject(request, maxWireBytes);
  }
}

const textOrNull = (text: string | null): string | null => (text === null || text === '' ? null : text);

interface PipePath {
  readonly pipe: PipeName;
  /** Behind the colon of `{pipe}:action`. */
  readonly action: string | null;
  readonly below: readonly string[];
}

/** `databases/{d}/schemas/{s}/pipes/{p}[:action]/…`; names are upper-cased unless double-quoted. [observed] */
const pipePath = (segments: readonly string[]): PipePath | null => {
  const [databases, database, schemas, schema, pipes, pipe, ...below] = segments;
  if (databases !== 'databases' || schemas !== 'schemas' || pipes !== 'pipes') return null;
  if (database === undefined || schema === undefined || pipe === undefined) return null;
  const [, name = '', action] = /^("(?:[^"]|"")*"|[^:]*)(?::(.+))?$/.exec(pipe) ?? [];
  return {
    pipe: {
      database: storedIdentifier(database),
      schema: storedIdentifier(schema),
      pipe: storedIdentifier(name),
    },
    action: action ?? null,
    below,
  };
};

/** Without an Accept header every call is refused. [observed] */
const requireAccept = (request: HttpRequest): void => {
  const accept = headerOf(request, 'accept');
  if (accept !== null && /(^|[\s,])(\*\/\*|application\/(\*|json))/i.test(accept)) return;
  throw new HttpRefusal(refuse(400, '391902', `Unsupported Accept header ${accept} is specified.`));
};

const requireContentType = (request: HttpRequest, expected: string): void => {
  const type = headerOf(request, 'content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type === expected) return;
  throw new HttpRefusal(
    refuse(415, '391903', `Unsupported Content-Type header ${type ?? 'null'} is specified; expected ${expected}.`),
  );
};
