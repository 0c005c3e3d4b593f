import { quoteIdentifier, quoteLiteral } from '../catalog/identifier.ts';
import type { ColumnDefinition, TableDefinition } from '../catalog/table-definition.ts';
import { type RowFile, removeRowFile, writeRowFile } from '../storage/row-file.ts';
import { readStagedRows } from '../storage/staged-rows.ts';
import type { CommandContext } from './commands/command.ts';
import { fullPattern, readFileFormat, requireInternalStage, stageLocation } from './commands/stage-location.ts';
import type { ResultColumn } from './result-set.ts';
import { notEmulated, SqlError } from './sql-error.ts';
import { child, identifierNode, isNode, mapTree, type TreeNode, tableNode } from './syntax-tree.ts';
import { TokenCursor } from './token-cursor.ts';

/** What a statement reads that is no table: files of a stage, the result of an earlier statement. */
export interface OutsideTables {
  readonly tree: TreeNode;
  readonly tables: readonly TableDefinition[];
  /** DuckDB statements that make them, as temporary views. */
  readonly prelude: readonly string[];
  /** When the statement is done. */
  readonly release: () => Promise<void>;
}

interface Outside {
  readonly columns: readonly ColumnDefinition[];
  readonly query: string;
  readonly files: readonly RowFile[];
}

const marked = 'SNOWSINK_OUTSIDE_';

/** Puts tables in the place of `@stage/path (FILE_FORMAT => f, PATTERN => '…')` and `TABLE(RESULT_SCAN('id'))`. */
export const readOutsideTables = async (context: CommandContext, tree: TreeNode): Promise<OutsideTables> => {
  const found = new Map<string, TreeNode>();
  const placed = mapTree(tree, (node) => {
    const inner = child(node, 'alias', 'this');
    if (isNode(inner) && isMarked(inner))
      return { table: { ...Object(inner['table']), alias: child(node, 'alias', 'alias') } };
    if (!isNode(node['stage_reference']) && resultScan(node) === null) return node;
    const name = `${marked}${found.size + 1}`;
    found.set(name, node);
    return tableNode(identifierNode(name));
  });
  const widest = widestPosition(tree);
  const tables: TableDefinition[] = [];
  const prelude: string[] = [];
  const files: RowFile[] = [];
  for (const [name, node] of found) {
    const scan = resultScan(node);
    const outside = scan === null ? await stagedFiles(context, node, widest) : earlierResult(context, scan);
    const storedName = `"temp"."main".${quoteIdentifier(name)}`;
    prelude.push(`CREATE OR REPLACE TEMP VIEW ${storedName} AS ${outside.query}`);
    files.push(...outside.files);
    const { columns } = outside;
    tables.push({ id: name, name: { database: '', schema: '', table: name }, storedName, columns, ...noProperties });
  }
  const release = async (): Promise<void> => {
    for (const file of files) await removeRowFile(file);
  };
  return { tree: placed as TreeNode, tables, prelude, release };
};

/** Fields behind the last one of a record are NULL: there are as many as the statement asks for. [observed] */
const widestPosition = (tree: TreeNode): number => {
  let widest = 1;
  mapTree(tree, (node) => {
    const position = /^\$(\d+)$/.exec(String(child(node, 'column', 'name', 'name')))?.[1];
    widest = Math.max(widest, Number(position ?? 1));
    return node;
  });
  return widest;
};

const noProperties = { schemaEvolution: false, comment: null, createdOnMs: 0 } as const;

const isMarked = (node: TreeNode): boolean => String(child(node, 'table', 'name', 'name')).startsWith(marked);

/** The id of `TABLE(RESULT_SCAN('id'))`; null: something else. */
const resultScan = (node: TreeNode): string | null => {
  const args = child(node, 'function', 'args');
  if (String(child(node, 'function', 'name')).toUpperCase() !== 'TABLE' || !Array.isArray(args)) return null;
  if (String(child(args[0], 'function', 'name')).toUpperCase() !== 'RESULT_SCAN') return null;
  const inner = child(args[0], 'function', 'args');
  const id = Array.isArray(inner) ? child(inner[0], 'literal', 'value') : undefined;
  if (typeof id !== 'string') throw notEmulated('RESULT_SCAN of anything but a constant or LAST_QUERY_ID()');
  return id;
};

const column = (name: string, type: ColumnDefinition['type']): ColumnDefinition => ({
  name,
  type,
  nullable: true,
  defaultSql: null,
  storedDefaultSql: null,
  primaryKey: false,
  comment: null,
});

