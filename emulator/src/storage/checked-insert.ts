import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteIdentifier } from '../catalog/identifier.ts';
import type { TableDefinition } from '../catalog/table-definition.ts';
import { type ColumnExpressions, columnExpressions } from './column-expressions.ts';
import type { RowFile } from './row-file.ts';

export interface CheckedInsert {
  readonly inserted: number;
  readonly errors: number;
  readonly lastError: string | null;
}

/** Fields that a column takes its value from: names are compared without regard to case. [documented] */
export const matchingFields = (column: string, fields: readonly string[]): readonly number[] =>
  fields.flatMap((field, index) => (field.toUpperCase() === column.toUpperCase() ? [index] : []));

export const expressionsOf = (
  table: TableDefinition,
  fields: readonly string[],
  file: RowFile,
): readonly ColumnExpressions[] =>
  table.columns.map((column) =>
    columnExpressions(
      column,
      matchingFields(column.name, fields).map((index) => file.columns[index] ?? quoteIdentifier(fields[index] ?? '')),
    ),
  );

/**
 * Inserts the rows of a file, each checked against the table's columns: bad ones are counted and left out. With
 * `allOrNothing` one bad row keeps all of them out.
 */
export const insertChecked = async (
  connection: DuckDBConnection,
  table: TableDefinition,
  fields: readonly string[],
  file: RowFile,
  allOrNothing = false,
): Promise<CheckedInsert> => {
  const columns = expressionsOf(table, fields, file);
  const errors = columns.flatMap(({ error }) => (error === null ? [] : [error]));
  const error = errors.length === 0 ? 'NULL' : `coalesce(${errors.join(', ')})`;
  const values = columns.map(({ value }, index) => `${value} AS c${index}`).join(', ');
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE checked AS SELECT ${values}, ${error} AS error FROM ${file.source}`,
  );
  const failed = await connection.runAndReadAll(
    'SELECT count(*), last(error ORDER BY rowid) FROM checked WHERE error IS NOT NULL',
  );
  const [count, message] = failed.getRowsJson()[0] ?? [];
  let inserted = 0;
  if (!allOrNothing || Number(count) === 0) {
    const names = columns.map((_, index) => `c${index}`).join(', ');
    const result = await connection.run(
      `INSERT INTO ${table.storedName} SELECT ${names} FROM checked WHERE error IS NULL`,
    );
    inserted = result.rowsChanged;
  }
  await connection.run('DROP TABLE checked');
  return { inserted, errors: Number(count), lastError: Number(count) > 0 ? String(message) : null };
};
