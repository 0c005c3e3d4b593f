import { quoteIdentifier } from '../../catalog/identifier.ts';
import type { FileFormat } from '../../catalog/stage-definition.ts';
import { type Compression, fileSuffix, type UnloadedRows, writeUnloadedFiles } from '../../storage/unloaded-rows.ts';
import { describeQuery } from '../describe-query.ts';
import { quotePositionalColumns } from '../positional-columns.ts';
import { runQuery } from '../query.ts';
import { requireTableAccess } from '../require-access.ts';
import { fixedColumn, type ResultColumn, type ResultSet, textColumn } from '../result-set.ts';
import { rewriteQuery } from '../rewrite-query.ts';
import { notEmulated, SqlError } from '../sql-error.ts';
import { advanceStream } from '../streams.ts';
import { parseSnowflake, toDuckDb } from '../syntax-tree.ts';
import type { TokenCursor } from '../token-cursor.ts';
import type { CommandContext } from './command.ts';
import { readFileFormat, readStageLocation, requireInternalStage, type StageLocation } from './stage-location.ts';

const defaultMaxFileBytes = 16 * 1024 * 1024;
const unloadType = 0x3700;

interface Options {
  format: Record<string, string>;
  single: boolean;
  overwrite: boolean;
  header: boolean;
  detailed: boolean;
  /** VALIDATION_MODE = RETURN_ROWS: nothing is written. */
  returnsRows: boolean;
  maxFileBytes: number;
}

/** COPY INTO @stage[/path] FROM t | (query): CSV or JSON files; the cursor stands before the location. [documented] */
export const unload = async (context: CommandContext, cursor: TokenCursor): Promise<ResultSet> => {
  const written = cursor.peek();
  const location = readStageLocation(context, cursor);
  const shown = cursor.textFrom(written).replace(/^'(.*)'$/s, '$1');
  requireInternalStage(context, location, 'WRITE');
  cursor.expect('FROM');
  const query = readSource(cursor);
  const options = readOptions(context, cursor, location.fileFormat);
  if (options.returnsRows) return runQuery(context, query);
  const result = await readRows(context, query, options.format['TYPE'] === 'JSON');
  return writeFiles(context, location, shown, result, options);
};

const readSource = (cursor: TokenCursor): string => {
  const from = cursor.peek();
  if (from.text !== '(') {
    cursor.name();
    return `SELECT * FROM ${cursor.textFrom(from)}`;
  }
  cursor.skipGroup();
  return cursor.textFrom(from).slice(1, -1);
};

const readOptions = (context: CommandContext, cursor: TokenCursor, stageFormat: FileFormat): Options => {
  const options: Options = {
    format: { TYPE: 'CSV', ...stageFormat },
    single: false,
    overwrite: false,
    header: false,
    detailed: false,
    returnsRows: false,
    maxFileBytes: defaultMaxFileBytes,
  };
  const isTrue = (): boolean => cursor.next().text.toUpperCase() === 'TRUE';
  while (!cursor.atEnd) {
    if (cursor.accept(',')) continue;
    if (cursor.accept('PARTITION', 'BY')) throw notEmulated('COPY INTO a stage with PARTITION BY');
    const option = cursor.identifier();
    cursor.expect('=');
    if (option === 'FILE_FORMAT') Object.assign(options.format, readFileFormat(context, cursor));
    else if (option === 'SINGLE') options.single = isTrue();
    else if (option === 'OVERWRITE') options.overwrite = isTrue();
    else if (option === 'HEADER') options.header = isTrue();
    else if (option === 'DETAILED_OUTPUT') options.detailed = isTrue();
    else if (option === 'MAX_FILE_SIZE') options.maxFileBytes = cursor.number();
    else if (option === 'VALIDATION_MODE') {
      if (cursor.next().text.toUpperCase() !== 'RETURN_ROWS') cursor.fail();
      options.returnsRows = true;
    } else throw notEmulated(`the copy option ${option}`);
  }
  options.format['TYPE'] = String(options.format['TYPE']).toUpperCase();
  if (options.format['TYPE'] !== 'CSV' && options.format['TYPE'] !== 'JSON')
    throw notEmulated(`COPY INTO a stage as ${options.format['TYPE']}`);
  return options;
};

/** [the code is inferred] */
const notOneColumn = (): SqlError =>
  new SqlError(
    '002248',
    '0A000',
    'SQL compilation error:\nJSON file format can unload one and only one column of variant, object, or array type. Build it with OBJECT_CONSTRUCT.',
  );

