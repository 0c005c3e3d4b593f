import type { Column, TableChange, TableEvolution, TableService, TableShape } from '../../src/api/index.ts';

const nullable = (name: string, type: string): Column => ({ name, type, nullable: true, hasDefault: false });

/** Tables as SQL would show them: several services may share them, as several workers share Snowflake's. */
export class MemoryTables {
  readonly tables = new Map<string, Column[]>();
  /** What was asked, in order. */
  readonly calls: string[] = [];
  evolution: TableEvolution = 'allowed';
  /** Which of the tables are Iceberg's. */
  readonly iceberg = new Set<string>();
  /** Thrown instead of the next ALTERs. */
  readonly alterFailures: Error[] = [];
  /** Runs before an ALTER takes effect: what somebody else does at that moment. */
  beforeAlter: () => void = () => {};

  service(): TableService {
    return {
      describe: async (table) => {
        this.calls.push(`describe ${table}`);
        return this.tables.get(table) ?? null;
      },
      isIceberg: async (table) => this.iceberg.has(table),
      create: async (table, shape: TableShape, iceberg) => {
        const type = iceberg === undefined || /= *'?3/.test(iceberg.clauses) ? 'VARIANT' : iceberg.metadataType;
        this.calls.push(`create ${table} ${shape}${iceberg === undefined ? '' : ` iceberg ${iceberg.clauses}`}`);
        const content = shape === 'record-content' ? [nullable('RECORD_CONTENT', 'VARIANT')] : [];
        if (!this.tables.has(table)) this.tables.set(table, [nullable('RECORD_METADATA', type), ...content]);
        if (iceberg !== undefined) this.iceberg.add(table);
      },
      evolution: async () => this.evolution,
      alter: async (table, change) => {
        this.calls.push(`alter ${table} ${changeText(change)}`);
        this.beforeAlter();
        const failure = this.alterFailures.shift();
        if (failure !== undefined) throw failure;
        this.#change(table, change);
      },
      offsets: async () => [],
      plan: async (table, change) => [`ALTER TABLE ${table} ${changeText(change)}`],
      close: async () => {},
    };
  }

  #change(table: string, { add, dropNotNull, widen }: TableChange): void {
    const columns = (this.tables.get(table) ?? []).map((column) => ({
      ...column,
      nullable: column.nullable || dropNotNull.includes(column.name),
      type: widen.find(({ name }) => name === column.name)?.type ?? column.type,
    }));
    const known = new Set(columns.map(({ name }) => name));
    const added = add.filter(({ name }) => !known.has(name)).map(({ name, type }) => nullable(name, type));
    this.tables.set(table, [...columns, ...added]);
  }
}

const changeText = ({ add, dropNotNull, widen }: TableChange): string =>
  [
    ...add.map(({ name, type }) => `add ${name} ${type}`),
    ...widen.map(({ name, type }) => `widen ${name} ${type}`),
    ...dropNotNull.map((name) => `drop not null ${name}`),
  ].join(', ');
