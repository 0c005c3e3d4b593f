import type { FileFormat } from '../../catalog/stage-definition.ts';
import type { ColumnMatch } from '../../storage/checked-insert.ts';
import type { ValueRules } from '../../storage/column-expressions.ts';
import { listOf } from '../../storage/csv-records.ts';
import { notEmulated } from '../sql-error.ts';
import type { TokenCursor } from '../token-cursor.ts';
import type { CommandContext } from './command.ts';
import { fullPattern, readFileFormat } from './stage-location.ts';

export interface CopyOptions {
  fileFormat: FileFormat;
  files: readonly string[] | null;
  pattern: RegExp | null;
  onError: OnError;
  /** MATCH_BY_COLUMN_NAME; null: NONE. */
  match: ColumnMatch | null;
  purge: boolean;
  force: boolean;
  returnFailedOnly: boolean;
  truncates: boolean;
  /** VALIDATION_MODE = RETURN_ERRORS: nothing is loaded. */
  validates: boolean;
}

/** ON_ERROR: given bad rows and all rows of a file, are the good ones loaded? Abort: the whole statement fails. */
export type OnError = 'abort' | { readonly lands: (errors: number, rows: number) => boolean };

export const continueOnError: OnError = { lands: () => true };
export const skipFileOnError: OnError = { lands: (errors) => errors === 0 };

/** Copy options up to the end of the statement or a closing parenthesis. [documented] */
export const readCopyOptions = (context: CommandContext, cursor: TokenCursor, fileFormat: FileFormat): CopyOptions => {
  const options: CopyOptions = {
    fileFormat,
    files: null,
    pattern: null,
    onError: 'abort',
    match: null,
    purge: false,
    force: false,
    returnFailedOnly: false,
    truncates: false,
    validates: false,
  };
  while (!cursor.atEnd) {
    if (cursor.accept(',')) continue;
    const option = cursor.identifier();
    cursor.expect('=');
    readOption(context, cursor, option, options);
  }
  return options;
};

/**
 * BINARY_FORMAT is HEX, and by name NULL_IF is \\N, where the file format says nothing; by name a column that the file does not
 * have becomes NULL, else one that is not listed its DEFAULT. [documented] CSV's NULL_IF is its reader's business.
 */
export const valueRules = ({ fileFormat, match, truncates }: CopyOptions): ValueRules => {
  const written = (fileFormat['BINARY_FORMAT'] ?? 'HEX').toUpperCase().replace('-', '');
  const binaryFormat = written === 'BASE64' || written === 'UTF8' ? written : 'HEX';
  const isNamedJson = match !== null && fileFormat['TYPE'] === 'JSON';
  return {
    truncates,
    binaryFormat,
    nullIf: isNamedJson ? (listOf(fileFormat['NULL_IF']) ?? ['\\N']) : [],
    absentIsNull: match !== null,
  };
};

const readOption = (context: CommandContext, cursor: TokenCursor, option: string, options: CopyOptions): void => {
  const isTrue = (): boolean => cursor.next().text.toUpperCase() === 'TRUE';
  switch (option) {
    case 'FILE_FORMAT':
      options.fileFormat = { ...options.fileFormat, ...readFileFormat(context, cursor) };
      return;
    case 'FILES':
      options.files = cursor.strings();
      return;
    case 'PATTERN':
      options.pattern = fullPattern(cursor.string());
      return;
    case 'ON_ERROR':
      options.onError = readOnError(cursor);
      return;
    case 'MATCH_BY_COLUMN_NAME':
      options.match = readColumnMatch(cursor);
      return;
    case 'PURGE':
      options.purge = isTrue();
      return;
    case 'FORCE':
      options.force = isTrue();
      return;
    case 'RETURN_FAILED_ONLY':
      options.returnFailedOnly = isTrue();
      return;
    case 'ENFORCE_LENGTH':
      options.truncates = !isTrue();
      return;
    case 'TRUNCATECOLUMNS':
      options.truncates = isTrue();
      return;
    case 'VALIDATION_MODE': {
      const mode = cursor.next().text.toUpperCase();
      if (mode !== 'RETURN_ERRORS' && mode !== 'RETURN_ALL_ERRORS') throw notEmulated(`VALIDATION_MODE = ${mode}`);
      options.validates = true;
      return;
    }
    case 'LOAD_UNCERTAIN_FILES':
      cursor.next();
      return;
    default:
      throw notEmulated(`the copy option ${option}`);
  }
};

export const readColumnMatch = (cursor: TokenCursor): ColumnMatch | null => {
  const match = cursor.next().text.toUpperCase();
  if (match === 'NONE') return null;
  if (match !== 'CASE_SENSITIVE' && match !== 'CASE_INSENSITIVE') return cursor.fail();
  return match;
};

const readOnError = (cursor: TokenCursor): OnError => {
  const text = cursor.next().text.toUpperCase() + (cursor.accept('%') ? '%' : '');
  if (text === 'CONTINUE') return continueOnError;
  if (text === 'ABORT_STATEMENT') return 'abort';
  if (text === 'SKIP_FILE') return skipFileOnError;
  const [, count, isShare] = /^SKIP_FILE_(\d+)(%?)$/.exec(text) ?? [];
  if (count === undefined) throw notEmulated(`ON_ERROR = ${text}`);
  const limit = Number(count);
  return { lands: (errors, rows) => (isShare === '%' ? (100 * errors) / Math.max(rows, 1) : errors) < limit };
};
