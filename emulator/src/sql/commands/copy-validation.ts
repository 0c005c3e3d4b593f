import { insertChecked } from '../../storage/checked-insert.ts';
import { removeRowFile, writeRowFile } from '../../storage/row-file.ts';
import type { StageFile } from '../../storage/stage-files.ts';
import { readStagedRows } from '../../storage/staged-rows.ts';
import { fixedColumn, type ResultSet, statementType, textColumn } from '../result-set.ts';
import { SqlError } from '../sql-error.ts';
import type { CommandContext } from './command.ts';
import { copyErrorCode, copySqlState } from './copy-file.ts';
import type { CopyStatement } from './copy-into.ts';
import { valueRules } from './copy-options.ts';

interface FoundError {
  readonly message: string;
  readonly line: number;
  readonly column: string;
}

/** VALIDATION_MODE = RETURN_ERRORS: every error of the files, nothing is loaded. [documented columns; those of bytes are null] */
export const validate = async (
  context: CommandContext,
  statement: CopyStatement,
  files: readonly StageFile[],
): Promise<ResultSet> => {
  if (statement.transform !== null)
    throw new SqlError(
      '002308',
      '0A000',
      'SQL compilation error:\nVALIDATION_MODE does not go with a COPY transformation.',
    );
  const rows: (string | null)[][] = [];
  for (const file of files)
    for (const { message, line, column } of await errorsOf(context, statement, file)) {
      const name = file.path.slice(statement.location.prefix.length);
      const number = String(line);
      rows.push([
        message,
        name,
        number,
        '1',
        null,
        'conversion',
        copyErrorCode(message),
        copySqlState(message),
        column,
        number,
        number,
        null,
      ]);
    }
  const text = (name: string): ReturnType<typeof textColumn> => textColumn(name);
  return {
    columns: [
      text('ERROR'),
      text('FILE'),
      fixedColumn('LINE'),
      fixedColumn('CHARACTER'),
      fixedColumn('BYTE_OFFSET'),
      text('CATEGORY'),
      fixedColumn('CODE'),
      text('SQL_STATE'),
      text('COLUMN_NAME'),
      fixedColumn('ROW_NUMBER'),
      fixedColumn('ROW_START_LINE'),
      text('REJECTED_RECORD'),
    ],
    rows,
    statementTypeId: statementType.select,
  };
};

const errorsOf = async (
  context: CommandContext,
  { table, columns, options }: CopyStatement,
  { path }: StageFile,
): Promise<readonly FoundError[]> => {
  const bytes = (await context.stageFiles.read(path)) ?? Buffer.alloc(0);
  const { match, fileFormat: format } = options;
  const byName = match !== null;
  const { rows, lines, bad } = readStagedRows(bytes, { format, byName, width: byName ? null : columns.length });
  const broken = bad.map(({ message, line }) => ({ message, line, column: '' }));
  if (rows.rowCount === 0) return broken;
  const file = await writeRowFile(context.database, [rows]);
  try {
    const fields = byName ? rows.fields : rows.fields.map((_, index) => columns[index]?.name ?? '');
    const checked = await insertChecked(context.session.connection, table, fields, file, {
      lands: () => false,
      listBadRows: true,
      rules: valueRules(options),
      match: match ?? 'CASE_SENSITIVE',
    });
    const wrong = checked.badRows.map(({ message, column, row }) => ({ message, column, line: lines[row] ?? 0 }));
    return [...broken, ...wrong].sort((one, other) => one.line - other.line);
  } finally {
    await removeRowFile(file);
  }
};
