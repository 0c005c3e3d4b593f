import type { DuckDBConnection } from '@duckdb/node-api';
import type { Database } from '../storage/database.ts';
import type { Catalog, MissingObject, PipeName, PipeTarget, TableName } from '../streaming/index.ts';
import { mayAssumeRole, objectAccess, tableAccess } from './access-control.ts';
import { AccountCatalog } from './account-catalog.ts';
import { storedSnapshot } from './account-object.ts';
import { storedType } from './data-type.ts';
import { quoteIdentifier } from './identifier.ts';
import type { PipeDefinition } from './pipe-definition.ts';
import { forgetDefinition, saveDefinition } from './stored-objects.ts';
import { type ColumnDefinition, storedColumn, type TableDefinition } from './table-definition.ts';

export interface SchemaName {
  readonly database: string;
  readonly schema: string;
}

const defaultPipeSuffix = '-STREAMING';
const keyOf = (...parts: readonly string[]): string => JSON.stringify(parts);
const tableKey = (name: TableName): string => keyOf(name.database, name.schema, name.table);
const schemaKey = (name: SchemaName): string => keyOf(name.database, name.schema);
const pipeKey = (name: PipeName): string => keyOf(name.database, name.schema, name.pipe);

const columnSql = (column: ColumnDefinition): string =>
  [
    storedColumn(column),
    storedType(column.type),
    column.nullable ? '' : 'NOT NULL',
    column.storedDefaultSql === null ? '' : `DEFAULT ${column.storedDefaultSql}`,
  ].join(' ');

/**
 * What exists, by Snowflake's names. Kept in memory for reading and in `_emulator.objects` in the same transaction as
 * the DuckDB statement that makes it true.
 */
export class EmulatorCatalog extends AccountCatalog implements Catalog {
  readonly #database: Database;
  readonly #databases = new Set<string>();
  readonly #schemas = new Map<string, SchemaName>();
  readonly #tables = new Map<string, TableDefinition>();
  readonly #pipes = new Map<string, PipeDefinition>();
  /** `--enforce-grants`. */
  enforceGrants = false;

  private constructor(database: Database) {
    super(database);
    this.#database = database;
  }

  static async load(database: Database): Promise<EmulatorCatalog> {
    const catalog = new EmulatorCatalog(database);
    await database.transaction(async (connection) => {
      const rows = await connection.runAndReadAll('SELECT kind, name, definition FROM _emulator.objects');
      for (const [kind, name, definition] of rows.getRowsJson()) {
        const value: unknown = JSON.parse(String(definition));
        catalog.#restore(String(kind), String(name), value);
      }
    });
    return catalog;
  }

  hasDatabase(name: string): boolean {
    return this.#databases.has(name);
  }

  hasSchema(name: SchemaName): boolean {
    return this.#schemas.has(schemaKey(name));
  }

