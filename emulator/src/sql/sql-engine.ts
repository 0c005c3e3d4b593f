import type { EmulatorCatalog } from '../catalog/catalog.ts';
import { displayIdentifier, quoteLiteral } from '../catalog/identifier.ts';
import type { Database } from '../storage/database.ts';
import type { StageFiles } from '../storage/stage-files.ts';
import type { ChannelRecord, PipeName } from '../streaming/index.ts';
import { applyBindings, type Binding } from './bindings.ts';
import { alterObject, createObject } from './commands/account-objects.ts';
import { alterNamespace, alterPipe, alterStage, alterView } from './commands/alter-objects.ts';
import { alterTable } from './commands/alter-table.ts';
import type { Command, CommandContext } from './commands/command.ts';
import { comment } from './commands/comment.ts';
import { copyInto } from './commands/copy-into.ts';
import { createOrAlterTable } from './commands/create-or-alter-table.ts';
import { createPipe } from './commands/create-pipe.ts';
import { createTable } from './commands/create-table.ts';
import { createView } from './commands/create-view.ts';
import { describeTable } from './commands/describe-table.ts';
import { drop } from './commands/drop.ts';
import { get, isGet, isPut, put } from './commands/file-transfer.ts';
import { createRole, grant, revoke, showGrants } from './commands/grants.ts';
import { alterSession, createDatabase, createSchema, use } from './commands/namespaces.ts';
import { show } from './commands/show.ts';
import { createStage, list, remove } from './commands/stages.ts';
import { describeStatement } from './describe-statement.ts';
import { runQuery } from './query.ts';
import { requireTableAccess } from './require-access.ts';
import { type ResultSet, statementType, statusResult } from './result-set.ts';
import type { Session } from './session.ts';
import { applyVariables, setVariable, unsetVariable } from './session-variables.ts';
import { doesNotExist, fromDuckDb, notEmulated, SqlError } from './sql-error.ts';
import { TokenCursor } from './token-cursor.ts';
import { splitStatements } from './tokenizer.ts';

export interface SqlEngineOptions {
  readonly catalog: EmulatorCatalog;
  readonly nowMs: () => number;
  readonly channels: () => Iterable<{ record: ChannelRecord }>;
  readonly seedChannel: (pipe: PipeName, channel: string, token: string | null) => Promise<void>;
  readonly stageFiles: StageFiles;
  readonly database: Database;
}

export interface StatementRequest {
  readonly bindings?: ReadonlyMap<number, Binding>;
  /** How the client reaches this server, for uploads: `http://127.0.0.1:8085`. */
  readonly origin?: string;
  /** Say what the statement would answer, do not run it. */
  readonly describeOnly?: boolean;
  /** By which RESULT_SCAN finds the result. */
  readonly queryId?: string;
}

const noBindings: ReadonlyMap<number, Binding> = new Map();
const dmlWords = new Set(['SELECT', 'WITH', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'VALUES', '(']);

/** Runs one Snowflake statement in a session: DDL and settings by hand, queries and DML through DuckDB. */
export class SqlEngine {
  readonly #options: SqlEngineOptions;
  #lastDdl: Promise<unknown> = Promise.resolve();

  constructor(options: SqlEngineOptions) {
    this.#options = options;
  }

  execute(session: Session, sql: string, request: StatementRequest = {}): Promise<ResultSet> {
    return session.inTurn(async () => {
      try {
        const result = await this.#run(session, sql, request);
        if (request.queryId !== undefined) session.remember(request.queryId, result);
        return result;
      } catch (error) {
        throw error instanceof SqlError ? error : fromDuckDb(error);
      }
    });
  }

