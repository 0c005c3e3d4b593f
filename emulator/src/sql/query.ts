import { encodeCell, resultColumn } from './cell-encoding.ts';
import type { CommandContext } from './commands/command.ts';
import { declaredCell, declaredColumns, declaredResult } from './declared-columns.ts';
import { plainIdentifiers } from './identifier-calls.ts';
import { readOutsideTables } from './outside-tables.ts';
import { quotePositionalColumns } from './positional-columns.ts';
import { requireTableAccess } from './require-access.ts';
import { countResult, type ResultSet, statementType } from './result-set.ts';
import { withoutDeleteUsing } from './rewrite-delete.ts';
import { rewriteQuery } from './rewrite-query.ts';
import type { Session } from './session.ts';
import { fromDuckDb } from './sql-error.ts';
import { advanceStream } from './streams.ts';
import { child, headingOf, mapTree, parseSnowflake, stringNode, type TreeNode, toDuckDb } from './syntax-tree.ts';
import { evaluateSystemFunctions } from './system-functions.ts';
import { requireFittingText } from './text-length.ts';

const privilegeOf = { insert: 'INSERT', update: 'UPDATE', delete: 'DELETE', merge: 'UPDATE' } as const;
const changes = ['insert', 'update', 'delete', 'merge'] as const;

/** SELECT and DML: Snowflake's statement in, its result set out. */
export const runQuery = async (
  context: CommandContext,
  sql: string,
  /** The statement as written: headings come from it. */
  written: string = sql,
): Promise<ResultSet> => {
  const { session, catalog, nowMs } = context;
  const text = withoutDeleteUsing(quotePositionalColumns(plainIdentifiers(sql)));
  const evaluated = await evaluateSystemFunctions(context, withLastQueryId(parseSnowflake(text), session));
  const outside = await readOutsideTables(context, evaluated);
  const parsed = outside.tree;
  const rewritten = rewriteQuery(parsed, written, session, catalog, nowMs, outside.tables);
  const { tree, tables, target } = rewritten;
  const change = changes.find((kind) => kind in tree);
  for (const table of tables)
    requireTableAccess(
      session,
      catalog,
      table,
      change !== undefined && table === target ? privilegeOf[change] : 'SELECT',
    );
  const isOverwrite = child(tree, 'insert', 'overwrite') === true;
  const statement = isOverwrite ? { insert: { ...Object(tree['insert']), overwrite: false } } : tree;
  const duckDbSql = 'merge' in tree ? `${toDuckDb(tree)} RETURNING merge_action` : toDuckDb(statement);
  try {
    const consumed = target === null ? [] : rewritten.streams;
    const consumedIds = consumed.map(({ properties }) => properties['STORED'] ?? '');
    const touched = {
      tables: rewritten.tableIds,
      changes: target === null ? [] : [target.id, ...consumedIds],
      locks: target === null ? [] : [...(change === 'insert' && !isOverwrite ? [] : [target.id]), ...consumedIds],
    };
    const result = await session.work(touched, async () => {
      const { connection } = session;
      for (const one of [...outside.prelude, ...rewritten.prelude]) await connection.run(one);
      const last = isOverwrite ? await connection.runAndReadAll(`SELECT max(rowid) FROM ${target?.storedName}`) : null;
      const done = await connection.runAndReadAll(duckDbSql);
      const before = last?.getRowsJson()[0]?.[0] ?? null;
      if (before !== null) await connection.run(`DELETE FROM ${target?.storedName} WHERE rowid <= ${before}`);
      if (target !== null) await requireFittingText(connection, target);
      for (const stream of consumed)
        session.transaction.beforeCommit(stream.properties['STORED'] ?? '', () =>
          advanceStream(connection, catalog, stream),
        );
      return done;
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
        const [type, column] = [types[index], columns[index]];
        return type === undefined || column === undefined ? null : declaredCell(encodeCell(value, type), column);
      }),
    );
    return { columns, rows, statementTypeId: statementType.select };
  } catch (error) {
    throw fromDuckDb(error);
  } finally {
    // A transaction may have to make its changes again.
    if (change === undefined || !session.transaction.isOpen) await outside.release();
    else session.transaction.afterCommit(outside.release);
  }
};

/** LAST_QUERY_ID([n]): 1 is the session's first statement, -1 its last. [documented] */
const withLastQueryId = (tree: TreeNode, session: Session): TreeNode =>
  mapTree(tree, (node) => {
    if (String(child(node, 'function', 'name')).toUpperCase() !== 'LAST_QUERY_ID') return node;
    const args = child(node, 'function', 'args');
    const [argument] = Array.isArray(args) ? args : [];
    const negative = child(argument, 'neg', 'this', 'literal', 'value');
    const position = negative === undefined ? Number(child(argument, 'literal', 'value') ?? -1) : -Number(negative);
    const id = session.queryIds.at(position > 0 ? position - 1 : position);
    return id === undefined ? { null: null } : stringNode(id);
  }) as TreeNode;

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
