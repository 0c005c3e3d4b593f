import { type Column, ConnectError, type TableService } from '../api/index.ts';

const metadataColumn = 'RECORD_METADATA';
const contentColumn = 'RECORD_CONTENT';

export interface TargetTableSettings {
  readonly schematization: boolean;
  readonly metadata: { readonly all: boolean };
}

/**
 * The tables that rows go to: created where missing, checked where they exist, each once per task.
 * Rules and errors as the Snowflake connector's (its table creation and ERROR_5003).
 */
export class TargetTables {
  readonly #tables: TableService;
  readonly #settings: TargetTableSettings;
  readonly #ready = new Map<string, Promise<readonly Column[]>>();

  constructor(tables: TableService, settings: TargetTableSettings) {
    this.#tables = tables;
    this.#settings = settings;
  }

  /** The table's columns, once rows can go there. */
  ready(table: string): Promise<readonly Column[]> {
    const known = this.#ready.get(table);
    if (known !== undefined) return known;
    const preparing = this.#prepare(table);
    this.#ready.set(table, preparing);
    preparing.catch(() => this.#ready.delete(table));
    return preparing;
  }

  async #prepare(table: string): Promise<readonly Column[]> {
    const existing = await this.#tables.describe(table);
    if (existing !== null) return this.#checked(table, existing);
    await this.#tables.create(table, this.#settings.schematization ? 'schematized' : 'record-content');
    const created = await this.#tables.describe(table);
    if (created === null)
      throw new ConnectError(
        `Table ${table} was created but cannot be described: grant SELECT or OWNERSHIP on it to the role in snowflake.role.name`,
      );
    return created;
  }

  #checked(table: string, columns: readonly Column[]): readonly Column[] {
    if (this.#settings.schematization) return this.#checkedSchematized(table, columns);
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

  /** Rows without their metadata would be a silent loss. The name may differ in case, as fields' names may. */
  #checkedSchematized(table: string, columns: readonly Column[]): readonly Column[] {
    if (!this.#settings.metadata.all || columns.some(({ name }) => name.toUpperCase() === metadataColumn))
      return columns;
    throw new ConnectError(
      `Table ${table} has no column ${metadataColumn}, which takes each record's topic, partition and offset: add it (ALTER TABLE … ADD COLUMN ${metadataColumn} VARIANT), or set snowflake.metadata.all=false to write rows without`,
    );
  }
}