  contextOf(session: Session, origin = ''): CommandContext {
    return { ...this.#options, session, nowMs: this.#options.nowMs(), origin };
  }

  /** Ends the session's running statement, be it at work or waiting for a lock. */
  cancel(session: Session): void {
    this.#options.database.activity.cancel(session.transaction);
    session.connection.interrupt();
  }

  /** Statement by statement; the error of a bad one names it by number. */
  async runScript(session: Session, script: string): Promise<void> {
    for (const [index, statement] of splitStatements(script).entries()) {
      try {
        await this.execute(session, statement);
      } catch (error) {
        throw new Error(
          `statement ${index + 1} of the init script failed: ${error instanceof Error ? error.message : error}`,
        );
      }
    }
  }

  async #run(session: Session, sql: string, { bindings, origin, describeOnly }: StatementRequest): Promise<ResultSet> {
    if (describeOnly === true) return this.#describe(session, sql);
    const written = applyBindings(sql, bindings ?? noBindings);
    const bound = applyVariables(written, session.variables);
    const cursor = new TokenCursor(bound);
    const nowMs = this.#options.nowMs();
    const context = this.contextOf(session, origin);
    if (changesRows.has(cursor.peek().text)) beginWithoutAutocommit(session, nowMs);
    if (isPut(bound)) return put(context, bound);
    if (isGet(bound)) return get(context, bound);
    if (dmlWords.has(cursor.peek().text)) return runQuery(context, bound, written);
    const transaction = await this.#transaction(session, cursor);
    if (transaction !== null) return transaction;
    return this.#command(context, cursor);
  }

  #describe(session: Session, sql: string): Promise<ResultSet> {
    const { catalog, nowMs } = this.#options;
    return describeStatement(session, catalog, applyVariables(sql, session.variables), nowMs());
  }

  async #transaction(session: Session, cursor: TokenCursor): Promise<ResultSet | null> {
    const done = statusResult('Statement executed successfully.', statementType.transaction);
    if (cursor.accept('BEGIN') || cursor.accept('START', 'TRANSACTION')) {
      if (!cursor.accept('TRANSACTION')) cursor.accept('WORK');
      if (cursor.accept('NAME')) cursor.identifier();
      if (!cursor.atEnd) throw notEmulated('scripting blocks');
      session.transaction.begin(this.#options.nowMs());
      return done;
    }
    const commits = cursor.accept('COMMIT');
    if (!commits && !cursor.accept('ROLLBACK')) return null;
    cursor.accept('WORK');
    cursor.expectEnd();
    await (commits ? session.transaction.commit() : session.transaction.rollback());
    return done;
  }

  async #command(context: CommandContext, cursor: TokenCursor): Promise<ResultSet> {
    for (const [words, command, isDdl] of commands) {
      if (!cursor.accept(...words)) continue;
      if (!isDdl) return command(context, cursor);
      // DDL commits what the session has open. [documented]
      await context.session.transaction.commit();
      return this.#inDdlTurn(() => command(context, cursor));
    }
    const [first, second] = [cursor.peek(), cursor.peek(1)];
    if (first.kind !== 'word') return cursor.fail();
    if (unsupported.has(first.text)) throw notEmulated(`the statement ${first.text} ${second.text}`.trim());
    return cursor.fail();
  }

  /** One DDL statement at a time, whichever session: what IF NOT EXISTS looked at must still hold when the work is done. */
  #inDdlTurn(work: () => Promise<ResultSet>): Promise<ResultSet> {
    const result = this.#lastDdl.then(work);
    this.#lastDdl = result.catch(() => {}); // its own caller hears of it
    return result;
  }
}

const changesRows = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COPY']);

/** With AUTOCOMMIT = FALSE the first change begins a transaction. [documented] */
const beginWithoutAutocommit = (session: Session, nowMs: number): void => {
  if (session.parameters.get('AUTOCOMMIT')?.toUpperCase() === 'FALSE') session.transaction.begin(nowMs);
};

const objectKinds = ['SEQUENCE', 'STREAM', 'TASK', 'FILE FORMAT', 'WAREHOUSE', 'USER'] as const;

