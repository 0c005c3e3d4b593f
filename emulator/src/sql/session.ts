import type { DuckDBConnection } from '@duckdb/node-api';
import type { TableName } from '../streaming/index.ts';
import type { ResultSet } from './result-set.ts';
import type { SessionVariable } from './session-variables.ts';
import { noCurrentNamespace, SqlError } from './sql-error.ts';
import type { Touched, Transaction } from './transaction.ts';

/** What a login asked for. */
export interface SessionSettings {
  readonly user: string;
  readonly database: string | null;
  readonly schema: string | null;
  readonly warehouse: string | null;
  readonly role: string | null;
  /** The driver and its version as its login names them, such as `JDBC 4.4.1`. */
  readonly client: string;
}

/** Seconds. [documented] */
const defaultLockTimeout = 43_200;
/** Of results that RESULT_SCAN can read: how many, and of how many rows each. */
const keptResults = 20;
const keptRows = 10_000;

/** One logged-in driver connection: its namespace, parameters, transaction and DuckDB connection. */
export class Session {
  readonly id: number;
  readonly user: string;
  readonly client: string;
  readonly connection: DuckDBConnection;
  database: string | null;
  schema: string | null;
  warehouse: string | null;
  role: string | null;
  /** ALTER SESSION SET. */
  readonly parameters = new Map<string, string>();
  /** SET. */
  readonly variables = new Map<string, SessionVariable>();
  /** Of statements that ended, in order. */
  readonly queryIds: string[] = [];
  /** The last results, for RESULT_SCAN. */
  readonly results = new Map<string, ResultSet>();
  readonly transaction: Transaction;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(id: number, connection: DuckDBConnection, transaction: Transaction, settings: SessionSettings) {
    this.id = id;
    this.connection = connection;
    this.transaction = transaction;
    this.user = settings.user;
    this.client = settings.client;
    this.database = settings.database;
    this.schema = settings.schema;
    this.warehouse = settings.warehouse;
    this.role = settings.role;
  }

  /** Statements of one session run one after another. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** What LAST_QUERY_ID and RESULT_SCAN find; results of many rows are not kept. */
  remember(queryId: string, result: ResultSet): void {
    this.queryIds.push(queryId);
    if (result.rows.length > keptRows) return;
    this.results.set(queryId, result);
    const [oldest] = this.results.keys();
    if (this.results.size > keptResults && oldest !== undefined) this.results.delete(oldest);
  }

  /** One statement's work on the connection, within the session's transaction; LOCK_TIMEOUT is in seconds. [documented] */
  work<T>(touched: Touched, work: () => Promise<T>): Promise<T> {
    const seconds = Number(this.parameters.get('LOCK_TIMEOUT') ?? defaultLockTimeout);
    return this.transaction.run(touched, seconds * 1000, work);
  }

  /** The same session with another namespace: how the names inside a view are meant. */
  within({ database, schema }: { readonly database: string; readonly schema: string }): Session {
    const { user, client, warehouse, role } = this;
    return new Session(this.id, this.connection, this.transaction, { user, client, warehouse, role, database, schema });
  }

  /** `t`, `s.t` or `d.s.t` in this session's namespace. */
  tableName(parts: readonly string[]): TableName {
    const [table, schema = this.schema, database = this.database, ...rest] = [...parts].reverse();
    if (table === undefined || rest.length > 0)
      throw new SqlError('001003', '42000', `SQL compilation error:\n'${parts.join('.')}' is not a table name.`);
    if (database === null) throw noCurrentNamespace('database');
    if (schema === null) throw noCurrentNamespace('schema');
    return { database, schema, table };
  }

  schemaName(parts: readonly string[]): { database: string; schema: string } {
    const [schema, database = this.database] = [...parts].reverse();
    if (schema === undefined || parts.length > 2)
      throw new SqlError('001003', '42000', `SQL compilation error:\n'${parts.join('.')}' is not a schema name.`);
    if (database === null) throw noCurrentNamespace('database');
    return { database, schema };
  }
}
