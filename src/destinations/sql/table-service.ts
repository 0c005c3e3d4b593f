import type {
  Column,
  IcebergTableOptions,
  Logger,
  OffsetQuery,
  OffsetRun,
  SnowflakeAccount,
  TableChange,
  TableEvolution,
  TableService,
  TableShape,
} from '../../api/index.ts';
import { ConnectError, DestinationRefusedError, RetriableError } from '../../api/index.ts';
import { storedName } from '../../util/stored-name.ts';
import { tableAddress } from '../snowflake-identifier.ts';
import { SnowflakeSession, type SqlRow } from './snowflake-session.ts';
import { explainSqlError, isMissing, isTypeWithoutIceberg, isUnknownStatement } from './sql-refusals.ts';
import {
  alterTable,
  createIcebergTable,
  createTable,
  describeTable,
  qualifiedName,
  selectOffsets,
  showGrants,
  showTable,
} from './table-statements.ts';

export interface TableServiceOptions {
  readonly account: SnowflakeAccount;
  readonly logger: Logger;
  readonly connectTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
  /** Statements that would change something go here instead of being run: for a plan. */
  readonly planned?: (statement: string) => void;
}

/** A row of DESCRIBE TABLE; null for what is no stored column. */
export const columnOf = (row: SqlRow): Column | null => {
  const { name, type, kind, default: defaultValue } = row;
  if (typeof name !== 'string' || typeof type !== 'string' || (kind !== undefined && kind !== 'COLUMN')) return null;
  return {
    name,
    type,
    nullable: row['null?'] !== 'N',
    hasDefault: defaultValue !== null && defaultValue !== undefined,
  };
};

const evolvingPrivileges = ['OWNERSHIP', 'ALL', 'EVOLVE SCHEMA'];

/** From SHOW TABLES and SHOW GRANTS: the table's flag, and a privilege that is the role's own, as the Snowflake connector asks. */
export const evolutionOf = (shown: SqlRow | undefined, grants: readonly SqlRow[], role: string): TableEvolution => {
  if (shown?.['enable_schema_evolution'] !== 'Y') return 'disabled';
  const may = grants.some(
    ({ privilege, grantee_name: grantee }) =>
      grantee === role && evolvingPrivileges.includes(String(privilege).toUpperCase()),
  );
  return may ? 'allowed' : 'forbidden';
};

class SnowflakeTableService implements TableService {
  readonly #account: SnowflakeAccount;
  readonly #session: SnowflakeSession;
  readonly #change: (statement: string) => unknown;

  constructor({
    account,
    logger,
    connectTimeoutMs = 30_000,
    statementTimeoutMs = 60_000,
    planned,
  }: TableServiceOptions) {
    this.#account = account;
    this.#change = planned ?? ((statement) => this.#session.execute(statement));
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

  async evolution(table: string): Promise<TableEvolution> {
    const name = qualifiedName(this.#account, table);
    try {
      let row = await this.#shown(table, 'TABLES');
      if (row?.['enable_schema_evolution'] !== 'Y') row = await this.#shownIceberg(table);
      if (row?.['enable_schema_evolution'] !== 'Y') return 'disabled';
      const role = await this.#role();
      return evolutionOf(row, await this.#session.execute(showGrants(name)), role);
    } catch (error) {
      throw this.#explained(`see whether table ${name} may evolve`, error);
    }
  }

  async isIceberg(table: string): Promise<boolean> {
    try {
      return (await this.#shownIceberg(table)) !== undefined;
    } catch (error) {
      throw this.#explained(`see whether ${qualifiedName(this.#account, table)} is an Iceberg table`, error);
    }
  }

  async #shownIceberg(table: string): Promise<SqlRow | undefined> {
    try {
      return await this.#shown(table, 'ICEBERG TABLES');
    } catch (error) {
      if (isUnknownStatement(error)) return undefined;
      throw error;
    }
  }

  /** The table's row; LIKE knows no case. */
  async #shown(table: string, kind: 'TABLES' | 'ICEBERG TABLES'): Promise<SqlRow | undefined> {
    const { table: own } = tableAddress(this.#account, table);
    const rows = await this.#session.execute(showTable(this.#account, table, kind));
    return rows.find((one) => one['name'] === own);
  }

  async alter(table: string, change: TableChange): Promise<void> {
    const name = qualifiedName(this.#account, table);
    for (const statement of alterTable(name, change)) {
      try {
        await this.#change(statement);
      } catch (error) {
        throw this.#explained(`alter table ${name}`, error);
      }
    }
  }

  async plan(table: string, change: TableChange): Promise<readonly string[]> {
    return alterTable(qualifiedName(this.#account, table), change);
  }

  async create(table: string, shape: TableShape, iceberg?: IcebergTableOptions): Promise<void> {
    const name = qualifiedName(this.#account, table);
    try {
      if (iceberg === undefined) await this.#change(createTable(name, shape));
      else await this.#createIceberg(name, shape, iceberg);
    } catch (error) {
      throw this.#explained(`create ${iceberg === undefined ? '' : 'Iceberg '}table ${name}`, error);
    }
  }

  async #createIceberg(name: string, shape: TableShape, iceberg: IcebergTableOptions): Promise<void> {
    try {
      await this.#change(createIcebergTable(name, shape, iceberg, true));
    } catch (error) {
      if (!isTypeWithoutIceberg(error)) throw error;
      await this.#change(createIcebergTable(name, shape, iceberg, false));
    }
  }

  async offsets(table: string, query: OffsetQuery): Promise<readonly OffsetRun[]> {
    const name = qualifiedName(this.#account, table);
    try {
      const rows = await this.#session.execute(selectOffsets(name, query));
      return rows.map((row) => ({ first: String(row['F']), last: String(row['L']) }));
    } catch (error) {
      const explained = this.#explained(`read which offsets table ${name} has`, error);
      if (explained instanceof RetriableError) throw explained;
      const role = this.#account.role === null ? '<role>' : storedName(this.#account.role);
      throw new DestinationRefusedError(
        `${explained.message} It needs: GRANT SELECT ON TABLE ${name} TO ROLE ${role};`,
        {
          cause: error,
        },
      );
    }
  }

  /** The configured role, else the one that the login gave. */
  async #role(): Promise<string> {
    if (this.#account.role !== null) return storedName(this.#account.role);
    const [row] = await this.#session.execute('SELECT CURRENT_ROLE() AS ROLE');
    return String(row?.['ROLE']);
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