const create: Command = (context, cursor) => {
  const options = { orReplace: cursor.accept('OR', 'REPLACE') };
  const orAlter = !options.orReplace && cursor.accept('OR', 'ALTER');
  for (const kind of ['TRANSIENT', 'TEMPORARY', 'TEMP', 'LOCAL', 'GLOBAL', 'VOLATILE']) cursor.accept(kind);
  if (orAlter) {
    if (cursor.accept('TABLE')) return createOrAlterTable(context, cursor);
    if (!cursor.accept('SECURE', 'VIEW') && !cursor.accept('VIEW'))
      throw notEmulated(`CREATE OR ALTER ${cursor.peek().text}`);
    return createView(context, cursor, { orReplace: true });
  }
  if (cursor.accept('ICEBERG', 'TABLE')) return createTable(context, cursor, { ...options, iceberg: true });
  if (cursor.accept('TABLE')) return createTable(context, cursor, options);
  if (cursor.accept('DATABASE')) return createDatabase(context, cursor, options);
  if (cursor.accept('SCHEMA')) return createSchema(context, cursor, options);
  if (cursor.accept('SECURE', 'VIEW') || cursor.accept('VIEW')) return createView(context, cursor, options);
  if (cursor.accept('ROLE')) return createRole(context, cursor);
  if (cursor.accept('STAGE')) return createStage(context, cursor, options);
  if (cursor.accept('PIPE')) return createPipe(context, cursor, options);
  for (const kind of objectKinds)
    if (cursor.accept(...kind.split(' '))) return createObject(context, cursor, kind, options);
  throw notEmulated(`CREATE ${cursor.peek().text}`);
};

const truncate: Command = async ({ session, catalog }, cursor) => {
  const isErrorTable = cursor.accept('ERROR_TABLE', '(');
  cursor.accept('TABLE');
  const ifExists = cursor.accept('IF', 'EXISTS');
  const parts = cursor.name();
  if (isErrorTable) cursor.expect(')');
  const table = catalog.table(session.tableName(parts));
  if ((table === null || table.viewQuery !== undefined) && !ifExists)
    throw doesNotExist('Table', parts.map(displayIdentifier).join('.'));
  if (table !== null) requireTableAccess(session, catalog, table, 'TRUNCATE');
  // Channels and their tokens stay. [documented]
  if (table !== null)
    await session.work({ tables: [table.id], changes: [table.id], locks: [table.id] }, async () => {
      await session.connection.run(
        isErrorTable
          ? `DELETE FROM _emulator.row_errors WHERE table_id = ${quoteLiteral(table.id)}`
          : `DELETE FROM ${table.storedName}`,
      );
    });
  return statusResult('Statement executed successfully.');
};

const commands: readonly (readonly [readonly string[], Command, boolean])[] = [
  [['CREATE'], create, true],
  [['DROP'], drop, true],
  [['ALTER', 'SESSION'], alterSession, false],
  [['ALTER', 'TABLE'], alterTable, true],
  [['ALTER', 'ICEBERG', 'TABLE'], alterTable, true],
  [['ALTER', 'VIEW'], alterView, true],
  [['ALTER', 'STAGE'], alterStage, true],
  [['ALTER', 'PIPE'], alterPipe, true],
  [['ALTER', 'SCHEMA'], alterNamespace('SCHEMA'), true],
  [['ALTER', 'DATABASE'], alterNamespace('DATABASE'), true],
  ...objectKinds.map((kind) => [['ALTER', ...kind.split(' ')], alterObject(kind), true] as const),
  [['COMMENT'], comment, true],
  [['TRUNCATE'], truncate, true],
  [['DESCRIBE'], describeTable, false],
  [['DESC'], describeTable, false],
  [['SHOW', 'GRANTS'], showGrants, false],
  [['SHOW'], show, false],
  [['GRANT'], grant, true],
  [['REVOKE'], revoke, true],
  [['COPY', 'INTO'], copyInto, false],
  [['LIST'], list, false],
  [['LS'], list, false],
  [['REMOVE'], remove, false],
  [['RM'], remove, false],
  [['USE'], use, false],
  [['SET'], setVariable, false],
  [['UNSET'], unsetVariable, false],
];

/** Statements that Snowflake knows; everything else is a syntax error. */
const unsupported = new Set(['ALTER', 'CALL', 'COPY', 'EXECUTE', 'EXPLAIN', 'UNDROP', 'DECLARE']);
