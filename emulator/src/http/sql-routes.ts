import { randomUUID } from 'node:crypto';
import type { Authenticator } from '../auth/authenticator.ts';
import { storedIdentifier } from '../catalog/identifier.ts';
import type { Faults } from '../control/faults.ts';
import { readBindings } from '../sql/bindings.ts';
import type { ResultSet } from '../sql/result-set.ts';
import type { Session } from '../sql/session.ts';
import { type SessionRegistry, sessionLifeMs } from '../sql/session-registry.ts';
import type { SqlEngine } from '../sql/sql-engine.ts';
import { notEmulated, SqlError } from '../sql/sql-error.ts';
import { type HttpRequest, headerOf, jsonReply, type Reply } from './exchange.ts';
import { withFaults } from './fault-gate.ts';
import { readJsonObject } from './request-body.ts';

export interface SqlRoutesOptions {
  readonly engine: SqlEngine;
  readonly sessions: SessionRegistry;
  readonly authenticator: Authenticator;
  readonly faults: Faults;
}

/** HTTP status 200 even for errors; `success` tells. [seen on the wire of the drivers] */
const success = (data: unknown): Reply => jsonReply(200, { data, code: null, message: null, success: true });
const failure = (code: string, message: string, data: unknown = null): Reply =>
  jsonReply(200, { data, code, message, success: false });

/** The protocol of Snowflake's drivers: login, query, session life. */
export class SqlRoutes {
  readonly #options: SqlRoutesOptions;

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
      case 'POST /queries/v1/abort-request':
        return success(null);
      default:
        return null;
    }
  }

  async #login(request: HttpRequest): Promise<Reply> {
    const data = await dataOf(request);
    return withFaults(this.#options.faults, { operation: 'login' }, async () => {
      const { authenticator, sessions } = this.#options;
      const kind = String(data['AUTHENTICATOR'] ?? 'SNOWFLAKE').toUpperCase();
      const auth =
        kind === 'SNOWFLAKE_JWT'
          ? authenticator.keyPairToken(String(data['TOKEN'] ?? ''))
          : kind === 'SNOWFLAKE'
            ? authenticator.password(String(data['LOGIN_NAME'] ?? ''), String(data['PASSWORD'] ?? ''))
            : { refused: `The snowsink emulator does not have the authenticator ${kind}.` };
      if ('refused' in auth) return failure(kind === 'SNOWFLAKE_JWT' ? '390144' : '390100', auth.refused);
      const name = (parameter: string): string | null => {
        const value = request.query.get(parameter);
        return value === null || value === '' ? null : storedIdentifier(value);
      };
      const { session, tokens } = await sessions.open({
        user: auth.user,
        database: name('databaseName'),
        schema: name('schemaName'),
        warehouse: name('warehouse'),
        role: name('roleName') ?? 'ACCOUNTADMIN',
      });
      return success({
        ...tokens,
        validityInSeconds: sessionLifeMs / 1000,
        masterValidityInSeconds: 14_400,
        displayUserName: session.user,
        serverVersion: '9.0.0',
        sessionId: session.id,
        parameters: loginParameters,
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
    const sql = String(body['sqlText'] ?? '');
    return withFaults(this.#options.faults, { operation: 'query', sql }, async () => {
      const queryId = randomUUID();
      try {
        if (body['asyncExec'] === true) throw notEmulated('asynchronous queries');
        const result = await this.#options.engine.execute(session, sql, readBindings(body['bindings']));
        return success(queryData(result, session, queryId));
      } catch (error) {
        if (!(error instanceof SqlError)) throw error;
        const { code, sqlState, message } = error;
        return failure(code, message, {
          internalError: false,
          errorCode: code,
          sqlState,
          queryId,
          line: -1,
          pos: -1,
          type: 'COMPILATION',
        });
      }
    });
  }
}

const loginParameters = [
  { name: 'TIMEZONE', value: 'UTC' },
  { name: 'TIMESTAMP_OUTPUT_FORMAT', value: 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM' },
  { name: 'TIMESTAMP_NTZ_OUTPUT_FORMAT', value: 'YYYY-MM-DD HH24:MI:SS.FF3' },
  { name: 'TIMESTAMP_LTZ_OUTPUT_FORMAT', value: '' },
  { name: 'TIMESTAMP_TZ_OUTPUT_FORMAT', value: '' },
  { name: 'DATE_OUTPUT_FORMAT', value: 'YYYY-MM-DD' },
  { name: 'TIME_OUTPUT_FORMAT', value: 'HH24:MI:SS' },
  { name: 'BINARY_OUTPUT_FORMAT', value: 'HEX' },
  { name: 'CLIENT_STAGE_ARRAY_BINDING_THRESHOLD', value: 65_280 },
  { name: 'CLIENT_SESSION_KEEP_ALIVE', value: false },
  { name: 'CLIENT_TELEMETRY_ENABLED', value: false },
];

const queryData = (result: ResultSet, session: Session, queryId: string): unknown => ({
  parameters: [{ name: 'TIMEZONE', value: 'UTC' }],
  rowtype: result.columns.map((column) => ({
    ...column,
    database: '',
    schema: '',
    table: '',
    byteLength: column.length,
    collation: null,
  })),
  rowset: result.rows,
  total: result.rows.length,
  returned: result.rows.length,
  queryId,
  sqlState: null,
  statementTypeId: result.statementTypeId,
  version: 1,
  queryResultFormat: 'json',
  finalDatabaseName: session.database,
  finalSchemaName: session.schema,
  finalWarehouseName: session.warehouse,
  finalRoleName: session.role,
});

const dataOf = async (request: HttpRequest): Promise<Record<string, unknown>> => {
  const { data } = await readJsonObject(request);
  return typeof data === 'object' && data !== null ? { ...data } : {};
};

/** `Authorization: Snowflake Token="…"`. [seen on the wire of the drivers] */
const sessionToken = (request: HttpRequest): string =>
  /Snowflake Token="([^"]*)"/i.exec(headerOf(request, 'authorization') ?? '')?.[1] ?? '';