const semiStructured = new Set<ResultColumn['type']>(['variant', 'object', 'array']);
const unenclosed = new Set<ResultColumn['type']>(['fixed', 'real', 'boolean']);

/** The rows as text; a stream among the tables is consumed. [documented] */
const readRows = async (context: CommandContext, query: string, isJson: boolean): Promise<UnloadedRows> => {
  const { session, catalog } = context;
  const { connection } = session;
  const rewritten = rewriteQuery(parseSnowflake(quotePositionalColumns(query)), query, session, catalog, context.nowMs);
  for (const table of rewritten.tables) requireTableAccess(session, catalog, table, 'SELECT');
  const sql = toDuckDb(rewritten.tree);
  const consumed = rewritten.streams.map(({ properties }) => properties['STORED'] ?? '');
  return session.work({ tables: rewritten.tableIds, changes: consumed, locks: consumed }, async () => {
    for (const statement of rewritten.prelude) await connection.run(statement);
    const columns = await describeQuery(connection, sql);
    const [only] = columns;
    if (isJson && (columns.length !== 1 || only === undefined || !semiStructured.has(only.type))) throw notOneColumn();
    const aliases = columns.map((_, index) => quoteIdentifier(`c${index}`));
    const texts = aliases.map((alias) => (isJson ? `to_json(${alias})::VARCHAR` : `sf_to_varchar(${alias})`));
    const found = await connection.runAndReadAll(
      `SELECT ${texts.join(', ')} FROM (${sql}) AS unloaded(${aliases.join(', ')})`,
    );
    for (const stream of rewritten.streams)
      session.transaction.beforeCommit(stream.properties['STORED'] ?? '', () =>
        advanceStream(connection, catalog, stream),
      );
    return {
      names: columns.map(({ name }) => name),
      plain: columns.map(({ type }) => unenclosed.has(type)),
      rows: found.getRows().map((row) => row.map((cell) => (cell === null ? null : String(cell)))),
    };
  });
};

const compressionOf = (format: FileFormat): Compression => {
  const name = (format['COMPRESSION'] ?? 'AUTO').toUpperCase();
  if (name === 'AUTO' || name === 'GZIP') return 'GZIP';
  if (name === 'NONE' || name === 'ZSTD') return name;
  throw notEmulated(`COPY INTO a stage with COMPRESSION = ${name}`);
};

/**
 * A path that ends in a slash, or none, gets files `data_0_0_0.csv.gz`; any other is how their names begin, and with SINGLE
 * the name itself. Files that are there already are refused without OVERWRITE: with SINGLE of that name, else of names that
 * begin so. [documented; what counts as being there is observed]
 */
const writeFiles = async (
  { stageFiles, nowMs }: CommandContext,
  { prefix, path }: StageLocation,
  shown: string,
  result: UnloadedRows,
  { format, single, overwrite, header, detailed, maxFileBytes }: Options,
): Promise<ResultSet> => {
  const compression = compressionOf(format);
  const start = path === '' || path.endsWith('/') ? `${path}data` : path;
  const taken = single ? stageFiles.find(prefix + start) !== null : stageFiles.list(prefix + start).length > 0;
  if (taken && !overwrite)
    throw new SqlError(
      '001030',
      '22000',
      `Files already existing at the unload destination: ${shown}. Use overwrite option to force unloading.`,
    );
  const extension = `.${format['FILE_EXTENSION'] ?? `${String(format['TYPE']).toLowerCase()}${fileSuffix[compression]}`}`;
  const { files, bytes } = writeUnloadedFiles(result, {
    format,
    compression,
    header,
    maxFileBytes: single ? Number.POSITIVE_INFINITY : maxFileBytes,
  });
  const names = files.map((_, index) => (single ? start : `${start}_0_0_${index}${extension}`));
  for (const [index, file] of files.entries()) await stageFiles.put(`${prefix}${names[index]}`, file.bytes, nowMs);
  if (detailed)
    return {
      columns: [textColumn('FILE_NAME'), fixedColumn('FILE_SIZE'), fixedColumn('ROW_COUNT')],
      rows: files.map((file, index) => [names[index] ?? '', String(file.bytes.length), String(file.rowCount)]),
      statementTypeId: unloadType,
    };
  const size = files.reduce((sum, file) => sum + file.bytes.length, 0);
  return {
    columns: ['rows_unloaded', 'input_bytes', 'output_bytes'].map((name) => fixedColumn(name)),
    rows: [[String(result.rows.length), String(bytes), String(size)]],
    statementTypeId: unloadType,
  };
};
