import { displayIdentifier } from '../../catalog/identifier.ts';
import type { ColumnDefinition, TableDefinition } from '../../catalog/table-definition.ts';
import type { StageFile } from '../../storage/stage-files.ts';
import { requireTableAccess } from '../require-access.ts';
import { fixedColumn, type ResultSet, statusResult, textColumn } from '../result-set.ts';
import { doesNotExist, invalidIdentifier, notEmulated, SqlError } from '../sql-error.ts';
import type { TokenCursor } from '../token-cursor.ts';
import type { Command, CommandContext } from './command.ts';
import { evolveForFiles } from './copy-evolution.ts';
import { type LoadedFileResult, loadFile } from './copy-file.ts';
import { type CopyOptions, readCopyOptions } from './copy-options.ts';
import { readTransform, type TransformText } from './copy-transform.ts';
import { validate } from './copy-validation.ts';
import { readStageLocation, requireInternal, requireStage, type StageLocation } from './stage-location.ts';
import { unload } from './unload.ts';

/** What COPY INTO t says, read but not run: pipes keep its text and run it file by file. */
export interface CopyStatement {
  readonly table: TableDefinition;
  /** Target columns; the table's own if none are listed. */
  readonly columns: readonly ColumnDefinition[];
  readonly location: StageLocation;
  readonly transform: TransformText | null;
  readonly options: CopyOptions;
}

/** COPY INTO t [(columns)] FROM @stage | (SELECT … FROM @stage) of JSON and CSV files. */
export const copyInto: Command = async (context, cursor) => {
  const { text, kind } = cursor.peek();
  return text === '@' || kind === 'string' ? unload(context, cursor) : runCopy(context, readCopy(context, cursor));
};

/** The cursor stands behind COPY INTO. */
export const readCopy = (context: CommandContext, cursor: TokenCursor): CopyStatement => {
  const parts = cursor.name();
  const table = context.catalog.table(context.session.tableName(parts));
  if (table === null) throw doesNotExist('Table', parts.map(displayIdentifier).join('.'));
  requireTableAccess(context.session, context.catalog, table, 'INSERT');
  const columns = readColumns(cursor, table);
  cursor.expect('FROM');
  const transform = cursor.peek().text === '(' ? readTransform(context, cursor) : null;
  const location = transform?.location ?? readStageLocation(context, cursor);
  const options = readCopyOptions(context, cursor, { ...location.fileFormat, ...transform?.fileFormat });
  options.pattern ??= transform?.pattern ?? null;
  const type = (options.fileFormat['TYPE'] ?? 'CSV').toUpperCase();
  options.fileFormat = { ...options.fileFormat, TYPE: type };
  const [only] = columns;
  if (type === 'JSON' && transform === null && options.match === null)
    if (columns.length !== 1 || only?.type.name !== 'VARIANT')
      throw new SqlError(
        '002248',
        '0A000',
        'SQL compilation error:\nJSON file format can produce one and only one column of variant, object, or array type. Load data into separate columns using the MATCH_BY_COLUMN_NAME copy option or copy with transformation.',
      );
  return { table, columns, location, transform, options };
};

/** `(a, b)`, or all columns of the table. */
export const readColumns = (cursor: TokenCursor, table: TableDefinition): readonly ColumnDefinition[] => {
  if (!cursor.accept('(')) return table.columns;
  const columns: ColumnDefinition[] = [];
  do {
    const name = cursor.identifier();
    const column = table.columns.find((one) => one.name === name);
    if (column === undefined) throw invalidIdentifier(displayIdentifier(name));
    columns.push(column);
  } while (cursor.accept(','));
  cursor.expect(')');
  return columns;
};

const copyType = 0x3600;

/** What a pipe may say and the emulator cannot do. */
export const requireEmulated = ({ location, options: { fileFormat } }: CopyStatement): void => {
  requireInternal(location);
  const type = fileFormat['TYPE'];
  if (type !== 'JSON' && type !== 'CSV') throw notEmulated(`COPY INTO from files of type ${type}`);
};

const runCopy = async (context: CommandContext, statement: CopyStatement): Promise<ResultSet> => {
  requireEmulated(statement);
  requireStage(context, statement.location, 'READ');
  if (statement.options.validates) return validate(context, statement, chooseFiles(context, statement));
  const files = chooseFiles(context, statement);
  if (files.length === 0) return statusResult('Copy executed with 0 files processed.', copyType);
  return resultOf(await loadFiles(context, statement, files), statement.options.returnFailedOnly);
};

/** All files in one transaction: the session's, or one of its own. [documented] */
export const loadFiles = async (
  context: CommandContext,
  read: CopyStatement,
  files: readonly StageFile[],
): Promise<readonly LoadedFileResult[]> => {
  const statement = await evolveForFiles(context, read, files);
  const { table } = statement;
  return context.session.work({ tables: [table.id], changes: [table.id], locks: [] }, async () => {
    const results: LoadedFileResult[] = [];
    for (const file of files) {
      const result = await loadFile(context, statement, file);
      results.push(result);
      if (result.loaded > 0) context.session.transaction.afterCommit(() => remember(context, statement, file));
    }
    return results;
  });
};

const remember = async (
  { catalog, stageFiles }: CommandContext,
  { table, options }: CopyStatement,
  { path, md5 }: StageFile,
): Promise<void> => {
  await catalog.saveLoadedFile({ tableId: table.id, path, md5 });
  if (options.purge) await stageFiles.remove(path);
};

/** Files that were loaded before and have not changed are skipped, without FORCE. [documented] */
const chooseFiles = (
  { catalog, stageFiles }: CommandContext,
  { table, location: { prefix, path }, options: { files, pattern, force } }: CopyStatement,
): readonly StageFile[] => {
  // A name goes on where the path stops; a pattern must fit all of the stored path. [observed]
  const named = files?.map((name) => {
    const file = stageFiles.find(`${prefix}${path}${name}`);
    if (file === null)
      throw new SqlError(
        '091016',
        '02000',
        `Remote file '${path}${name}' was not found. If you are running a copy command, please make sure files are not deleted when they are being loaded or files are not being loaded into two different tables concurrently with auto purge option.`,
      );
    return file;
  });
  return (named ?? stageFiles.list(`${prefix}${path}`)).filter(
    (file) => (pattern === null || pattern.test(file.path)) && (force || !catalog.isLoaded(table.id, file)),
  );
};

/** [documented columns] */
const resultOf = (results: readonly LoadedFileResult[], failedOnly: boolean): ResultSet => ({
  columns: [
    textColumn('file'),
    textColumn('status'),
    ...['rows_parsed', 'rows_loaded', 'error_limit', 'errors_seen'].map((name) => fixedColumn(name)),
    textColumn('first_error'),
    ...['first_error_line', 'first_error_character'].map((name) => fixedColumn(name)),
    textColumn('first_error_column_name'),
  ],
  rows: results
    .filter(({ errors }) => !failedOnly || errors > 0)
    .map((result) => [
      result.file,
      statusOf(result),
      String(result.parsed),
      String(result.loaded),
      String(result.errors === 0 ? 1 : result.parsed),
      String(result.errors),
      result.firstError?.message ?? null,
      result.firstError === null ? null : String(result.firstError.line),
      result.firstError === null ? null : '1',
      result.firstError?.column ?? null,
    ]),
  statementTypeId: copyType,
});

export const statusOf = ({ errors, loaded }: LoadedFileResult): string =>
  errors === 0 ? 'LOADED' : loaded === 0 ? 'LOAD_FAILED' : 'PARTIALLY_LOADED';
