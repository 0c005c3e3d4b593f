import { type Column, ConnectError, type TableService } from '../api/index.ts';
import { typedColumn } from './columns/typed-column.ts';
import {
  icebergCreation,
  metadataTypeNeeded,
  metadataTypeRefusal,
  nestedColumns,
  notAnIcebergTable,
} from './iceberg-tables.ts';
import type { TableTraits } from './row-mapper.ts';
import type { SinkSettings } from './sink-settings.ts';
import { metadataColumnType } from './structured-metadata.ts';
import { type Patience, untilAnswered } from './until-answered.ts';

const metadataColumn = 'RECORD_METADATA';
const contentColumn = 'RECORD_CONTENT';

export interface TargetTableSettings {
  readonly generation: SinkSettings['generation'];
  readonly schematization: boolean;
  readonly autocreate: boolean;
  readonly validation: SinkSettings['validation'];
  readonly evolution: Pick<SinkSettings['evolution'], 'policy'>;
  readonly metadata: { readonly all: boolean };
  readonly iceberg?: SinkSettings['iceberg'];
}

/** Who wants to know how a table looks. */
type Described = (table: string, columns: readonly Column[], traits: TableTraits) => void;

/**
 * The tables that rows go to: created where missing, checked where they exist, each once per task.
 * Rules and errors as the Snowflake connector's (its table creation and ERROR_5003).
 */
export class TargetTables {
  readonly #tables: TableService;
  readonly #settings: TargetTableSettings;
  readonly #described: Described;
  readonly #patience: Patience | null;
  readonly #ready = new Map<string, Promise<void>>();
  readonly #iceberg = new Set<string>();

  /** `patience`: who waits for an account that does not answer; null: nobody. */
  constructor(
    tables: TableService,
    settings: TargetTableSettings,
    described: Described,
    patience: Patience | null = null,
  ) {
    this.#tables = tables;
    this.#settings = settings;
    this.#described = described;
    this.#patience = patience;
  }

  /** Resolves once rows can go there and the table's columns are known. */
  ready(table: string): Promise<void> {
    return this.#ready.get(table) ?? this.refresh(table);
  }

  /** Looks anew: the table was altered, or made anew by somebody. */
  refresh(table: string): Promise<void> {
    const isAgain = this.#ready.has(table);
    const prepare = () => this.#prepare(table, isAgain);
    const preparing = this.#patience === null ? prepare() : untilAnswered(prepare, this.#patience);
    this.#ready.set(table, preparing);
    preparing.catch(() => this.#ready.delete(table));
    return preparing;
  }

  /** Whether the worker alters the table itself although validation is the server's: Iceberg tables evolve by nobody else. */
  isIceberg(table: string): boolean {
    return this.#iceberg.has(table);
  }

  async #prepare(table: string, isAgain: boolean): Promise<void> {
    const existing = (await this.#tables.describe(table)) ?? (await this.#created(table));
    const isIceberg = await this.#looksForIceberg(table, existing, isAgain);
    const columns = await this.#checked(table, existing, isIceberg);
    const iceberg = isIceberg ? nestedColumns(columns, this.#settings.generation) : null;
    this.#described(table, columns, { evolves: !isIceberg && (await this.#evolvesByItself(table)), iceberg });
  }

  /** Asked only where it may matter: where it is configured or visible, where Snowflake is to evolve the table, and before the worker does. */
  async #looksForIceberg(table: string, columns: readonly Column[], isAgain: boolean): Promise<boolean> {
    const { iceberg } = this.#settings;
    const isConfigured = iceberg?.expected === true || (iceberg?.create ?? null) !== null;
    const isVisible = columns.some((column) => typedColumn(column).isStructured);
    if (!isConfigured && !isVisible && !isAgain && !this.#leavesEvolution) return false;
    const found = await this.#tables.isIceberg(table);
    if (!found && iceberg?.expected === true) throw notAnIcebergTable(table, true);
    if (found) this.#iceberg.add(table);
    else this.#iceberg.delete(table);
    return found;
  }

  /** With server-side validation Snowflake itself alters tables that allow it. */
  async #evolvesByItself(table: string): Promise<boolean> {
    return this.#leavesEvolution && (await this.#tables.evolution(table)) !== 'disabled';
  }

  get #leavesEvolution(): boolean {
    const { schematization, validation, evolution } = this.#settings;
    return schematization && validation === 'server' && evolution.policy === 'evolve';
  }

  async #created(table: string): Promise<readonly Column[]> {
    const { iceberg } = this.#settings;
    const clauses = iceberg?.create ?? null;
    if (iceberg?.expected === true && clauses === null) throw notAnIcebergTable(table, false);
    if (!this.#settings.autocreate)
      throw new ConnectError(
        `Table ${table} does not exist, and snowflake.autocreate.table.type=none: create it, map the topic to another table by snowflake.topic2table.map, or set snowflake.autocreate.table.type=snowflake`,
      );
    const shape = this.#settings.schematization ? 'schematized' : 'record-content';
    if (clauses === null) await this.#tables.create(table, shape);
    else await this.#tables.create(table, shape, icebergCreation(table, this.#settings, clauses));
    return this.#describedAgain(table);
  }

