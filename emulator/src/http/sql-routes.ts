import type { Authenticator, AuthResult } from '../auth/authenticator.ts';
import { storedIdentifier } from '../catalog/identifier.ts';
import type { Faults } from '../control/faults.ts';
import { readBindings } from '../sql/bindings.ts';
import { QueryResults, type TrackedQuery } from '../sql/query-results.ts';
import type { Session } from '../sql/session.ts';
import { sessionParameters } from '../sql/session-parameters.ts';
import { type SessionRegistry, sessionLifeMs } from '../sql/session-registry.ts';
import type { SqlEngine } from '../sql/sql-engine.ts';
import { notEmulated, SqlError } from '../sql/sql-error.ts';
import { splitStatements } from '../sql/tokenizer.ts';
import { type HttpRequest, headerOf, type Reply } from './exchange.ts';
import { withFaults } from './fault-gate.ts';
import { errorReply, failure, inProgressReply, multipleReply, resultReply, success } from './query-reply.ts';
import { readJsonObject } from './request-body.ts';

export interface SqlRoutesOptions {
  readonly engine: SqlEngine;
  readonly sessions: SessionRegistry;
  readonly authenticator: Authenticator;
  readonly faults: Faults;
  /** Whether a user may log in with a role. */
  readonly mayAssume: (user: string, role: string) => boolean;
  readonly nowMs: () => number;
  readonly isTls: boolean;
}

/** The protocol of Snowflake's drivers: login, query, session life. */
export class SqlRoutes {
  readonly #options: SqlRoutesOptions;
  readonly #results = new QueryResults<Reply>();

  constructor(options: SqlRoutesOptions) {
    this.#options = options;
  }

  async handle(request: HttpRequest): Promise<Reply | null> {
    switch (`${request.method} /${request.segments.join('/')}`) {
      case 'POST /session/v1/login-request':
        return this.#login(request);
      case 'POST /session/token-request':
        return this.#renew(request);
      case 'POST /session/heartbeat':
        return this.#withSession(request, async () => success(null));
      case 'POST /session':
        return this.#logout(request);
      case 'POST /queries/v1/query-request':
        return this.#withSession(request, (session) => this.#query(request, session));
      case 'POST /queries/v1/abort-request': {
        const { requestId } = await readJsonObject(request);
        const query = this.#results.findRequest(String(requestId));
        return this.#withSession(request, async (session) => this.#abort(query, session));
      }
      default:
        return this.#byQueryId(request);
    }
  }

