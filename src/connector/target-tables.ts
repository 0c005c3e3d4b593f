import { type Column, ConnectError, type TableService } from '../api/index.ts';
import type { SinkSettings } from './sink-settings.ts';

const metadataColumn = 'RECORD_METADATA';
const contentColumn = 'RECORD_CONTENT';

export interface TargetTableSettings {
  readonly generation: SinkSettings['generation'];
  readonly schematization: boolean;
  readonly autocreate: boolean;
  readonly validation: SinkSettings['validation'];
  readonly evolution: Pick<SinkSettings['evolution'], 'policy'>;
  readonly metadata: { readonly all: boolean };
}

/** Who wants to know how a table looks. */
type Described = (table: string, columns: readonly Column[], evolves: boolean) => void;

/**
 * The tables that rows go to: created where missing, checked where they exist, each once per task.
 * Rules and errors as the Snowflake connector's (its table creation and ERROR_5003).
 */
export class TargetTables {
  readonly #tables: TableService;
  readonly #settings: TargetTableSettings;
  readonly #described: Described;
  readonly #ready = new Map<string, Promise<void>>();

  constructor(tables: TableService, settings: TargetTableSettings, described: Described) {
    this.#tables = tables;
    this.#settings = settings;
    this.#described = described;
  }

  /** Resolves once rows can go there and the table's columns are known. */
  ready(table: string): Promise<void> {
    return this.#ready.get(table) ?? this.refresh(table);
  }

  /** Looks anew: the table was altered, or made anew by somebody. */
  refresh(table: string): Promise<void> {
    const preparing = this.#prepare(table);
    this.#ready.set(table, preparing);
    preparing.catch(() => this.#ready.delete(table));
    return preparing;
  }

  async #prepare(table: string): Promise<void> {
    const existing = await this.#tables.describe(table);
    const columns = existing === null ? await this.#created(table) : await this.#checked(table, existing);
    this.#described(table, columns, await this.#evolvesByItself(table));
  }

  /** With server-side validation Snowflake itself alters tables that allow it. */
  async #evolvesByItself(table: string): Promise<boolean> {
    const { schematization, validation, evolution } = this.#settings;
    if (!schematization || validation === 'client' || evolution.policy !== 'evolve') return false;
    return (await this.#tables.evolution(table)) !== 'disabled';
  }

  async #created(table: string): Promise<readonly Column[]> {
    if (!this.#settings.autocreate)
      throw new ConnectError(
        `Table ${table} does not exist, and snowflake.autocreate.table.type=none: create it, map the topic to another table by snowflake.topic2table.map, or set snowflake.autocreate.table.type=snowflake`,
      );
    await this.#tables.create(table, this.#settings.schematization ? 'schematized' : 'record-content');
    return this.#describedAgain(table);
  }

  async #describedAgain(table: string): Promise<readonly Column[]> {
    const columns = await this.#tables.describe(table);
    if (columns !== null) return columns;
    throw new ConnectError(
      `Table ${table} was created but cannot be described: grant SELECT or OWNERSHIP on it to the role in snowflake.role.name`,
    );
  }

  async #checked(table: string, columns: readonly Column[]): Promise<readonly Column[]> {
    if (this.#settings.schematization) return await this.#checkedSchematized(table, columns);
    for (const name of [metadataColumn, contentColumn]) {
      if (columns.find((column) => column.name === name)?.type.toUpperCase() === 'VARIANT') continue;
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
    return columns;
  }

  /** Rows without their metadata would be a silent loss: the column is added. Its name may differ in case, as fields' names may. */
  async #checkedSchematized(table: string, columns: readonly Column[]): Promise<readonly Column[]> {
    const column = columns.find(({ name }) => name.toUpperCase() === metadataColumn);
    if (!this.#settings.metadata.all) return columns;
    if (column === undefined) return await this.#withMetadataColumn(table);
    if (column.type.toUpperCase() === 'VARIANT' || this.#settings.generation === 'v4') return columns;
    throw new ConnectError(
      `Column ${column.name} of table ${table} is ${column.type}, but takes each record's metadata: it must be VARIANT (rename that column, or map the topic to another table)`,
    );
  }

  async #withMetadataColumn(table: string): Promise<readonly Column[]> {
    if (this.#settings.evolution.policy !== 'evolve') {
      throw new ConnectError(
        `Table ${table} has no column ${metadataColumn}, which takes each record's topic, partition and offset: add it (ALTER TABLE … ADD COLUMN ${metadataColumn} VARIANT), or set snowflake.metadata.all=false to write rows without`,
      );
    }
    const add = [{ name: metadataColumn, type: 'VARIANT', comment: null }];
    await this.#tables.alter(table, { add, dropNotNull: [], widen: [] });
    return await this.#describedAgain(table);
  }
}