  async #describedAgain(table: string): Promise<readonly Column[]> {
    const columns = await this.#tables.describe(table);
    if (columns !== null) return columns;
    throw new ConnectError(
      `Table ${table} was created but cannot be described: grant SELECT or OWNERSHIP on it to the role in snowflake.role.name`,
    );
  }

  async #checked(table: string, columns: readonly Column[], isIceberg: boolean): Promise<readonly Column[]> {
    if (this.#settings.schematization) return await this.#checkedSchematized(table, columns, isIceberg);
    for (const name of [metadataColumn, contentColumn]) {
      const column = columns.find((one) => one.name === name);
      if (column?.type.toUpperCase() === 'VARIANT' || (column !== undefined && isStructuredObject(column))) continue;
      if (isIceberg && name === metadataColumn && column === undefined)
        return await this.#checked(table, await this.#withMetadataColumn(table, columns, isIceberg), false);
      throw new ConnectError(
        `Table ${table} has no column ${name} of type VARIANT, which rows without schematization need: add it (ALTER TABLE … ADD COLUMN ${name} VARIANT), map the topic to another table by snowflake.topic2table.map, or set snowflake.enable.schematization=true`,
      );
    }
    const required = columns.find(
      ({ name, nullable, hasDefault }) => name !== metadataColumn && name !== contentColumn && !nullable && !hasDefault,
    );
    if (required !== undefined) {
      throw new ConnectError(
        `Table ${table} has a column ${required.name} that is NOT NULL and without default, but only ${metadataColumn} and ${contentColumn} are written: drop NOT NULL there or map the topic to another table`,
      );
    }
    return await this.#withMetadataFields(table, columns);
  }

  /** Rows without their metadata would be a silent loss: the column is added. Its name may differ in case, as fields' names may. */
  async #checkedSchematized(table: string, columns: readonly Column[], isIceberg: boolean): Promise<readonly Column[]> {
    const column = columns.find(isMetadata);
    if (!this.#settings.metadata.all) return columns;
    if (column === undefined) return await this.#withMetadataColumn(table, columns, isIceberg);
    if (isStructuredObject(column)) return await this.#withMetadataFields(table, columns);
    if (column.type.toUpperCase() === 'VARIANT' || this.#settings.generation === 'v4') return columns;
    throw new ConnectError(
      `Column ${column.name} of table ${table} is ${column.type}, but takes each record's metadata: it must be VARIANT (rename that column, or map the topic to another table)`,
    );
  }

  async #withMetadataColumn(table: string, columns: readonly Column[], isIceberg: boolean): Promise<readonly Column[]> {
    const { evolution, generation } = this.#settings;
    const type = metadataColumnType(isIceberg ? nestedColumns(columns, generation) : null, generation);
    if (evolution.policy !== 'evolve') {
      throw new ConnectError(
        `Table ${table} has no column ${metadataColumn}, which takes each record's topic, partition and offset: add it (ALTER ${isIceberg ? 'ICEBERG ' : ''}TABLE … ADD COLUMN ${metadataColumn} ${type}), or set snowflake.metadata.all=false to write rows without`,
      );
    }
    const add = [{ name: metadataColumn, type, comment: null }];
    await this.#tables.alter(table, { add, dropNotNull: [], widen: [], ...(isIceberg ? { iceberg: true } : {}) });
    return await this.#describedAgain(table);
  }

  /** A structured RECORD_METADATA takes fields that it has, and no other. v3 alters it; v4 leaves it as it is and fails. */
  async #withMetadataFields(table: string, columns: readonly Column[]): Promise<readonly Column[]> {
    const { generation, evolution, metadata } = this.#settings;
    const column = columns.find(isMetadata);
    if (column === undefined || !metadata.all || !isStructuredObject(column)) return columns;
    const type = metadataTypeNeeded(column, generation);
    if (type === null) return columns;
    if (generation === 'v4' || evolution.policy !== 'evolve') throw metadataTypeRefusal(table, column, generation);
    const widen = [{ name: column.name, type }];
    await this.#tables.alter(table, { add: [], dropNotNull: [], widen, iceberg: true });
    return await this.#describedAgain(table);
  }
}

const isMetadata = ({ name }: Column): boolean => name.toUpperCase() === metadataColumn;

/** `OBJECT(…)`, which Iceberg tables have. */
const isStructuredObject = (column: Column): boolean => {
  const { baseType, isStructured } = typedColumn(column);
  return baseType === 'OBJECT' && isStructured;
};
