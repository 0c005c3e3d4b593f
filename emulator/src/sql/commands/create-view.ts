import { randomUUID } from 'node:crypto';
import { displayIdentifier } from '../../catalog/identifier.ts';
import { requireSchemaAccess } from '../require-access.ts';
import { type ResultSet, statusResult } from '../result-set.ts';
import { rewriteQuery } from '../rewrite-query.ts';
import { alreadyExists, SqlError } from '../sql-error.ts';
import { parseSnowflake, toDuckDb } from '../syntax-tree.ts';
import type { TokenCursor } from '../token-cursor.ts';
import type { CommandContext } from './command.ts';
import { columnsOfQuery, distinctNames } from './create-table.ts';
import { requireSchema } from './namespaces.ts';

/** CREATE [OR REPLACE] VIEW [IF NOT EXISTS] v [(a, b)] [COMMENT = '…'] AS SELECT …; the query is kept as written. */
export const createView = async (
  context: CommandContext,
  cursor: TokenCursor,
  { orReplace }: { readonly orReplace: boolean },
): Promise<ResultSet> => {
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  const { session, catalog, nowMs } = context;
  const name = session.tableName(cursor.name());
  requireSchema(context, name);
  requireSchemaAccess(session, catalog, name, 'CREATE VIEW');
  const display = displayIdentifier(name.table);
  const existing = catalog.table(name);
  if (existing !== null && ifNotExists) return statusResult(`${display} already exists, statement succeeded.`);
  if (existing !== null && (!orReplace || existing.viewQuery === undefined)) throw alreadyExists(display);
  const names = columnNames(cursor);
  cursor.accept('COPY', 'GRANTS');
  const comment = cursor.accept('COMMENT', '=') ? cursor.string() : null;
  cursor.expect('AS');
  const viewQuery = cursor.sql.slice(cursor.peek().from).replace(/;\s*$/, '');
  const { tree, prelude } = rewriteQuery(parseSnowflake(viewQuery), viewQuery, session.within(name), catalog, nowMs);
  const columns = await columnsOfQuery(context, toDuckDb(tree), prelude);
  if (names !== null && names.length !== columns.length)
    throw new SqlError(
      '002026',
      '42601',
      `SQL compilation error:\nInvalid column definition list: ${names.length} names for ${columns.length} columns.`,
    );
  await catalog.createView({
    id: randomUUID(),
    name,
    storedName: '',
    ...(session.role === null ? {} : { owner: session.role }),
    columns: distinctNames(columns.map((column, index) => ({ ...column, name: names?.[index] ?? column.name }))),
    viewQuery,
    schemaEvolution: false,
    comment,
    createdOnMs: nowMs,
  });
  return statusResult(`View ${display} successfully created.`);
};

const columnNames = (cursor: TokenCursor): readonly string[] | null => {
  if (!cursor.accept('(')) return null;
  const names: string[] = [];
  do {
    names.push(cursor.identifier());
    if (cursor.accept('COMMENT')) cursor.string();
  } while (cursor.accept(','));
  cursor.expect(')');
  return names;
};
