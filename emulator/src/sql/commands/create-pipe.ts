import { displayIdentifier } from '../../catalog/identifier.ts';
import { type ResultSet, statusResult } from '../result-set.ts';
import { alreadyExists, doesNotExist, notEmulated } from '../sql-error.ts';
import type { TokenCursor } from '../token-cursor.ts';
import type { CommandContext } from './command.ts';
import { requireSchema } from './namespaces.ts';

/**
 * CREATE PIPE p AS COPY INTO t FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING')) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE
 * [documented]. Pipes with a SELECT list and pipes that load files are refused.
 */
export const createPipe = async (
  { session, catalog, nowMs, ...rest }: CommandContext,
  cursor: TokenCursor,
  { orReplace }: { readonly orReplace: boolean },
): Promise<ResultSet> => {
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  const { table: pipe, ...schema } = session.tableName(cursor.name());
  const name = { ...schema, pipe };
  requireSchema({ session, catalog, nowMs, ...rest }, name);
  const display = displayIdentifier(pipe);
  if (catalog.pipe(name) !== null && ifNotExists)
    return statusResult(`${display} already exists, statement succeeded.`);
  if (catalog.pipe(name) !== null && !orReplace) throw alreadyExists(display);
  cursor.expect('AS', 'COPY', 'INTO');
  const parts = cursor.name();
  const table = catalog.table(session.tableName(parts));
  if (table === null) throw doesNotExist('Table', parts.map(displayIdentifier).join('.'));
  cursor.expect('FROM');
  if (!cursor.accept('TABLE', '(', 'DATA_SOURCE', '(', 'TYPE', '=>')) throw notEmulated('pipes with a SELECT list');
  if (cursor.string().toUpperCase() !== 'STREAMING') throw notEmulated('pipes that do not stream');
  cursor.expect(')', ')');
  cursor.expect('MATCH_BY_COLUMN_NAME', '=', 'CASE_INSENSITIVE');
  cursor.expectEnd();
  await catalog.createPipe({ name, table: table.name, createdOnMs: nowMs });
  return statusResult(`Pipe ${display} successfully created.`);
};
