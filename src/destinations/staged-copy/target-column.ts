import { quoteIdentifier } from '../snowflake-identifier.ts';
import type { SqlRow } from '../sql/snowflake-session.ts';

/** A column that COPY may fill, as DESCRIBE TABLE shows it. */
export interface TargetColumn {
  readonly name: string;
  readonly type: string;
  /** What it takes where no value is given: an expression, or `IDENTITY …`. */
  readonly fallback: string | null;
}

/** Null for what is no stored column. */
export const targetColumn = (row: SqlRow): TargetColumn | null => {
  const { name, type, kind, default: fallback } = row;
  if (typeof name !== 'string' || typeof type !== 'string' || (kind !== undefined && kind !== 'COLUMN')) return null;
  return { name, type, fallback: typeof fallback === 'string' ? fallback : null };
};

const isSequence = ({ fallback }: TargetColumn): boolean => /\.NEXTVAL$/i.test(fallback ?? '');

/** The type without what would cut a text before the column could refuse it as too long. */
const castOf = (type: string): string => (/^(VARCHAR|TEXT|STRING)\b/i.test(type) ? '::VARCHAR' : `::${type}`);

/** The row's value for the column, from the JSON object `$1`. */
const selected = ({ name, type }: TargetColumn): string => {
  const field = `$1:${quoteIdentifier(name)}`;
  if (/^BINARY\b/i.test(type)) return `TO_BINARY(${field}::VARCHAR, 'BASE64')`;
  return /^(VARIANT|GEOGRAPHY|GEOMETRY)\b/i.test(type) ? field : field + castOf(type);
};

/**
 * The column list and the SELECT list of a COPY that leaves columns out: these take their DEFAULT or the next IDENTITY value, but of a
 * sequence only if the SELECT asks it (pages COPY INTO <table> and "Transforming data during a load").
 */
export const columnLists = (
  columns: readonly TargetColumn[],
  leftOut: readonly string[],
): { readonly columns: string; readonly values: string } => {
  const isLeftOut = (column: TargetColumn): boolean => leftOut.includes(column.name);
  const filled = columns.filter((column) => !isLeftOut(column) || isSequence(column));
  return {
    columns: filled.map(({ name }) => quoteIdentifier(name)).join(', '),
    values: filled.map((column) => (isLeftOut(column) ? (column.fallback ?? '') : selected(column))).join(', '),
  };
};
