import type { DuckDBConnection } from '@duckdb/node-api';
import type { EmulatorCatalog } from '../catalog/catalog.ts';
import { isSemiStructured } from '../catalog/data-type.ts';
import { quoteIdentifier, quoteLiteral } from '../catalog/identifier.ts';
import type { ColumnDefinition, TableDefinition } from '../catalog/table-definition.ts';
import type { RowFile } from '../storage/row-file.ts';
import { describeQuery } from './describe-query.ts';
import { rewriteQuery } from './rewrite-query.ts';
import type { Session } from './session.ts';
import { fromDuckDb, SqlError } from './sql-error.ts';
import { parseSnowflake, toDuckDb } from './syntax-tree.ts';

/** `SELECT $1:a::NUMBER, METADATA$FILENAME FROM …` of COPY INTO or of a pipe, for the rows of one file. */
export interface RowTransform {
  /** The statement with {@link transformSource} in place of the location. */
  readonly sql: string;
  /** Target columns, in the order of the select list. */
  readonly columns: readonly ColumnDefinition[];
}

/** The name that stands for the rows in `RowTransform.sql`. */
export const transformSource = 'SNOWSINK_STAGED_ROWS';

export interface TransformContext {
  readonly session: Session;
  readonly catalog: EmulatorCatalog;
  readonly nowMs: number;
}

export interface TransformInput {
  /** DuckDB expressions of `$1`, `$2`, … over the file's columns. */
  readonly fields: readonly string[];
  /** What these are. */
  readonly type: 'VARIANT' | 'VARCHAR';
  readonly file: RowFile;
  readonly fileName: string;
  /** How the rows' reader expects BINARY. Default BASE64. */
  readonly binaryFormat?: 'HEX' | 'BASE64' | 'UTF8';
  /** Rows, from 1, that are left out. */
  readonly except?: readonly number[];
  /** First and last of the rows to be looked at; default: all. */
  readonly range?: readonly [from: number, to: number];
}

/** The statement over DuckDB's rows, as a source of JSON texts for `insertChecked`: one column for each target. */
export const transformedRows = async (
  context: TransformContext,
  transform: RowTransform,
  input: TransformInput,
  connection: DuckDBConnection,
): Promise<RowFile> => {
  await connection.run(createRowsView(input));
  const { tree, prelude } = rewriteTransform(context, transform, input);
  if (prelude.length > 0)
    throw new SqlError('002025', '42601', 'SQL compilation error:\nA COPY transformation reads one stage.');
  const query = toDuckDb(tree);
  const found = await describeQuery(connection, query);
  if (found.length !== transform.columns.length)
    throw new SqlError(
      '002020',
      '21S01',
      `SQL compilation error:\nInsert value list does not match column list expecting ${transform.columns.length} but got ${found.length}`,
    );
  const names = found.map((_, index) => `c${index}`);
  const values = found.map(({ type }, index) => {
    const column = transform.columns[index];
    const value = `v${index}`;
    if (type === 'variant' || type === 'array' || type === 'object') return `${value}::VARCHAR AS c${index}`;
    if (column !== undefined && isSemiStructured(column.type)) return `to_json(${value})::VARCHAR AS c${index}`;
    const text =
      type === 'binary' ? `${binaryText[input.binaryFormat ?? 'BASE64']}(${value})` : `sf_full_text(${value})`;
    return `coalesce(to_json(${text})::VARCHAR, 'null') AS c${index}`;
  });
  const source = `(SELECT ${values.join(', ')} FROM (${query}) AS q(${found.map((_, index) => `v${index}`).join(', ')}))`;
  return { path: input.file.path, columns: names, source };
};

const binaryText = { HEX: 'hex', BASE64: 'to_base64', UTF8: 'decode' } as const;

const viewName = '"temp"."main"."staged rows"';

const createRowsView = ({ fields, file, fileName, except = [], range }: TransformInput): string => {
  const columns = fields.map((field, index) => `${field} AS ${quoteIdentifier(`$${index + 1}`)}`);
  const numbered = `SELECT *, row_number() OVER () AS number FROM ${file.source}`;
  const conditions = [
    ...(except.length === 0 ? [] : [`number NOT IN (${except.join(', ')})`]),
    ...(range === undefined ? [] : [`number BETWEEN ${range[0]} AND ${range[1]}`]),
  ];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  return `CREATE OR REPLACE TEMP VIEW ${viewName} AS SELECT ${[
    ...columns,
    `${quoteLiteral(fileName)} AS "METADATA$FILENAME"`,
    'number::DECIMAL(38, 0) AS "METADATA$FILE_ROW_NUMBER"',
  ].join(', ')} FROM (${numbered})${where}`;
};

const rewriteTransform = (
  { session, catalog, nowMs }: TransformContext,
  { sql }: RowTransform,
  { fields, type }: TransformInput,
): ReturnType<typeof rewriteQuery> => {
  const column = (name: string, typeName: 'VARIANT' | 'VARCHAR'): ColumnDefinition => ({
    name,
    type: { name: typeName },
    nullable: true,
    defaultSql: null,
    storedDefaultSql: null,
    primaryKey: false,
    comment: null,
  });
  const rows: TableDefinition = {
    id: transformSource,
    name: { database: '', schema: '', table: transformSource },
    storedName: viewName,
    columns: [
      ...fields.map((_, index) => column(`$${index + 1}`, type)),
      column('METADATA$FILENAME', 'VARCHAR'),
      column('METADATA$FILE_ROW_NUMBER', 'VARCHAR'),
    ],
    schemaEvolution: false,
    comment: null,
    createdOnMs: 0,
  };
  return rewriteQuery(parseSnowflake(sql), '', session, catalog, nowMs, [rows]);
};

/**
 * Rows, from 1, that the statement cannot be evaluated for, with the first error: halves the file until each bad row
 * stands alone. On a connection of its own, because an error ends DuckDB's transaction.
 */
export const rowsThatFail = async (
  context: TransformContext,
  transform: RowTransform,
  input: TransformInput,
  rowCount: number,
  connection: DuckDBConnection,
): Promise<ReadonlyMap<number, string>> => {
  const failed = new Map<number, string>();
  const check = async (from: number, to: number): Promise<void> => {
    const rows = await transformedRows(context, transform, { ...input, range: [from, to] }, connection);
    try {
      await connection.run(`CREATE OR REPLACE TEMP TABLE evaluated AS SELECT * FROM ${rows.source}`);
    } catch (error) {
      if (from === to) failed.set(from, fromDuckDb(error).message);
      else {
        const middle = Math.floor((from + to) / 2);
        await check(from, middle);
        await check(middle + 1, to);
      }
    }
  };
  if (rowCount > 0) await check(1, rowCount);
  return failed;
};
