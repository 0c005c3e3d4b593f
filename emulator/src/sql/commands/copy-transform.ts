import type { FileFormat } from '../../catalog/stage-definition.ts';
import { quotePositionalColumns } from '../positional-columns.ts';
import { transformSource } from '../row-transform.ts';
import { syntaxError } from '../sql-error.ts';
import type { TokenCursor } from '../token-cursor.ts';
import type { CommandContext } from './command.ts';
import { fullPattern, readFileFormat, readStageLocation, type StageLocation } from './stage-location.ts';

export interface TransformText {
  /** The SELECT over {@link transformSource}. */
  readonly sql: string;
  readonly location: StageLocation;
  readonly fileFormat: FileFormat;
  readonly pattern: RegExp | null;
}

/** `(SELECT … FROM @stage [(FILE_FORMAT => f, PATTERN => '…')] [[AS] t])`; the cursor stands before the parenthesis. */
export const readTransform = (context: CommandContext, cursor: TokenCursor): TransformText => {
  const select = readSelectList(cursor);
  const location = readStageLocation(context, cursor);
  let fileFormat: FileFormat = {};
  let pattern: RegExp | null = null;
  if (cursor.accept('(')) {
    while (!cursor.accept(')')) {
      if (cursor.accept(',')) continue;
      if (cursor.accept('FILE_FORMAT', '=>')) fileFormat = readFileFormat(context, cursor);
      else if (cursor.accept('PATTERN', '=>')) pattern = fullPattern(cursor.string());
      else cursor.fail();
    }
  }
  return { sql: readAliasAndEnd(cursor, select), location, fileFormat, pattern };
};

/** Over `(SELECT list FROM`; its text without the parenthesis. */
export const readSelectList = (cursor: TokenCursor): string => {
  cursor.expect('(');
  const from = cursor.peek();
  cursor.expect('SELECT');
  while (cursor.peek().text !== 'FROM') {
    if (cursor.atEnd) throw syntaxError(1, from.from, '');
    cursor.skipGroup();
  }
  const text = cursor.textFrom(from);
  cursor.expect('FROM');
  return quotePositionalColumns(text);
};

/** Over `[[AS] alias])`. */
export const readAliasAndEnd = (cursor: TokenCursor, select: string): string => {
  cursor.accept('AS');
  const alias = cursor.peek().text === ')' ? '' : ` AS ${cursor.identifier()}`;
  cursor.expect(')');
  return `${select} FROM ${transformSource}${alias}`;
};
