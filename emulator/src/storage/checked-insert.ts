import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteIdentifier, quoteLiteral } from '../catalog/identifier.ts';
import { type ColumnDefinition, storedColumn, type TableDefinition } from '../catalog/table-definition.ts';
import { type ColumnExpressions, columnExpressions, type ValueRules } from './column-expressions.ts';
import type { RowFile } from './row-file.ts';

export interface CheckedInsert {
  readonly inserted: number;
  readonly errors: number;
  readonly lastError: string | null;
  readonly firstError: FirstError | null;
  /** With `rawRow` or `listBadRows`: what was wrong, of each bad one. */
  readonly badRows: readonly BadRow[];
}

export interface BadRow {
  readonly message: string;
  /** Of the file, from 0. */
  readonly row: number;
  readonly column: string;
  /** With `rawRow`; else empty. */
  readonly raw: string;
}

export interface CheckedInsertOptions {
  /** Are the good rows inserted, given the number of bad ones? Default: yes. */
  readonly lands?: (errors: number) => boolean;
  /** DuckDB expression of a whole row's text, for `badRows`. */
  readonly rawRow?: string;
  readonly listBadRows?: boolean;
  readonly match?: ColumnMatch;
  readonly rules?: ValueRules;
}

export interface FirstError {
  readonly message: string;
  /** Of the file, from 0. */
  readonly row: number;
  readonly column: string;
}

export type ColumnMatch = 'CASE_INSENSITIVE' | 'CASE_SENSITIVE';

/**
 * Fields that a column takes its value from, by name. [documented] Where columns differ in case only, a field that is spelled
 * like one of them is that one's. [inferred]
 */
export const matchingFields = (
  { name }: ColumnDefinition,
  { columns }: TableDefinition,
  fields: readonly string[],
  match: ColumnMatch = 'CASE_INSENSITIVE',
): readonly number[] =>
  fields.flatMap((field, index) => {
    if (field === name) return [index];
    if (match === 'CASE_SENSITIVE' || field.toUpperCase() !== name.toUpperCase()) return [];
    return columns.some((other) => other.name === field) ? [] : [index];
  });

export const expressionsOf = (
  table: TableDefinition,
  fields: readonly string[],
  file: RowFile,
  rules: ValueRules = {},
  match?: ColumnMatch,
): readonly ColumnExpressions[] =>
  table.columns.map((column) =>
    columnExpressions(
      column,
      matchingFields(column, table, fields, match).map(
        (index) => file.columns[index] ?? quoteIdentifier(fields[index] ?? ''),
      ),
      rules,
    ),
  );

/** Of a table, as DuckDB reads them: there may be more of them than Snowflake shows. */
export const columnNames = ({ columns }: TableDefinition): string => columns.map(storedColumn).join(', ');

/** Between an error's text and the column that gave it. */
const columnMark = '\u001f';

/** Inserts the rows of a file, each checked against the table's columns: bad ones are counted and left out. */
export const insertChecked = async (
  connection: DuckDBConnection,
  table: TableDefinition,
  fields: readonly string[],
  file: RowFile,
  { lands = () => true, rawRow, listBadRows = rawRow !== undefined, rules, match }: CheckedInsertOptions = {},
): Promise<CheckedInsert> => {
  const columns = expressionsOf(table, fields, file, rules, match);
  const errors = columns.flatMap(({ column, error }) =>
    error === null ? [] : [`(${error}) || ${quoteLiteral(columnMark + column.name)}`],
  );
  const error = errors.length === 0 ? 'NULL' : `coalesce(${errors.join(', ')})`;
  const values = columns.map(({ value }, index) => `${value} AS c${index}`);
  if (listBadRows) values.push(`${rawRow ?? "''"} AS raw`);
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE checked AS SELECT ${values.join(', ')}, ${error} AS error FROM ${file.source}`,
  );
  const failed = await connection.runAndReadAll(
    `SELECT count(*), last(error ORDER BY rowid), first(error ORDER BY rowid), 
       min(rowid) - (SELECT min(rowid) FROM checked) FROM checked WHERE error IS NOT NULL`,
  );
  const [count, last, first, row] = failed.getRowsJson()[0] ?? [];
  let inserted = 0;
  if (lands(Number(count))) {
    const names = columns.map((_, index) => `c${index}`).join(', ');
    const result = await connection.run(
      `INSERT INTO ${table.storedName} (${columnNames(table)}) SELECT ${names} FROM checked WHERE error IS NULL`,
    );
    inserted = result.rowsChanged;
  }
  const bad =
    !listBadRows || Number(count) === 0
      ? []
      : (
          await connection.runAndReadAll(`SELECT error, raw, rowid - (SELECT min(rowid) FROM checked) FROM checked
            WHERE error IS NOT NULL ORDER BY rowid`)
        ).getRowsJson();
  await connection.run('DROP TABLE checked');
  if (Number(count) === 0) return { inserted, errors: 0, lastError: null, firstError: null, badRows: [] };
  const [message = '', column = ''] = String(first).split(columnMark);
  return {
    inserted,
    errors: Number(count),
    lastError: String(last).split(columnMark)[0] ?? '',
    firstError: { message, row: Number(row), column },
    badRows: bad.map(([text, raw, at]) => {
      const [wrong = '', where = ''] = String(text).split(columnMark);
      return { message: wrong, column: where, row: Number(at), raw: String(raw) };
    }),
  };
};
