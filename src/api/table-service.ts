export interface Column {
  /** As stored: `RECORD_CONTENT`, `lower "x"`. */
  readonly name: string;
  /** As DESCRIBE TABLE prints it: `VARIANT`, `NUMBER(38,0)`, `VARCHAR(16777216)`. */
  readonly type: string;
  readonly nullable: boolean;
  readonly hasDefault: boolean;
}

export type TableShape =
  /** RECORD_METADATA VARIANT, RECORD_CONTENT VARIANT. */
  | 'record-content'
  /** RECORD_METADATA VARIANT, ENABLE_SCHEMA_EVOLUTION = TRUE; one column per field comes by evolution. */
  | 'schematized';

/** How an Iceberg table is made. */
export interface IcebergTableOptions {
  /** Clauses behind the columns: `EXTERNAL_VOLUME = 'v' ICEBERG_VERSION = 3`. */
  readonly clauses: string;
  /** RECORD_METADATA where the table's format has no VARIANT: `OBJECT(offset LONG,…)`. */
  readonly metadataType: string;
}

export interface NewColumn {
  /** As it is to be stored. */
  readonly name: string;
  /** `VARCHAR`, `TIMESTAMP(6)`. */
  readonly type: string;
  /** Null: that evolution made the column. */
  readonly comment: string | null;
}

/** What a table must become before rows fit it. */
export interface TableChange {
  readonly add: readonly NewColumn[];
  /** Columns that rows leave out or have null in. */
  readonly dropNotNull: readonly string[];
  /** Columns that take longer values, or structured ones with further fields: name and new type. */
  readonly widen: readonly { readonly name: string; readonly type: string }[];
  /** ALTER ICEBERG TABLE. */
  readonly iceberg?: boolean;
}

/** `disabled`: the table's ENABLE_SCHEMA_EVOLUTION is not set; `forbidden`: the role has neither OWNERSHIP nor EVOLVE SCHEMA. */
export type TableEvolution = 'allowed' | 'disabled' | 'forbidden';

/** Offsets that follow each other, both ends inclusive, as decimal text (the answer crosses processes). */
export interface OffsetRun {
  readonly first: string;
  readonly last: string;
}

/** Which rows of a table are meant, by what RECORD_METADATA says of them. */
export interface OffsetQuery {
  /** Null: whatever the topic. */
  readonly topic: string | null;
  readonly partition: number;
  /** Both inclusive, decimal. */
  readonly from: string;
  readonly to: string;
}

/** The SQL that a sink needs. One session per process serves all tasks (a driver session is dear in memory). */
export interface TableService {
  /** Null if there is no such table. */
  describe(table: string): Promise<readonly Column[] | null>;
  /** CREATE TABLE IF NOT EXISTS; an Iceberg table where `iceberg` is given. */
  create(table: string, shape: TableShape, iceberg?: IcebergTableOptions): Promise<void>;
  /** Whether there is an Iceberg table of this name. */
  isIceberg(table: string): Promise<boolean>;
  /** Whether this role may change the table's columns (the Snowflake connector's two conditions). */
  evolution(table: string): Promise<TableEvolution>;
  /** ALTER TABLE … IF NOT EXISTS; of several tasks that alter the same table the later ones find nothing to do. */
  alter(table: string, change: TableChange): Promise<void>;
  /** The statements that `alter` would run, for people. */
  plan(table: string, change: TableChange): Promise<readonly string[]>;
  /** Offsets that the table has, ascending. Needs SELECT. */
  offsets(table: string, query: OffsetQuery): Promise<readonly OffsetRun[]>;
  close(): Promise<void>;
}