  async #byQueryId(request: HttpRequest): Promise<Reply | null> {
    const [first, second = '', third] = request.segments;
    if (request.method === 'GET' && first === 'queries' && third === 'result')
      return this.#withSession(request, () => this.#result(second));
    if (request.method === 'GET' && first === 'monitoring' && second === 'queries')
      return this.#withSession(request, async () => this.#monitor(third ?? ''));
    if (request.method === 'POST' && first === 'queries' && third === 'abort-request')
      return this.#withSession(request, async (session) => this.#abort(this.#results.find(second), session));
    return null;
  }

  async #login(request: HttpRequest): Promise<Reply> {
    const data = await dataOf(request);
    return withFaults(this.#options.faults, { operation: 'login' }, async () => {
      const { authenticator, sessions, mayAssume } = this.#options;
      const kind = String(data['AUTHENTICATOR'] ?? 'SNOWFLAKE').toUpperCase();
      const auth = authenticate(authenticator, kind, data);
      if ('refused' in auth) return failure(loginErrors[kind] ?? '390100', auth.refused);
      const name = (parameter: string): string | null => {
        const value = request.query.get(parameter);
        return value === null || value === '' ? null : storedIdentifier(value);
      };
      const role = name('roleName') ?? 'ACCOUNTADMIN';
      if (!mayAssume(auth.user, role)) {
        const where = `Role '${role}' specified in the connect string does not exist or not authorized.`;
        const advice = 'Contact your local system administrator, or attempt to login with another role, e.g. PUBLIC.';
        return failure('390189', `${where} ${advice}`);
      }
      const { session, tokens } = await sessions.open({
        user: auth.user,
        database: name('databaseName'),
        schema: name('schemaName'),
        warehouse: name('warehouse'),
        role,
        client: `${data['CLIENT_APP_ID'] ?? 'unknown'} ${data['CLIENT_APP_VERSION'] ?? ''}`,
      });
      for (const [parameter, value] of Object.entries(Object(data['SESSION_PARAMETERS'] ?? {})))
        session.parameters.set(parameter.toUpperCase(), String(value).toUpperCase());
      return success({
        ...tokens,
        validityInSeconds: sessionLifeMs / 1000,
        masterValidityInSeconds: 14_400,
        displayUserName: session.user,
        serverVersion: '9.0.0',
        sessionId: session.id,
        parameters: sessionParameters(session),
        sessionInfo: {
          databaseName: session.database,
          schemaName: session.schema,
          warehouseName: session.warehouse,
          roleName: session.role,
        },
      });
    });
  }

  async #renew(request: HttpRequest): Promise<Reply> {
    const renewed = this.#options.sessions.renew(sessionToken(request));
    if (renewed === null)
      return failure('390114', 'Authentication token has expired. The user must authenticate again.');
    return success({
      sessionToken: renewed.token,
      validityInSecondsST: sessionLifeMs / 1000,
      masterToken: renewed.masterToken,
      validityInSecondsMT: 14_400,
    });
  }

  async #logout(request: HttpRequest): Promise<Reply> {
    if (request.query.get('delete') === 'true') await this.#options.sessions.close(sessionToken(request));
    return success(null);
  }

  async #withSession(request: HttpRequest, work: (session: Session) => Promise<Reply>): Promise<Reply> {
    const session = this.#options.sessions.find(sessionToken(request));
    if (session === null)
      return failure('390104', 'Session no longer exists. New login required to access the service.');
    if (session === 'expired') return failure('390112', 'Your session has expired. Please login again.');
    return work(session);
  }

  async #query(request: HttpRequest, session: Session): Promise<Reply> {
    const body = await readJsonObject(request);
    const sqlText = String(body['sqlText'] ?? '');
    return withFaults(this.#options.faults, { operation: 'query', sql: sqlText }, async () => {
      const origin = originOf(request, this.#options.isTls);
      const query = this.#track(session, sqlText, request.query.get('requestId'), (id) =>
        this.#execute(session, sqlText, body, id, origin),
      );
      if (body['asyncExec'] === true) return inProgressReply(query.id);
      return (await query.outcome).reply;
    });
  }

  #track(
    session: Session,
    sqlText: string,
    requestId: string | null,
    run: (id: string) => Promise<Reply>,
  ): TrackedQuery<Reply> {
    const query = { requestId, sqlText, sessionId: session.id, nowMs: this.#options.nowMs() };
    return this.#results.start(query, async (id) => {
      try {
        return { reply: await run(id), error: null };
      } catch (error) {
        if (!(error instanceof SqlError)) throw error;
        return { reply: errorReply(error, id), error };
      }
    });
  }

  /** MULTI_STATEMENT_COUNT says how many statements there may be; 0: any number. [documented] */
  async #execute(
    session: Session,
    sqlText: string,
    body: Record<string, unknown>,
    queryId: string,
    origin: string,
  ): Promise<Reply> {
    const { engine } = this.#options;
    const earlier = resultScanPattern.exec(sqlText)?.[1];
    if (earlier !== undefined) return this.#result(earlier);
    const statements = splitStatements(sqlText);
    const wanted = multiStatementCount(body['parameters'], session);
    if (wanted !== 0 && statements.length > 1 && wanted !== statements.length)
      throw new SqlError(
        '000008',
        '0A000',
        `Actual statement count ${statements.length} did not match the desired statement count ${wanted}.`,
      );
    const bindings = readBindings(body['bindings']);
    if (statements.length < 2)
      return resultReply(
        await engine.execute(session, sqlText, {
          bindings,
          origin,
          describeOnly: body['describeOnly'] === true,
          queryId,
        }),
        session,
        queryId,
      );
    if (bindings.size > 0) throw notEmulated('bind variables in several statements at once');
    const parts: { id: string; statementTypeId: number }[] = [];
    for (const statement of statements) {
      const result = await engine.execute(session, statement, { origin });
      const part = this.#track(session, statement, null, async (id) => resultReply(result, session, id));
      session.remember(part.id, result);
      parts.push({ id: part.id, statementTypeId: result.statementTypeId });
    }
    return multipleReply(parts, session, queryId);
  }

  async #result(id: string): Promise<Reply> {
    const query = this.#results.find(id);
    if (query === null) return failure('000709', `Statement ${id} not found`);
    return (await query.outcome).reply;
  }

  #monitor(id: string): Reply {
    const query = this.#results.find(id);
    if (query === null) return success({ queries: [] });
    const status = query.done === null ? 'RUNNING' : query.done.error === null ? 'SUCCESS' : 'FAILED_WITH_ERROR';
    const { code = null, message = null } = query.done?.error ?? {};
    return success({
      queries: [
        {
          id,
          status,
          state: query.done === null ? 'EXECUTING' : query.done.error === null ? 'SUCCEEDED' : 'FAILED',
          sqlText: query.sqlText,
          sessionId: query.sessionId,
          startTime: query.startedAtMs,
          errorCode: code,
          errorMessage: message,
        },
      ],
    });
  }

  /** The statement ends with 000604; one that is done already stays done. */
  #abort(query: TrackedQuery<Reply> | null, session: Session): Reply {
    if (query !== null && query.done === null && query.sessionId === session.id) this.#options.engine.cancel(session);
    return success(null);
  }
}

