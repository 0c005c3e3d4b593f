import { type CheckedInsert, insertChecked } from '../../storage/checked-insert.ts';
import { type RowFile, removeRowFile, writeRowFile } from '../../storage/row-file.ts';
import type { StageFile } from '../../storage/stage-files.ts';
import { readStagedRows, type StagedRows } from '../../storage/staged-rows.ts';
import { rowsThatFail, type TransformInput, transformedRows } from '../row-transform.ts';
import { SqlError } from '../sql-error.ts';
import type { CommandContext } from './command.ts';
import type { CopyStatement } from './copy-into.ts';
import { valueRules } from './copy-options.ts';

export interface FileError {
  readonly message: string;
  readonly line: number;
  readonly column: string | null;
}

export interface LoadedFileResult {
  readonly file: string;
  readonly parsed: number;
  readonly loaded: number;
  readonly errors: number;
  readonly firstError: FileError | null;
}

/** Loads one file within the session's transaction; with ON_ERROR = ABORT_STATEMENT its first error is thrown. */
export const loadFile = async (
  context: CommandContext,
  statement: CopyStatement,
  stageFile: StageFile,
): Promise<LoadedFileResult> => {
  const { location, options, columns, transform } = statement;
  const file = location.shown + stageFile.path.slice(location.prefix.length);
  const bytes = await context.stageFiles.read(stageFile.path);
  if (bytes === null) throw new SqlError('091016', '02000', `Remote file '${file}' was not found.`);
  const staged = readStagedRows(bytes, {
    format: options.fileFormat,
    byName: options.match !== null,
    width: transform === null && options.match === null ? columns.length : null,
  });
  const [firstBad] = staged.bad;
  const broken = firstBad === undefined ? null : { ...firstBad, column: null };
  if (broken !== null && options.onError === 'abort') throw copyError(broken, file);
  const parsed = staged.rows.rowCount + staged.bad.length;
  if (staged.rows.rowCount === 0) return { file, parsed, loaded: 0, errors: staged.bad.length, firstError: broken };
  const rowFile = await writeRowFile(context.database, [staged.rows]);
  try {
    const insert = await insertRows(context, statement, staged, rowFile, stageFile.path.slice(location.prefix.length));
    const error = firstOf(broken, insert.first);
    if (error !== null && options.onError === 'abort') throw copyError(error, file);
    return { file, parsed, loaded: insert.inserted, errors: insert.errors + staged.bad.length, firstError: error };
  } finally {
    await removeRowFile(rowFile);
  }
};

const firstOf = (one: FileError | null, other: FileError | null): FileError | null =>
  one === null || (other !== null && other.line < one.line) ? other : one;

interface Inserted {
  readonly inserted: number;
  readonly errors: number;
  readonly first: FileError | null;
}

const insertRows = async (
  context: CommandContext,
  statement: CopyStatement,
  staged: StagedRows,
  rowFile: RowFile,
  fileName: string,
): Promise<Inserted> => {
  const { table, columns, transform, options } = statement;
  const { connection } = context.session;
  const { rows, bad } = staged;
  const lands = (errors: number): boolean =>
    options.onError === 'abort' ? errors === 0 : options.onError.lands(errors, rows.rowCount + bad.length);
  const outcome = (insert: CheckedInsert, lineOf: (row: number) => number): Inserted => ({
    inserted: insert.inserted,
    errors: insert.errors,
    first: insert.firstError === null ? null : { ...insert.firstError, line: lineOf(insert.firstError.row) },
  });
  if (transform === null) {
    const fields = options.match !== null ? rows.fields : rows.fields.map((_, index) => columns[index]?.name ?? '');
    const insert = await insertChecked(connection, table, fields, rowFile, {
      lands: (errors) => lands(errors + bad.length),
      rules: valueRules(options),
      match: options.match ?? 'CASE_SENSITIVE',
    });
    return outcome(insert, (row) => staged.lines[row] ?? 0);
  }
  const isJson = options.fileFormat['TYPE'] === 'JSON';
  const input: TransformInput = {
    fields: rowFile.columns.map((name) => (isJson ? `${name}::JSON` : `(${name}::JSON ->> '$')`)),
    type: isJson ? 'VARIANT' : 'VARCHAR',
    file: rowFile,
    fileName,
    binaryFormat: valueRules(options).binaryFormat ?? 'HEX',
  };
  const target = { sql: transform.sql, columns };
  const failed =
    options.onError === 'abort' ? new Map<number, string>() : await findFailing(context, target, input, rows.rowCount);
  const kept = Array.from({ length: rows.rowCount }, (_, index) => index + 1).filter((row) => !failed.has(row));
  const source = await transformedRows(context, target, { ...input, except: [...failed.keys()] }, connection);
  const names = columns.map(({ name }) => name);
  const insert = await insertChecked(connection, table, names, source, {
    lands: (errors) => lands(errors + failed.size + bad.length),
    rules: valueRules(options),
    match: 'CASE_SENSITIVE',
  });
  const result = outcome(insert, (row) => staged.lines[(kept[row] ?? 1) - 1] ?? 0);
  const [firstFailed] = failed;
  const early = firstFailed && { message: firstFailed[1], line: staged.lines[firstFailed[0] - 1] ?? 0, column: null };
  return { ...result, errors: result.errors + failed.size, first: firstOf(early ?? null, result.first) };
};

const findFailing = async (
  context: CommandContext,
  target: Parameters<typeof rowsThatFail>[1],
  input: TransformInput,
  rowCount: number,
): Promise<ReadonlyMap<number, string>> => {
  const connection = await context.database.connect();
  try {
    return await rowsThatFail(context, target, input, rowCount, connection);
  } finally {
    connection.closeSync();
  }
};

const codes: readonly (readonly [start: string, code: string])[] = [
  ['Error parsing JSON', '100069'],
  ['Number of columns', '100080'],
  ['NULL result', '100072'],
  ['User character length limit', '100074'],
  ['Date', '100040'],
  ['Timestamp', '100035'],
  ['Boolean', '100037'],
];

export const copyErrorCode = (message: string): string =>
  codes.find(([start]) => message.startsWith(start))?.[1] ?? '100038';

export const copySqlState = (message: string): string => (copyErrorCode(message) === '100074' ? '54000' : '22000');

/** [documented text; the codes are those of the casts] */
const copyError = ({ message, line, column }: FileError, file: string): SqlError =>
  new SqlError(
    copyErrorCode(message),
    copySqlState(message),
    `${message}\n  File '${file}', line ${line}, character 1\n${column === null ? '' : `  Row ${line}, column ${displayColumn(column)}\n`}  If you would like to continue loading when an error is encountered, use other values such as 'SKIP_FILE' or 'CONTINUE' for the ON_ERROR option. For more information on loading options, please run 'info loading_data' in a SQL client.`,
  );

const displayColumn = (column: string): string => `"${column}"`;
