import type { PipeName, TableName } from '../streaming/index.ts';

export interface PipeDefinition {
  readonly name: PipeName;
  readonly table: TableName;
  readonly createdOnMs: number;
  /** The COPY statement as written. */
  readonly definition: string;
  readonly comment?: string;
  /** Absent: the pipe loads files. */
  readonly streaming?: {
    readonly transform?: PipeTransform;
    /** MATCH_BY_COLUMN_NAME. */
    readonly match?: 'CASE_INSENSITIVE' | 'CASE_SENSITIVE';
  };
}

/** The SELECT of a pipe. */
export interface PipeTransform {
  /** Over the rows as `$1`. */
  readonly sql: string;
  /** Target columns, in the order of the select list. */
  readonly columns: readonly string[];
}