/** How older drivers fetch the result of an asynchronous query; RESULT_SCAN elsewhere is not emulated. [seen on the wire] */
const resultScanPattern = /^\s*select\s+\*\s+from\s+table\s*\(\s*result_scan\s*\(\s*'([^']+)'\s*\)\s*\)\s*;?\s*$/i;

const multiStatementCount = (parameters: unknown, session: Session): number => {
  const given =
    typeof parameters === 'object' && parameters !== null ? Reflect.get(parameters, 'MULTI_STATEMENT_COUNT') : null;
  return Number(given ?? session.parameters.get('MULTI_STATEMENT_COUNT') ?? 1);
};

/** Codes of a refused login; any other: 390100. [observed] */
const loginErrors: Readonly<Record<string, string>> = {
  SNOWFLAKE_JWT: '390144',
  OAUTH: '390303',
  PROGRAMMATIC_ACCESS_TOKEN: '394400',
};

const authenticate = (authenticator: Authenticator, kind: string, data: Record<string, unknown>): AuthResult => {
  const text = (name: string): string => String(data[name] ?? '');
  const user = text('LOGIN_NAME');
  switch (kind) {
    case 'SNOWFLAKE':
      return authenticator.password(user, text('PASSWORD'));
    case 'SNOWFLAKE_JWT':
      return authenticator.keyPairToken(text('TOKEN'));
    case 'OAUTH':
    case 'PROGRAMMATIC_ACCESS_TOKEN':
    case 'WORKLOAD_IDENTITY':
      return authenticator.accessToken(text('TOKEN') || text('PASSWORD'), user === '' ? null : user);
    default:
      return { refused: `The snowsink emulator does not have the authenticator ${kind}.` };
  }
};

const originOf = (request: HttpRequest, isTls: boolean): string =>
  `${isTls ? 'https' : 'http'}://${headerOf(request, 'host') ?? '127.0.0.1'}`;

const dataOf = async (request: HttpRequest): Promise<Record<string, unknown>> => {
  const { data } = await readJsonObject(request);
  return typeof data === 'object' && data !== null ? { ...data } : {};
};

/** `Authorization: Snowflake Token="…"`. [seen on the wire of the drivers] */
const sessionToken = (request: HttpRequest): string =>
  /Snowflake Token="([^"]*)"/i.exec(headerOf(request, 'authorization') ?? '')?.[1] ?? '';
