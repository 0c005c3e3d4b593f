import type { Column } from '../api/index.ts';
import { type TypedColumn, typedColumn } from './columns/typed-column.ts';
import type { NestedColumns } from './iceberg-type.ts';

interface TableColumnsOptions {
  readonly exact: boolean;
  readonly evolves: boolean;
  readonly iceberg?: NestedColumns | null;
}

/** A table's columns as records' fields find them. */
export class TableColumns {
  readonly table: string;
  /** Snowflake adds what it lacks (ENABLE_SCHEMA_EVOLUTION). Asked only where it, and not the worker, alters the table. */
  readonly evolves: boolean;
  /** Of an Iceberg table: what nested values go to. Null: the table is none. */
  readonly iceberg: NestedColumns | null;
  readonly #byName = new Map<string, TypedColumn>();
  readonly #byUpperCase = new Map<string, TypedColumn>();
  readonly #exact: boolean;
  readonly #required: readonly string[];

  /** @param exact names must be the same to the letter (the connectors' client-side validation); else case does not count */
  constructor(table: string, columns: readonly Column[], { exact, evolves, iceberg = null }: TableColumnsOptions) {
    this.table = table;
    this.evolves = evolves;
    this.iceberg = iceberg;
    this.#exact = exact;
    for (const column of columns.map(typedColumn)) {
      this.#byName.set(column.name, column);
      const upperCase = column.name.toUpperCase();
      if (column.name === upperCase || !this.#byUpperCase.has(upperCase)) this.#byUpperCase.set(upperCase, column);
    }
    this.#required = columns.filter(({ nullable, hasDefault }) => !nullable && !hasDefault).map(({ name }) => name);
  }

  /** The column of this very name, else (unless `exact`) the one that differs in case only, an upper-case one first. */
  find(name: string): TypedColumn | null {
    const same = this.#byName.get(name);
    if (same !== undefined || this.#exact) return same ?? null;
    return this.#byUpperCase.get(name.toUpperCase()) ?? null;
  }

  /** One is `OBJECT(…)`, `ARRAY(…)` or `MAP(…)`. */
  get hasStructured(): boolean {
    return [...this.#byName.values()].some(({ isStructured }) => isStructured);
  }

  get requiredCount(): number {
    return this.#required.length;
  }

  /** NOT NULL and without a default. */
  isRequired({ nullable, hasDefault }: Column): boolean {
    return !nullable && !hasDefault;
  }

  /** Columns that must not be null and got nothing. */
  missing(written: { has(name: string): boolean }): readonly string[] {
    if (this.#required.length === 0) return [];
    return this.#required.filter((name) => !written.has(name));
  }
}
