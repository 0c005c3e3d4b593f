import type {
  Column,
  IcebergTableOptions,
  TableChange,
  TableEvolution,
  TableService,
  TableShape,
} from '../../api/index.ts';

const nullable = (name: string, type: string): Column => ({ name, type, nullable: true, hasDefault: false });

/** Types of DDL as DESCRIBE TABLE prints them. https://docs.snowflake.com/en/sql-reference/intro-summary-data-types */
const described: Readonly<Record<string, string>> = {
  BYTEINT: 'NUMBER(38,0)',
  SMALLINT: 'NUMBER(38,0)',
  INT: 'NUMBER(38,0)',
  BIGINT: 'NUMBER(38,0)',
  DOUBLE: 'FLOAT',
  VARCHAR: 'VARCHAR(16777216)',
  BINARY: 'BINARY(8388608)',
  TIME: 'TIME(9)',
};
const asDescribed = (type: string): string =>
  described[type] ?? type.replace(/^TIMESTAMP(?=\(|$)/, 'TIMESTAMP_NTZ').replace(/^(TIMESTAMP_\w+)$/, '$1(9)');

/** Tables as they would look: what would create or alter them changes this picture only. One change at a time. */
export class PlannedTables implements TableService {
  readonly #tables: TableService;
  readonly #planned = new Map<string, readonly Column[]>();
  /** Whether they are Iceberg's. */
  readonly #created = new Map<string, boolean>();
  readonly #byHand: boolean;
  /** What would have been run, in order. */
  #statements: string[] = [];

  /** @param open a service that hands over what it would run @param byHand statements are for people, whatever the role may do */
  constructor(open: (planned: (statement: string) => void) => TableService, byHand: boolean) {
    this.#byHand = byHand;
    this.#tables = open((statement) => this.#statements.push(statement));
  }

  /** The statements since the last time. */
  takeStatements(): readonly string[] {
    const taken = this.#statements;
    this.#statements = [];
    return taken;
  }

  async describe(table: string): Promise<readonly Column[] | null> {
    return this.#planned.get(table) ?? this.#tables.describe(table);
  }

  async create(table: string, shape: TableShape, iceberg?: IcebergTableOptions): Promise<void> {
    await this.#tables.create(table, shape, iceberg);
    const content = shape === 'record-content' ? [nullable('RECORD_CONTENT', 'VARIANT')] : [];
    this.#planned.set(table, [nullable('RECORD_METADATA', 'VARIANT'), ...content]);
    this.#created.set(table, iceberg !== undefined);
  }

  async isIceberg(table: string): Promise<boolean> {
    return this.#created.get(table) ?? this.#tables.isIceberg(table);
  }

  async evolution(table: string): Promise<TableEvolution> {
    return this.#byHand || this.#created.has(table) ? 'allowed' : this.#tables.evolution(table);
  }

  async alter(table: string, change: TableChange): Promise<void> {
    const { add, dropNotNull, widen } = change;
    await this.#tables.alter(table, change);
    const columns = (await this.describe(table)) ?? [];
    this.#planned.set(table, [
      ...columns.map((column) => ({
        ...column,
        nullable: column.nullable || dropNotNull.includes(column.name),
        type: widen.find(({ name }) => name === column.name)?.type ?? column.type,
      })),
      ...add.map(({ name, type }) => nullable(name, asDescribed(type))),
    ]);
  }

  plan(...wish: Parameters<TableService['plan']>): ReturnType<TableService['plan']> {
    return this.#tables.plan(...wish);
  }

  offsets(...wish: Parameters<TableService['offsets']>): ReturnType<TableService['offsets']> {
    return this.#tables.offsets(...wish);
  }

  close(): Promise<void> {
    return this.#tables.close();
  }
}
