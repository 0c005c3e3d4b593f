import type { TableName } from '../streaming/index.ts';
import type { DataType } from './data-type.ts';
import { quoteIdentifier } from './identifier.ts';

export interface ColumnDefinition {
  readonly name: string;
  /** DuckDB's name of it, where another column of the table differs in case only. */
  readonly storedAs?: string;
  readonly type: DataType;
  readonly nullable: boolean;
  /** As written in Snowflake's SQL; null: none. */
  readonly defaultSql: string | null;
  /** The same as DuckDB evaluates it. */
  readonly storedDefaultSql: string | null;
  readonly primaryKey: boolean;
  readonly comment: string | null;
}

/** What CREATE ICEBERG TABLE says of the table's files. Nothing is written to the volume. */
export interface IcebergProperties {
  /** Format version: 2 by default, 3 has VARIANT. [documented] */
  readonly version: number;
  /** Null: the schema's, database's or account's. */
  readonly externalVolume: string | null;
  readonly baseLocation: string | null;
}

export interface TableDefinition {
  /** Changes when the table is dropped and created again. */
  readonly id: string;
  readonly name: TableName;
  /** `"DB.SCHEMA"."T"` in DuckDB, quoted. */
  readonly storedName: string;
  readonly columns: readonly ColumnDefinition[];
  /** Of a view: its query as written, and then there is nothing by `storedName`. */
  readonly viewQuery?: string;
  /** The role that created it. */
  readonly owner?: string;
  readonly schemaEvolution: boolean;
  /** ERROR_LOGGING = TRUE: rows that streaming rejects are kept for ERROR_TABLE(t). */
  readonly errorLogging?: boolean;
  readonly iceberg?: IcebergProperties;
  /** A stream reads it: a hidden column has the ids of its rows. */
  readonly tracksChanges?: boolean;
  readonly comment: string | null;
  readonly createdOnMs: number;
}

/** Ends the part of DuckDB's name of a column that Snowflake knows; a number follows. */
export const foldMark = '\ue023';

/** DuckDB's name of a column, quoted. */
export const storedColumn = ({ name, storedAs = name }: ColumnDefinition): string => quoteIdentifier(storedAs);

/** The column with a name that DuckDB, which does not tell `"a"` from `A`, does not take for that of another. */
export const distinctlyStored = (column: ColumnDefinition, others: readonly ColumnDefinition[]): ColumnDefinition => {
  const { storedAs: _before, ...plain } = column;
  const taken = new Set(others.map(({ name, storedAs = name }) => storedAs.toUpperCase()));
  if (!taken.has(column.name.toUpperCase())) return plain;
  let number = 1;
  while (taken.has(`${column.name}${foldMark}${number}`.toUpperCase())) number += 1;
  return { ...plain, storedAs: `${column.name}${foldMark}${number}` };
};
