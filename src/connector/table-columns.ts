import { type Column, DataError } from '../api/index.ts';
import { type TypedColumn, typedColumn } from './column-value.ts';

/** A table's columns as records' fields find them. */
export class TableColumns {
  readonly table: string;
  readonly #byName = new Map<string, TypedColumn>();
  readonly #byUpperCase = new Map<string, TypedColumn>();
  readonly #required: readonly string[];

  constructor(table: string, columns: readonly Column[]) {
    this.table = table;
    for (const column of columns.map(typedColumn)) {
      this.#byName.set(column.name, column);
      const upperCase = column.name.toUpperCase();
      if (column.name === upperCase || !this.#byUpperCase.has(upperCase)) this.#byUpperCase.set(upperCase, column);
    }
    this.#required = columns.filter(({ nullable, hasDefault }) => !nullable && !hasDefault).map(({ name }) => name);
  }

  /** The column of this very name, else the one that differs in case only (an upper-case one first). */
  find(name: string): TypedColumn | null {
    return this.#byName.get(name) ?? this.#byUpperCase.get(name.toUpperCase()) ?? null;
  }

  /** As `find`; a missing column is a bad record. */
  get(name: string): TypedColumn {
    const column = this.find(name);
    if (column !== null) return column;
    throw new DataError(
      `Table ${this.table} has no column ${name}: add it (ALTER TABLE … ADD COLUMN), or drop the field by a transform such as ReplaceField`,
    );
  }

  /** DataError where a column that must not be null got nothing. */
  checkRequired(written: ReadonlySet<string>): void {
    const missing = this.#required.find((name) => !written.has(name));
    if (missing === undefined) return;
    throw new DataError(
      `The record has nothing for column ${missing} of table ${this.table}, which is NOT NULL and without default: send the field, or ALTER TABLE … ALTER COLUMN … DROP NOT NULL`,
    );
  }
}
