import type { Column, Logger, SnowflakeAccount, TableService, TableShape } from '../../api/index.ts';
import { ConnectError } from '../../api/index.ts';
import { quoteIdentifier, storedName } from '../snowflake-identifier.ts';
import { SnowflakeSession, type SqlRow } from './snowflake-session.ts';
import { explainSqlError, isMissing } from './sql-refusals.ts';

export interface TableServiceOptions {
  readonly account: SnowflakeAccount;
  readonly logger: Logger;
  readonly connectTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
}

const comment = "COMMENT 'created by automatic table creation from snowsink'";

const columnsOf: Readonly<Record<TableShape, string>> = {
  'record-content': '(RECORD_METADATA VARIANT, RECORD_CONTENT VARIANT)',
  schematized: `(RECORD_METADATA VARIANT ${comment}) ENABLE_SCHEMA_EVOLUTION = TRUE`,
};

/** `database.schema.table`, each quoted: no name is changed by Snowflake or read as SQL. */
export const qualifiedName = (
  { database, schema }: Pick<SnowflakeAccount, 'database' | 'schema'>,
  table: string,
): string => [storedName(database), storedName(schema), table].map(quoteIdentifier).join('.');

export const describeTable = (qualified: string): string => `DESCRIBE TABLE ${qualified}`;

/** As the Snowflake connector makes them, in one statement. */
export const createTable = (qualified: string, shape: TableShape): string =>
  `CREATE TABLE IF NOT EXISTS ${qualified} ${columnsOf[shape]}`;

/** A row of DESCRIBE TABLE; null for what is no stored column. */
const columnOf = (row: SqlRow): Column | null => {
  const { name, type, kind, default: defaultValue } = row;
  if (typeof name !== 'string' || typeof type !== 'string' || (kind !== undefined && kind !== 'COLUMN')) return null;
  return {
    name,
    type,
    nullable: row['null?'] !== 'N',
    hasDefault: defaultValue !== null && defaultValue !== undefined,
  };
};

class SnowflakeTableService implements TableService {
  readonly #account: SnowflakeAccount;
  readonly #session: SnowflakeSession;

  constructor({ account, logger, connectTimeoutMs = 30_000, statementTimeoutMs = 60_000 }: TableServiceOptions) {
    this.#account = account;
    this.#session = new SnowflakeSession({ account, logger, connectTimeoutMs, statementTimeoutMs });
  }

  async describe(table: string): Promise<readonly Column[] | null> {
    const name = qualifiedName(this.#account, table);
    try {
      const rows = await this.#session.execute(describeTable(name));
      return rows.map(columnOf).filter((column) => column !== null);
    } catch (error) {
      // The same code says that database or schema are missing: then creating the table would fail, so that comes to light there.
      if (isMissing(error)) return null;
      throw this.#explained(`describe table ${name}`, error);
    }
  }

  async create(table: string, shape: TableShape): Promise<void> {
    const name = qualifiedName(this.#account, table);
    try {
      await this.#session.execute(createTable(name, shape));
    } catch (error) {
      throw this.#explained(`create table ${name}`, error);
    }
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  #explained(wish: string, error: unknown): ConnectError {
    return error instanceof ConnectError ? error : explainSqlError(this.#account, wish, error);
  }
}

/** Throws a ConfigError where the private key cannot be used; logs in at the first statement. */
export const createTableService = (options: TableServiceOptions): TableService => new SnowflakeTableService(options);