  databases(): readonly string[] {
    return [...this.#databases].sort();
  }

  schemas(): readonly SchemaName[] {
    return [...this.#schemas.values()];
  }

  tables(): readonly TableDefinition[] {
    return [...this.#tables.values()].sort((a, b) => (tableKey(a.name) < tableKey(b.name) ? -1 : 1));
  }

  pipes(): readonly PipeDefinition[] {
    return [...this.#pipes.values()];
  }

  table(name: TableName): TableDefinition | null {
    return this.#tables.get(tableKey(name)) ?? null;
  }

  /** Default pipes exist on demand for every table [documented]; `resolvePipe` never creates anything. */
  resolvePipe(pipe: PipeName): PipeTarget | { readonly missing: MissingObject } {
    if (!this.hasDatabase(pipe.database)) return { missing: 'database' };
    if (!this.hasSchema(pipe)) return { missing: 'schema' };
    const isDefault = pipe.pipe.toUpperCase().endsWith(defaultPipeSuffix);
    const custom = isDefault ? undefined : this.#pipes.get(pipeKey(pipe));
    const name = isDefault
      ? { database: pipe.database, schema: pipe.schema, table: pipe.pipe.slice(0, -defaultPipeSuffix.length) }
      : custom?.streaming === undefined
        ? undefined
        : custom.table;
    if (name === undefined) return { missing: 'pipe' };
    const table = this.table(name);
    return table === null || table.viewQuery !== undefined
      ? { missing: 'table' }
      : { table: table.name, tableId: table.id };
  }

  /** Whether a user may log in with a role: one that is granted to it, directly or by other roles. [documented] */
  mayAssume(user: string, role: string): boolean {
    return !this.enforceGrants || mayAssumeRole(user, role, this);
  }

  /** INSERT on the table, and on a pipe of one's own OPERATE [documented]; who lacks them does not see the pipe [observed]. */
  mayInsert(role: string | null, pipe: PipeName): boolean {
    const table = this.#tableOf(pipe);
    if (!this.enforceGrants || table === null) return true;
    if (tableAccess(role, ['INSERT'], table, this) !== 'granted') return false;
    if (this.pipe(pipe) === null) return true;
    return objectAccess(role, ['OPERATE'], 'PIPE', [pipe.database, pipe.schema, pipe.pipe], this) === 'granted';
  }

  /** Loads change the columns of a table that evolves with EVOLVE SCHEMA or OWNERSHIP on it. [documented] */
  mayEvolve(role: string | null, target: PipeName | TableDefinition): boolean {
    if (!this.enforceGrants) return true;
    const found = 'columns' in target ? target : this.#tableOf(target);
    return found !== null && tableAccess(role, ['EVOLVE SCHEMA'], found, this) === 'granted';
  }

  #tableOf(pipe: PipeName): TableDefinition | null {
    const target = this.resolvePipe(pipe);
    return 'missing' in target ? null : this.table(target.table);
  }

  async createDatabase(name: string): Promise<void> {
    await this.#database.transaction(async (connection) => {
      await saveDefinition(connection, 'database', keyOf(name), name);
      await this.#createSchema(connection, { database: name, schema: 'PUBLIC' });
    });
    this.#databases.add(name);
    this.#schemas.set(keyOf(name, 'PUBLIC'), { database: name, schema: 'PUBLIC' });
  }

  async dropDatabase(name: string): Promise<void> {
    const schemas = this.schemas().filter((schema) => schema.database === name);
    for (const schema of schemas) await this.dropSchema(schema);
    await this.#database.transaction((connection) => forgetDefinition(connection, 'database', keyOf(name)));
    this.#databases.delete(name);
  }

  async createSchema(name: SchemaName): Promise<void> {
    await this.#database.transaction((connection) => this.#createSchema(connection, name));
    this.#schemas.set(schemaKey(name), name);
  }

  async dropSchema(name: SchemaName): Promise<void> {
    const within = (other: SchemaName): boolean => schemaKey(other) === schemaKey(name);
    const tables = this.tables().filter((table) => within(table.name));
    const pipes = this.pipes().filter((pipe) => within(pipe.name));
    for (const stage of this.stages().filter((one) => within(one.name))) await this.dropStage(stage.name);
    for (const object of this.allObjects())
      if (object.name.length === 3 && object.name[0] === name.database && object.name[1] === name.schema)
        await this.dropObject(object);
    await this.#database.transaction(async (connection) => {
      await connection.run(`DROP SCHEMA ${this.#storedSchema(name)} CASCADE`);
      await forgetDefinition(connection, 'schema', schemaKey(name));
      for (const table of tables) await forgetDefinition(connection, 'table', tableKey(table.name));
      for (const pipe of pipes) await forgetDefinition(connection, 'pipe', pipeKey(pipe.name));
    });
    this.#schemas.delete(schemaKey(name));
    for (const table of tables) this.#tables.delete(tableKey(table.name));
    for (const pipe of pipes) this.#pipes.delete(pipeKey(pipe.name));
  }

  /** A free name in DuckDB, which does not tell `"orders"` from `ORDERS`. */
  storedTableName(name: TableName): string {
    const taken = new Set([...this.#tables.values()].map((table) => table.storedName.toLowerCase()));
    const schema = this.#storedSchema(name);
    for (let suffix = 0; ; suffix += 1) {
      const candidate = `${schema}.${quoteIdentifier(suffix === 0 ? name.table : `${name.table}#${suffix}`)}`;
      if (!taken.has(candidate.toLowerCase())) return candidate;
    }
  }

  /**
   * `prelude`: DuckDB statements that the columns need. `fillFrom`: DuckDB query whose rows the table starts with;
   * `filled`: what must be done with it.
   * Replaces a table of that name.
   */
  async createTable(
    table: TableDefinition,
    {
      fillFrom = null,
      prelude = [],
      filled = async () => {},
    }: {
      fillFrom?: string | null;
      prelude?: readonly string[];
      filled?: (connection: DuckDBConnection) => Promise<void>;
    } = {},
  ): Promise<void> {
    const replaced = this.table(table.name);
    await this.#database.transaction(async (connection) => {
      // The old name stays readable until here: CREATE OR REPLACE TABLE t AS SELECT … FROM t.
      for (const statement of prelude) await connection.run(statement);
      const columns = table.columns.map(columnSql).join(', ');
      await connection.run(`CREATE TABLE ${table.storedName} (${columns})`);
      if (fillFrom !== null) await connection.run(`INSERT INTO ${table.storedName} ${fillFrom}`);
      await filled(connection);
      if (replaced !== null) await this.#dropStored(connection, replaced);
      await saveDefinition(connection, 'table', tableKey(table.name), table);
    });
    this.#tables.set(tableKey(table.name), table);
  }

  /** Replaces a view (or table) of that name. */
  async createView(view: TableDefinition): Promise<void> {
    const replaced = this.table(view.name);
    await this.#database.transaction(async (connection) => {
      if (replaced !== null) await this.#dropStored(connection, replaced);
      await saveDefinition(connection, 'table', tableKey(view.name), view);
    });
    this.#tables.set(tableKey(view.name), view);
  }

  async dropTable(name: TableName): Promise<void> {
    const table = this.table(name);
    if (table === null) return;
    await this.#database.transaction(async (connection) => {
      await this.#dropStored(connection, table);
      await forgetDefinition(connection, 'table', tableKey(name));
    });
    this.#tables.delete(tableKey(name));
  }

  async renameTable(from: TableName, to: TableName): Promise<void> {
    const table = this.table(from);
    if (table === null) return;
    const renamed = { ...table, name: to };
    await this.#database.transaction(async (connection) => {
      await forgetDefinition(connection, 'table', tableKey(from));
      await saveDefinition(connection, 'table', tableKey(to), renamed);
    });
    this.#tables.delete(tableKey(from));
    this.#tables.set(tableKey(to), renamed);
  }

  async swapTables(one: TableName, other: TableName): Promise<void> {
    const [a, b] = [this.table(one), this.table(other)];
    if (a === null || b === null) return;
    const swapped = [
      { ...a, name: b.name },
      { ...b, name: a.name },
    ];
    await this.#database.transaction(async (connection) => {
      for (const table of swapped) await saveDefinition(connection, 'table', tableKey(table.name), table);
    });
    for (const table of swapped) this.#tables.set(tableKey(table.name), table);
  }

  /** `statements`: what DuckDB must do so that the table has the columns of `changed`. */
  async alterTable(changed: TableDefinition, statements: readonly string[]): Promise<void> {
    await this.#database.transaction((connection) => this.alterTableWithin(connection, changed, statements));
    this.tableAltered(changed);
  }

  /** For callers that hold a transaction; they call `tableAltered` once it is committed. */
  async alterTableWithin(
    connection: DuckDBConnection,
    changed: TableDefinition,
    statements: readonly string[],
  ): Promise<void> {
    for (const statement of statements) await connection.run(statement);
    for (const statement of this.#forSnapshots(changed, statements)) await connection.run(statement);
    await saveDefinition(connection, 'table', tableKey(changed.name), changed);
  }

  /** What streams keep of a table has its columns, whatever they may contain. */
  #forSnapshots({ id, storedName }: TableDefinition, statements: readonly string[]): readonly string[] {
    const start = `ALTER TABLE ${storedName} `;
    const changes = statements.filter((text) => text.startsWith(start) && !text.endsWith('NOT NULL'));
    return this.objects('STREAM')
      .filter(({ properties }) => properties['TABLE_ID'] === id)
      .flatMap((stream) => changes.map((text) => `ALTER TABLE ${storedSnapshot(stream)} ${text.slice(start.length)}`));
  }

  tableAltered(changed: TableDefinition): void {
    this.#tables.set(tableKey(changed.name), changed);
  }

  async createPipe(pipe: PipeDefinition): Promise<void> {
    await this.#database.transaction((connection) => saveDefinition(connection, 'pipe', pipeKey(pipe.name), pipe));
    this.#pipes.set(pipeKey(pipe.name), pipe);
  }

  async dropPipe(name: PipeName): Promise<void> {
    await this.#database.transaction((connection) => forgetDefinition(connection, 'pipe', pipeKey(name)));
    this.#pipes.delete(pipeKey(name));
  }

  pipe(name: PipeName): PipeDefinition | null {
    return this.#pipes.get(pipeKey(name)) ?? null;
  }

  async #dropStored(connection: DuckDBConnection, table: TableDefinition): Promise<void> {
    if (table.viewQuery === undefined) await connection.run(`DROP TABLE ${table.storedName}`);
  }

  /** DuckDB does not tell upper from lower case: names that are not all upper case get a suffix of their own. */
  #storedSchema(name: SchemaName): string {
    const full = `${name.database}.${name.schema}`;
    const suffix = full === full.toUpperCase() ? '' : `#${Buffer.from(full).toString('hex')}`;
    return quoteIdentifier(`${full}${suffix}`);
  }

  async #createSchema(connection: DuckDBConnection, name: SchemaName): Promise<void> {
    await connection.run(`CREATE SCHEMA ${this.#storedSchema(name)}`);
    await saveDefinition(connection, 'schema', schemaKey(name), name);
  }

  #restore(kind: string, name: string, definition: unknown): void {
    if (kind === 'database') this.#databases.add(definition as string);
    if (kind === 'schema') this.#schemas.set(name, definition as SchemaName);
    if (kind === 'table') this.#tables.set(name, definition as TableDefinition);
    this.restoreObject(kind, definition);
    if (kind === 'pipe') this.#pipes.set(name, definition as PipeDefinition);
  }
}
