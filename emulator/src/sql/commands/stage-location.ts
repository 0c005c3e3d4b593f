import { displayIdentifier } from '../../catalog/identifier.ts';
import type { FileFormat, StageDefinition } from '../../catalog/stage-definition.ts';
import { requireObject } from '../account-object-lookup.ts';
import { requireAccess } from '../require-access.ts';
import { doesNotExist, notEmulated, SqlError, syntaxError } from '../sql-error.ts';
import { TokenCursor } from '../token-cursor.ts';
import type { CommandContext } from './command.ts';

export interface StageLocation {
  /** As result columns show it, for example `s/` in front of a file's name. */
  readonly shown: string;
  /** In the emulator's storage: the stage's folder, with a slash at the end, and the path below it. */
  readonly prefix: string;
  readonly path: string;
  readonly fileFormat: FileFormat;
  /** Of an external stage. */
  readonly url?: string;
  /** Database, schema and name; absent for the stages of users and tables. */
  readonly name?: readonly [string, string, string];
}

/** READ to list and load, WRITE to upload and remove. [documented] */
export const requireStage = (
  { session, catalog }: CommandContext,
  { name }: StageLocation,
  privilege: 'READ' | 'WRITE',
): void => {
  if (name !== undefined) requireAccess(session, catalog, 'STAGE', name, privilege);
};

/** Before its files are touched: those of external stages are out of reach. */
export const requireInternal = ({ url }: StageLocation): void => {
  if (url !== undefined) throw notEmulated(`the files of external stages (${url})`);
};

/** An internal stage, and one that the role may use so. */
export const requireInternalStage = (
  context: Parameters<typeof requireStage>[0],
  location: StageLocation,
  privilege: 'READ' | 'WRITE',
): void => {
  requireInternal(location);
  requireStage(context, location, privilege);
};

const pattern = /^@(~|%?(?:"(?:[^"]|"")+"|[\w$]+)(?:\.%?(?:"(?:[^"]|"")+"|[\w$]+))*)(?:\/(.*))?$/s;

/** `@stage/path`, `@~/path`, `@%table/path`. [documented] */
export const stageLocation = ({ session, catalog }: CommandContext, text: string): StageLocation => {
  const [, name = '', path = ''] = pattern.exec(text) ?? [];
  if (name === '') throw syntaxError(1, 0, text);
  if (name === '~') return { shown: '', prefix: `users/${session.user}/`, path, fileFormat: {} };
  const parts = new TokenCursor(name.replace('%', '')).name();
  const { table: last, ...schema } = session.tableName(parts);
  if (name.includes('%')) {
    const table = catalog.table({ ...schema, table: last });
    if (table === null) throw doesNotExist('Table', parts.map(displayIdentifier).join('.'));
    return { shown: '', prefix: `tables/${table.id}/`, path, fileFormat: {} };
  }
  const stage = catalog.stage({ ...schema, stage: last });
  if (stage === null) throw doesNotExist('Stage', parts.map(displayIdentifier).join('.'));
  const { prefix, fileFormat, url } = stage;
  return {
    shown: `${last.toLowerCase()}/`,
    prefix,
    path,
    fileFormat,
    name: [schema.database, schema.schema, last],
    ...(url === undefined ? {} : { url }),
  };
};

/** PATTERN = '…' must fit the whole path. [documented] */
export const fullPattern = (pattern: string): RegExp => {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    throw new SqlError('100048', '2201B', `Invalid regular expression: '${pattern}'`);
  }
};

/** A location in a statement: quoted, or up to the next space, comma or parenthesis. */
export const readStageLocation = (context: CommandContext, cursor: TokenCursor): StageLocation => {
  const token = cursor.peek();
  if (token.kind === 'string') return stageLocation(context, cursor.string());
  const text = /^@[^\s;,()]+/.exec(cursor.sql.slice(token.from))?.[0];
  if (text === undefined) return cursor.fail();
  cursor.skipTo(token.from + text.length);
  return stageLocation(context, text);
};

/** `FILE_FORMAT = (TYPE = JSON …)`, `= (FORMAT_NAME = f)`, `= f`, `=> 'f'`: the cursor stands behind the sign. [documented] */
export const readFileFormat = (context: CommandContext, cursor: TokenCursor): FileFormat => {
  if (!cursor.accept('(')) return namedFormat(context, cursor);
  const format = readFormatOptions(context, cursor);
  cursor.expect(')');
  return format;
};

const namedFormat = (context: CommandContext, cursor: TokenCursor): FileFormat => {
  const parts = cursor.peek().kind === 'string' ? new TokenCursor(cursor.string()).name() : cursor.name();
  return requireObject(context, 'FILE FORMAT', parts).properties;
};

/** `TYPE = CSV, SKIP_HEADER = 1 NULL_IF = ('', 'NULL')`; commas may be left out. Lists are kept as JSON. */
export const readFormatOptions = (context: CommandContext, cursor: TokenCursor): FileFormat => {
  let format: Record<string, string> = {};
  while (!cursor.atEnd && cursor.peek().text !== ')') {
    if (cursor.accept(',')) continue;
    const option = cursor.identifier();
    cursor.expect('=');
    if (option === 'FORMAT_NAME') format = { ...format, ...namedFormat(context, cursor) };
    else if (cursor.peek().text === '(') format[option] = JSON.stringify(cursor.strings());
    else {
      const { text, kind } = cursor.next();
      format[option] = kind === 'string' && option !== 'TYPE' ? text : text.toUpperCase();
    }
  }
  return format;
};

type StageProperties = Partial<Pick<StageDefinition, 'fileFormat' | 'comment' | 'url'>>;

/** What CREATE STAGE and ALTER STAGE SET say; credentials and encryption are not kept. */
export const readStageProperties = (context: CommandContext, cursor: TokenCursor): StageProperties => {
  let changed: StageProperties = {};
  while (!cursor.atEnd) {
    if (cursor.accept(',')) continue;
    if (cursor.accept('FILE_FORMAT', '=')) {
      changed = { ...changed, fileFormat: readFileFormat(context, cursor) };
    } else if (cursor.accept('COMMENT', '=')) changed = { ...changed, comment: cursor.string() };
    else if (cursor.accept('URL', '=')) changed = { ...changed, url: cursor.string() };
    else if (cursor.accept('STORAGE_INTEGRATION', '=')) cursor.name();
    else if (['DIRECTORY', 'ENCRYPTION', 'COPY_OPTIONS', 'CREDENTIALS'].some((word) => cursor.accept(word, '=')))
      cursor.skipGroup();
    else cursor.fail();
  }
  return changed;
};
