import type { EmulatorCatalog } from '../catalog/catalog.ts';
import { encodeCell, resultColumn } from './cell-encoding.ts';
import { countResult, type ResultSet, statementType } from './result-set.ts';
import { rewriteQuery } from './rewrite-query.ts';
import type { Session } from './session.ts';
import { fromDuckDb } from './sql-error.ts';
import { parseSnowflake, toDuckDb } from './syntax-tree.ts';

/** SELECT and DML: Snowflake's statement in, its result set out. */
export const runQuery = async (
  session: Session,
  catalog: EmulatorCatalog,
  sql: string,
  nowMs: number,
): Promise<ResultSet> => {
  const { tree, prelude } = rewriteQuery(parseSnowflake(sql), sql, session, catalog, nowMs);
  const duckDbSql = toDuckDb(tree);
  try {
    for (const statement of prelude) await session.connection.run(statement);
    const result = await session.connection.runAndReadAll(duckDbSql);
    if ('insert' in tree) return countResult({ 'number of rows inserted': result.rowsChanged }, statementType.insert);
    if ('update' in tree)
      return countResult(
        { 'number of rows updated': result.rowsChanged, 'number of multi-joined rows updated': 0 },
        statementType.update,
      );
    if ('delete' in tree) return countResult({ 'number of rows deleted': result.rowsChanged }, statementType.delete);
    if ('merge' in tree) return countResult({ 'number of rows inserted': result.rowsChanged }, statementType.merge);
    const types = result.columnTypes();
    const columns = result.columnNames().flatMap((name, index) => {
      const type = types[index];
      return type === undefined ? [] : [resultColumn(name, type)];
    });
    return { columns, rows: result.getRows().map((row) => row.map(encodeCell)), statementTypeId: statementType.select };
  } catch (error) {
    throw fromDuckDb(error);
  }
};
