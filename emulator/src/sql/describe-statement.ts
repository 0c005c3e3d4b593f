import type { EmulatorCatalog } from '../catalog/catalog.ts';
import { withoutBindings } from './bindings.ts';
import { describeQuery } from './describe-query.ts';
import { quotePositionalColumns } from './positional-columns.ts';
import { countResult, type ResultSet, statementType, statusResult } from './result-set.ts';
import { withoutDeleteUsing } from './rewrite-delete.ts';
import { rewriteQuery } from './rewrite-query.ts';
import type { Session } from './session.ts';
import { parseSnowflake, toDuckDb } from './syntax-tree.ts';
import { TokenCursor } from './token-cursor.ts';

const counts: Readonly<Record<string, readonly [column: string, statementTypeId: number]>> = {
  INSERT: ['number of rows inserted', statementType.insert],
  UPDATE: ['number of rows updated', statementType.update],
  DELETE: ['number of rows deleted', statementType.delete],
  MERGE: ['number of rows inserted', statementType.merge],
};

/** `describeOnly`: the columns that a statement would answer and its bind variables; nothing is run. [seen on the wire] */
export const describeStatement = async (
  session: Session,
  catalog: EmulatorCatalog,
  sql: string,
  nowMs: number,
): Promise<ResultSet> => {
  const bare = withoutBindings(sql);
  const [first] = [new TokenCursor(sql).peek().text];
  const change = counts[first];
  const binds = { numberOfBinds: bare.count, arrayBindSupported: first === 'INSERT', metaDataOfBinds: null };
  const isQuery = ['SELECT', 'WITH', 'VALUES', '('].includes(first);
  if (!isQuery && change === undefined) return { ...statusResult(''), rows: [], transfer: binds };
  const text = withoutDeleteUsing(quotePositionalColumns(bare.sql));
  const { tree, prelude } = rewriteQuery(parseSnowflake(text), sql, session, catalog, nowMs);
  const duckDbSql = toDuckDb(tree);
  if (change !== undefined) return { ...countResult({ [change[0]]: 0 }, change[1]), rows: [], transfer: binds };
  for (const statement of prelude) await session.connection.run(statement);
  const columns = await describeQuery(session.connection, duckDbSql);
  return { columns, rows: [], statementTypeId: statementType.select, transfer: binds };
};
