import { displayIdentifier } from '../../catalog/identifier.ts';
import type { FileFormat } from '../../catalog/stage-definition.ts';
import type { TableDefinition } from '../../catalog/table-definition.ts';
import { insertChecked } from '../../storage/checked-insert.ts';
import { decompressFile, readJsonDocuments } from '../../storage/json-documents.ts';
import { NdjsonError } from '../../storage/ndjson-error.ts';
import { removeRowFile, writeRowFile } from '../../storage/row-file.ts';
import { scanRows } from '../../storage/scanned-rows.ts';
import type { StageFile } from '../../storage/stage-files.ts';
import { requireTableAccess } from '../require-access.ts';
import { fixedColumn, type ResultSet, statusResult, textColumn } from '../result-set.ts';
import { doesNotExist, notEmulated, SqlError } from '../sql-error.ts';
import type { TokenCursor } from '../token-cursor.ts';
import type { Command, CommandContext } from './command.ts';
import { readFileFormat, readStageLocation, type StageLocation } from './stage-location.ts';

interface CopyOptions {
  fileFormat: FileFormat;
  files: string[] | null;
  pattern: RegExp | null;
  onError: string;
  matchByColumnName: boolean;
  purge: boolean;
  force: boolean;
}

interface LoadedFileResult {
  readonly file: string;
  readonly parsed: number;
  readonly loaded: number;
  readonly errors: number;
  readonly firstError: string | null;
}

/** COPY INTO t FROM @stage of JSON files: into one VARIANT column, or by MATCH_BY_COLUMN_NAME. */
export const copyInto: Command = async (context, cursor) => {
  const parts = cursor.name();
  const table = context.catalog.table(context.session.tableName(parts));
  if (table === null) throw doesNotExist('Table', parts.map(displayIdentifier).join('.'));
  requireTableAccess(context.session, context.catalog, table, 'INSERT');
  cursor.expect('FROM');
  if (cursor.peek().text === '(') throw notEmulated('COPY INTO from a SELECT');
  const location = readStageLocation(context, cursor);
  const options = readOptions(cursor, location.fileFormat);
  if (options.fileFormat['TYPE'] !== 'JSON')
    throw notEmulated(`COPY INTO from files of type ${options.fileFormat['TYPE'] ?? 'CSV'}`);
  if (!options.matchByColumnName && (table.columns.length !== 1 || table.columns[0]?.type.name !== 'VARIANT'))
    throw new SqlError(
      '002248',
      '0A000',
      'SQL compilation error:\nJSON file format can produce one and only one column of variant, object, or array type. Load data into separate columns using the MATCH_BY_COLUMN_NAME copy option or copy with transformation.',
    );
  const files = chooseFiles(context, table, location, options);
  if (files.length === 0) return statusResult('Copy executed with 0 files processed.', copyType);
  const results = await inTransaction(context, async () => {
    const loaded: LoadedFileResult[] = [];
    for (const file of files) loaded.push(await loadFile(context, table, location, file, options));
    return loaded;
  });
  for (const [index, file] of files.entries()) {
    if ((results[index]?.loaded ?? 0) === 0) continue;
    await context.catalog.saveLoadedFile({ tableId: table.id, path: file.path, md5: file.md5 });
    if (options.purge) await context.stageFiles.remove(file.path);
  }
  return resultOf(results);
};

const copyType = 0x3600;

const readOptions = (cursor: TokenCursor, fileFormat: FileFormat): CopyOptions => {
  const options: CopyOptions = {
    fileFormat,
    files: null,
    pattern: null,
    onError: 'ABORT_STATEMENT',
    matchByColumnName: false,
    purge: false,
    force: false,
  };
  while (!cursor.atEnd) {
    const option = cursor.identifier();
    cursor.expect('=');
    switch (option) {
      case 'FILE_FORMAT':
        options.fileFormat = { ...fileFormat, ...readFileFormat(cursor) };
        break;
      case 'FILES':
        options.files = [];
        cursor.expect('(');
        do options.files.push(cursor.string());
        while (cursor.accept(','));
        cursor.expect(')');
        break;
      case 'PATTERN':
        options.pattern = new RegExp(`^(?:${cursor.string()})$`);
        break;
      case 'ON_ERROR':
        options.onError = cursor.next().text.toUpperCase();
        if (!['CONTINUE', 'ABORT_STATEMENT', 'SKIP_FILE'].includes(options.onError))
          throw notEmulated(`ON_ERROR = ${options.onError}`);
        break;
      case 'MATCH_BY_COLUMN_NAME':
        options.matchByColumnName = cursor.next().text.toUpperCase() !== 'NONE';
        break;
      case 'PURGE':
        options.purge = cursor.next().text === 'TRUE';
        break;
      case 'FORCE':
        options.force = cursor.next().text === 'TRUE';
        break;
      default:
        throw notEmulated(`the copy option ${option}`);
    }
  }
  return options;
};

