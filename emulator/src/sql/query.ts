import type { EmulatorCatalog } from '../catalog/catalog.ts';
import { encodeCell, resultColumn } from './cell-encoding.ts';
import { declaredCell, declaredColumns, declaredResult } from './declared-columns.ts';
import { quotePositionalColumns } from './positional-columns.ts';
import { requireTableAccess } from './require-access.ts';
import { countResult, type ResultSet, statementType } from './result-set.ts';
import { withoutDeleteUsing } from './rewrite-delete.ts';
import { rewriteQuery } from './rewrite-query.ts';
import type { Session } from './session.ts';
import { fromDuckDb } from './sql-error.ts';
import { child, headingOf, parseSnowflake, type TreeNode, toDuckDb } from './syntax-tree.ts';

const privilegeOf = { insert: 'INSERT', update: 'UPDATE', delete: 'DELETE', merge: 'UPDATE' } as const;
const changes = ['insert', 'update', 'delete', 'merge'] as const;

/** SELECT and DML: Snowflake's statement in, its result set out. */
export const runQuery = async (
  session: Session,
  catalog: EmulatorCatalog,
  sql: string,
  nowMs: number,
): Promise<ResultSet> => {
  const text = withoutDeleteUsing(quotePositionalColumns(sql));
  const parsed = parseSnowflake(text);
  const { tree, tables, tableIds, prelude } = rewriteQuery(parsed, sql, session, catalog, nowMs);
  const change = changes.find((kind) => kind in tree);
  for (const [index, table] of tables.entries()) {
    const isTarget = change !== undefined && index === 0;
    requireTableAccess(session, catalog, table, isTarget ? privilegeOf[change] : 'SELECT');
  }
  const duckDbSql = 'merge' in tree ? `${toDuckDb(tree)} RETURNING merge_action` : toDuckDb(tree);
  try {
    const target = change === undefined ? null : (tables[0]?.id ?? null);
    const touched = {
      tables: tableIds,
      changes: target === null ? [] : [target],
      locks: change === 'insert' ? null : target,
    };
    const result = await session.work(touched, async () => {
      for (const statement of prelude) await session.connection.run(statement);
      return session.connection.runAndReadAll(duckDbSql);
    });
    if ('insert' in tree) return countResult({ 'number of rows inserted': result.rowsChanged }, statementType.insert);
    if ('update' in tree)
      return countResult(
        { 'number of rows updated': result.rowsChanged, 'number of multi-joined rows updated': 0 },
        statementType.update,
      );
    if ('delete' in tree) return countResult({ 'number of rows deleted': result.rowsChanged }, statementType.delete);
    if ('merge' in tree)
      return mergeResult(
        tree,
        result.getRows().map(([action]) => String(action)),
      );
    const types = result.columnTypes();
    const declared = declaredColumns(parsed, tables, types.length);
    const columns = result.columnNames().flatMap((name, index) => {
      const type = types[index];
      return type === undefined ? [] : [declaredResult(resultColumn(headingOf(name), type), declared[index] ?? null)];
    });
    const rows = result.getRows().map((row) =>
      row.map((value, index) => {
        const [cell, column] = [encodeCell(value), columns[index]];
        return column === undefined ? cell : declaredCell(cell, column);
      }),
    );
    return { columns, rows, statementTypeId: statementType.select };
  } catch (error) {
    throw fromDuckDb(error);
  }
};

const mergeCounts = [
  ['INSERT', 'number of rows inserted'],
  ['UPDATE', 'number of rows updated'],
  ['DELETE', 'number of rows deleted'],
] as const;

/** One column for each kind of change that the statement has a clause for. [documented] */
const mergeResult = (tree: TreeNode, actions: readonly string[]): ResultSet => {
  const clauses = JSON.stringify(child(tree, 'merge', 'whens'));
  const counts = mergeCounts
    .filter(([action]) => clauses.includes(`{"var":{"this":"${action}"`))
    .map(([action, column]) => [column, actions.filter((one) => one === action).length] as const);
  return countResult(Object.fromEntries(counts), statementType.merge);
};
