import { open, rm } from 'node:fs/promises';
import { quoteIdentifier, quoteLiteral } from '../catalog/identifier.ts';
import type { Database } from './database.ts';
import type { ScannedRows } from './scanned-rows.ts';

const defaultMaxLineBytes = 2_000_000;

/** Rows of the same fields, written where DuckDB's parallel reader can get at them. */
export interface RowFile {
  readonly path: string;
  /** Column names of `source`, one per entry of `fields`. */
  readonly columns: readonly string[];
  /** DuckDB table function call. */
  readonly source: string;
}

/** DuckDB takes names that differ only in case for one: columns are numbered. */
const columnOf = (index: number): string => `f${index}`;

export const writeRowFile = async (database: Database, parts: readonly ScannedRows[]): Promise<RowFile> => {
  const path = database.spoolFile();
  const file = await open(path, 'w');
  try {
    await file.writev(parts.map((part) => part.bytes));
  } finally {
    await file.close();
  }
  const columns = (parts[0]?.fields ?? []).map((_, index) => columnOf(index));
  const longest = Math.max(...parts.map((part) => part.longestRowBytes + part.fields.length)) + 16;
  const large = longest > defaultMaxLineBytes ? `, max_line_size = ${longest}, buffer_size = ${longest * 2}` : '';
  const types = ['row', ...columns].map((name) => `${quoteIdentifier(name)}: 'VARCHAR'`).join(', ');
  const source = `read_csv(${quoteLiteral(path)}, columns = {${types}}, delim = chr(31), new_line = '\\n', quote = '',
    escape = '', comment = '', nullstr = '', header = false, auto_detect = false, strict_mode = false${large})`;
  return { path, columns, source };
};

export const removeRowFile = (file: RowFile): Promise<void> => rm(file.path, { force: true });

/** DuckDB expression of a whole row: its fields put together again, digit for digit. */
export const wholeRow = (fields: readonly string[], file: RowFile): string =>
  `('{' || concat_ws(',', ${fields
    .map(
      (field, index) => `${quoteLiteral(`${JSON.stringify(field)}:`)} || ${quoteIdentifier(file.columns[index] ?? '')}`,
    )
    .join(', ')}) || '}')`;
