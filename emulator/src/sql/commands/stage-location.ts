import { displayIdentifier } from '../../catalog/identifier.ts';
import type { FileFormat } from '../../catalog/stage-definition.ts';
import { doesNotExist, syntaxError } from '../sql-error.ts';
import { TokenCursor } from '../token-cursor.ts';
import type { CommandContext } from './command.ts';

export interface StageLocation {
  /** As result columns show it, for example `s/` in front of a file's name. */
  readonly shown: string;
  /** In the emulator's storage: the stage's folder, with a slash at the end, and the path below it. */
  readonly prefix: string;
  readonly path: string;
  readonly fileFormat: FileFormat;
}

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
  return { shown: `${last.toLowerCase()}/`, prefix: stage.prefix, path, fileFormat: stage.fileFormat };
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

/** `(TYPE = JSON, STRIP_OUTER_ARRAY = TRUE)`; commas may be left out. */
export const readFileFormat = (cursor: TokenCursor): FileFormat => {
  const format: Record<string, string> = {};
  cursor.expect('(');
  while (!cursor.accept(')')) {
    const option = cursor.identifier();
    cursor.expect('=');
    const value = cursor.peek();
    cursor.skipGroup();
    format[option] = option === 'TYPE' ? value.text.toUpperCase() : value.text;
    cursor.accept(',');
  }
  return format;
};