/** Files that were loaded before and have not changed are skipped, without FORCE. [documented] */
const chooseFiles = (
  { catalog, stageFiles }: CommandContext,
  table: TableDefinition,
  { prefix, path }: StageLocation,
  { files, pattern, force }: CopyOptions,
): readonly StageFile[] => {
  const folder = path === '' || path.endsWith('/') ? path : `${path}/`;
  const named = files?.map((name) => {
    const file = stageFiles.find(`${prefix}${folder}${name}`);
    if (file === null) throw new SqlError('091016', '02000', `Remote file '${folder}${name}' was not found.`);
    return file;
  });
  return (named ?? stageFiles.list(`${prefix}${path}`)).filter(
    (file) =>
      (pattern === null || pattern.test(file.path.slice(prefix.length))) &&
      (force || !catalog.isLoaded(table.id, file)),
  );
};

const loadFile = async (
  context: CommandContext,
  table: TableDefinition,
  { shown, prefix }: StageLocation,
  stageFile: StageFile,
  { fileFormat, matchByColumnName, onError }: CopyOptions,
): Promise<LoadedFileResult> => {
  const file = shown + stageFile.path.slice(prefix.length);
  const bytes = await context.stageFiles.read(stageFile.path);
  if (bytes === null) throw new SqlError('091016', '02000', `Remote file '${file}' was not found.`);
  const { documents, problem } = readJsonDocuments(
    decompressFile(bytes),
    fileFormat['STRIP_OUTER_ARRAY']?.toUpperCase() === 'TRUE',
  );
  if (problem !== null && onError === 'ABORT_STATEMENT') throw copyError('100069', problem, file);
  const column = matchByColumnName ? null : JSON.stringify(table.columns[0]?.name);
  const lines = documents.flatMap((document) =>
    column === null ? [document, lineFeed] : [Buffer.from(`{${column}:`), document, rowEnd],
  );
  const rows = scanned(Buffer.concat(lines), file);
  const broken = problem === null ? 0 : 1;
  if (rows.rowCount === 0 || (broken > 0 && onError === 'SKIP_FILE'))
    return { file, parsed: rows.rowCount + broken, loaded: 0, errors: broken, firstError: problem };
  const rowFile = await writeRowFile(context.database, [rows]);
  try {
    const { connection } = context.session;
    const insert = await insertChecked(connection, table, rows.fields, rowFile, onError !== 'CONTINUE');
    if (insert.lastError !== null && onError === 'ABORT_STATEMENT') throw copyError('100038', insert.lastError, file);
    return {
      file,
      parsed: rows.rowCount + broken,
      loaded: insert.inserted,
      errors: insert.errors + broken,
      firstError: insert.lastError ?? problem,
    };
  } finally {
    await removeRowFile(rowFile);
  }
};

const lineFeed = Buffer.from('\n');
const rowEnd = Buffer.from('}\n');

const scanned = (ndjson: Buffer, file: string): ReturnType<typeof scanRows> => {
  try {
    return scanRows(ndjson);
  } catch (error) {
    if (error instanceof NdjsonError) throw copyError('100069', error.message, file);
    throw error;
  }
};

const copyError = (code: string, problem: string, file: string): SqlError =>
  new SqlError(
    code,
    '22000',
    `${problem}\n  File '${file}'\nIf you would like to continue loading when an error is encountered, use other values such as 'SKIP_FILE' or 'CONTINUE' for the ON_ERROR option.`,
  );

/** Its own transaction, unless the session has one. */
const inTransaction = async <T>({ session }: CommandContext, work: () => Promise<T>): Promise<T> => {
  if (session.inTransaction) return work();
  await session.connection.run('BEGIN');
  try {
    const value = await work();
    await session.connection.run('COMMIT');
    return value;
  } catch (error) {
    await session.connection.run('ROLLBACK');
    throw error;
  }
};

/** [documented columns] */
const resultOf = (results: readonly LoadedFileResult[]): ResultSet => ({
  columns: [
    textColumn('file'),
    textColumn('status'),
    ...['rows_parsed', 'rows_loaded', 'error_limit', 'errors_seen'].map((name) => fixedColumn(name)),
    textColumn('first_error'),
    ...['first_error_line', 'first_error_character'].map((name) => fixedColumn(name)),
    textColumn('first_error_column_name'),
  ],
  rows: results.map(({ file, parsed, loaded, errors, firstError }) => [
    file,
    errors === 0 ? 'LOADED' : loaded === 0 ? 'LOAD_FAILED' : 'PARTIALLY_LOADED',
    String(parsed),
    String(loaded),
    String(errors === 0 ? 1 : parsed),
    String(errors),
    firstError,
    null,
    null,
    null,
  ]),
  statementTypeId: copyType,
});