/** `$1`, `$2`, … of CSV records, `$1` of JSON documents, and METADATA$FILENAME, METADATA$FILE_ROW_NUMBER. [documented] */
const stagedFiles = async (context: CommandContext, node: TreeNode, leastWidth: number): Promise<Outside> => {
  const reference = node['stage_reference'];
  const location = stageLocation(context, `${child(reference, 'name')}${child(reference, 'path') ?? ''}`);
  requireInternalStage(context, location, 'READ');
  const given =
    child(reference, 'file_format', 'literal', 'value') ?? child(reference, 'file_format', 'column', 'name', 'name');
  const named = typeof given === 'string' ? readFileFormat(context, new TokenCursor(given)) : {};
  const format: Record<string, string> = { TYPE: 'CSV', ...location.fileFormat, ...named };
  format['TYPE'] = String(format['TYPE']).toUpperCase();
  if (format['TYPE'] !== 'JSON' && format['TYPE'] !== 'CSV') throw notEmulated(`files of type ${format['TYPE']}`);
  const isJson = format['TYPE'] === 'JSON';
  const patternText = child(reference, 'pattern');
  const pattern = typeof patternText === 'string' ? fullPattern(patternText) : null;
  const sources: { readonly file: RowFile; readonly name: string }[] = [];
  for (const { path } of context.stageFiles.list(`${location.prefix}${location.path}`)) {
    const name = path.slice(location.prefix.length);
    const bytes = pattern === null || pattern.test(path) ? await context.stageFiles.read(path) : null;
    if (bytes === null) continue;
    const { rows, bad } = readStagedRows(bytes, { format, byName: false, width: null });
    const [first] = bad;
    if (first !== undefined)
      throw new SqlError('100069', '22000', `${first.message}\n  File '${name}', line ${first.line}, character 1`);
    if (rows.rowCount > 0) sources.push({ file: await writeRowFile(context.database, [rows]), name });
  }
  const width = Math.max(leastWidth, ...sources.map(({ file }) => file.columns.length));
  const fields = Array.from({ length: width }, (_, index) => `$${index + 1}`);
  const selects = sources.map(({ file, name }) => {
    const values = fields.map((field, index) => {
      const stored = file.columns[index];
      const value = stored === undefined ? 'NULL' : isJson ? `${stored}::JSON` : `(${stored}::JSON ->> '$')`;
      return `${value} AS ${quoteIdentifier(field)}`;
    });
    return `SELECT ${values.join(', ')}, ${quoteLiteral(name)} AS "METADATA$FILENAME",
      (row_number() OVER ())::DECIMAL(38, 0) AS "METADATA$FILE_ROW_NUMBER" FROM ${file.source}`;
  });
  const empty = fields.map((field) => `NULL::${isJson ? 'JSON' : 'VARCHAR'} AS ${quoteIdentifier(field)}`).join(', ');
  const nothing = `SELECT ${empty}, NULL::VARCHAR AS "METADATA$FILENAME",
    NULL::DECIMAL(38, 0) AS "METADATA$FILE_ROW_NUMBER" WHERE FALSE`;
  return {
    columns: [
      ...fields.map((field) => column(field, { name: isJson ? 'VARIANT' : 'VARCHAR' })),
      column('METADATA$FILENAME', { name: 'VARCHAR' }),
      column('METADATA$FILE_ROW_NUMBER', { name: 'NUMBER', precision: 38, scale: 0 }),
    ],
    query: selects.length === 0 ? nothing : selects.join(' UNION ALL '),
    files: sources.map(({ file }) => file),
  };
};

/** Results of this session's last statements, as a table. [documented] */
const earlierResult = ({ session }: CommandContext, id: string): Outside => {
  const result = session.results.get(id);
  if (result === undefined) throw new SqlError('000709', '02000', `Statement ${id} not found`);
  const names = result.columns.map((_, index) => `c${index}`);
  const rows = result.rows.map(
    (row) => `(${row.map((cell) => (cell === null ? 'NULL' : quoteLiteral(cell))).join(', ')})`,
  );
  const nothing = `(${names.map(() => 'NULL').join(', ')})`;
  const select = result.columns.map((one, index) => `${decoded(one, `c${index}`)} AS ${quoteIdentifier(one.name)}`);
  return {
    columns: result.columns.map((one) => column(one.name, { name: typeNames[one.type] ?? 'VARCHAR' })),
    query: `SELECT ${select.join(', ')} FROM (VALUES ${rows.length === 0 ? nothing : rows.join(', ')}) AS v(${names.join(', ')})${
      rows.length === 0 ? ' WHERE FALSE' : ''
    }`,
    files: [],
  };
};

const typeNames: Readonly<Partial<Record<ResultColumn['type'], ColumnDefinition['type']['name']>>> = {
  variant: 'VARIANT',
  object: 'OBJECT',
  array: 'ARRAY',
  date: 'DATE',
  timestamp_tz: 'TIMESTAMP_TZ',
};

/** A cell of the wire as a value again. */
const decoded = ({ type, precision, scale }: ResultColumn, cell: string): string => {
  const text = `${cell}::VARCHAR`;
  const micros = `make_timestamp((split_part(${text}, ' ', 1)::DECIMAL(38, 9) * 1000000)::BIGINT)`;
  switch (type) {
    case 'fixed':
      return `${text}::DECIMAL(${precision ?? 38}, ${scale ?? 0})`;
    case 'real':
      return `${text}::DOUBLE`;
    case 'boolean':
      return `(${text} = '1')`;
    case 'date':
      return `(DATE '1970-01-01' + ${text}::INTEGER)`;
    case 'time':
      return `${micros}::TIME`;
    case 'timestamp_ntz':
      return micros;
    case 'timestamp_ltz':
      return `${micros}::TIMESTAMPTZ`;
    case 'timestamp_tz':
      return `sf_tz(${micros}::TIMESTAMPTZ, split_part(${text}, ' ', 2)::INTEGER - 1440)`;
    case 'binary':
      return `unhex(${text})`;
    case 'variant':
    case 'object':
    case 'array':
      return `${text}::JSON`;
    default:
      return text;
  }
};
