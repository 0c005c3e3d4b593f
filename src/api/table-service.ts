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

/** The SQL that a sink needs. One session per process serves all tasks (a driver session is dear in memory). */
export interface TableService {
  /** Null if there is no such table. */
  describe(table: string): Promise<readonly Column[] | null>;
  /** CREATE TABLE IF NOT EXISTS. */
  create(table: string, shape: TableShape): Promise<void>;
  close(): Promise<void>;
}
