import type { AccountObject } from '../catalog/account-object.ts';
import type { EmulatorCatalog } from '../catalog/catalog.ts';
import { isSemiStructured } from '../catalog/data-type.ts';
import { displayIdentifier, quoteIdentifier } from '../catalog/identifier.ts';
import { type ColumnDefinition, storedColumn, type TableDefinition } from '../catalog/table-definition.ts';
import { errorTableColumns, errorTableQuery } from '../storage/row-errors.ts';
import { requireObject, storedSequence } from './account-object-lookup.ts';
import { exactQuotient, numberScales } from './exact-numbers.ts';
import { informationSchemaView } from './information-schema.ts';
import { rewriteAssignments } from './rewrite-assignments.ts';
import { nameStoredColumns } from './rewrite-column-names.ts';
import { flattenColumns, rewriteFlatten } from './rewrite-flatten.ts';
import { rewriteFunctions } from './rewrite-functions.ts';
import { rewriteSessionFunction } from './rewrite-session-functions.ts';
import { storeTimes } from './rewrite-stored-times.ts';
import { resolveOverloads, timeRewriter } from './rewrite-times.ts';
import { isVariant, rewriteVariant } from './rewrite-variant.ts';
import { selectItemTexts } from './select-items.ts';
import type { Session } from './session.ts';
import { doesNotExist, invalidIdentifier } from './sql-error.ts';
import { readStream, visibleRows } from './streams.ts';
import {
  booleanNode,
  call,
  child,
  emptyTable,
  headingNode,
  identifierNode,
  isNode,
  mapTree,
  parseSnowflake,
  stringNode,
  type TreeNode,
  toDuckDb,
} from './syntax-tree.ts';
import { TokenCursor } from './token-cursor.ts';

export interface Rewritten {
  readonly tree: TreeNode;
  /** Tables that the statement names. */
  readonly tables: readonly TableDefinition[];
  /** The same and those behind views, by id. */
  readonly tableIds: readonly string[];
  /** The one that it changes; null: it changes none. */
  readonly target: TableDefinition | null;
  /** Streams that it reads. */
  readonly streams: readonly AccountObject[];
  /** DuckDB statements that must run first, on the same connection: the views that the statement reads. */
  readonly prelude: readonly string[];
}

/** Makes a Snowflake statement's tree say to DuckDB what it says to Snowflake: names, VARIANT, functions, headings. */
export const rewriteQuery = (
  tree: TreeNode,
  sql: string,
  session: Session,
  catalog: EmulatorCatalog,
  nowMs: number,
  /** Tables that the catalog does not have, found by their bare names. */
  extra: readonly TableDefinition[] = [],
): Rewritten => {
  const locals = commonTableNames(tree);
  const tables: TableDefinition[] = [];
  const prelude: string[] = [];
  const tableIds: string[] = [];
  const streams: AccountObject[] = [];
  let target: TableDefinition | null = null;
  const resolve: Resolve = (parts, what) => {
    const outside = parts.length === 1 ? extra.find((one) => one.name.table === parts[0]) : undefined;
    if (outside !== undefined) {
      tables.push(outside);
      return outside;
    }
    const name = session.tableName(parts);
    const table =
      name.schema === 'INFORMATION_SCHEMA'
        ? informationSchemaView(catalog, name.database, name.table)
        : catalog.table(name);
    if (table === null) {
      const stream = catalog.object('STREAM', [name.database, name.schema, name.table]);
      if (stream === null || what !== undefined) throw doesNotExist('Object', parts.map(displayIdentifier).join('.'));
      const read = readStream(catalog, stream);
      prelude.push(read.create);
      tables.push(read.table);
      tableIds.push(read.table.id, stream.properties['STORED'] ?? '');
      streams.push(stream);
      return { ...read.table, name, storedName: read.name };
    }
    if (what === 'errors') {
      // made when error logging is turned on [documented]; the code where it is not is inferred
      if (table.errorLogging !== true) throw doesNotExist('Error table', parts.map(displayIdentifier).join('.'));
      const errors = errorTable(table);
      tables.push(errors.table);
      prelude.push(errors.create);
      return errors.table;
    }
    tables.push(table);
    tableIds.push(table.id);
    if (what === 'target') {
      target = table;
      return table;
    }
    if (table.tracksChanges === true) {
      const rows = visibleRows(table);
      prelude.push(rows.create);
      return { ...table, storedName: rows.name };
    }
    if (table.viewQuery === undefined) return table;
    const view = viewIn(table, session, catalog, nowMs);
    prelude.push(...view.prelude);
    tableIds.push(...view.tableIds);
    streams.push(...view.streams);
    return view.table;
  };
  const nextOf = (parts: readonly string[]): TreeNode =>
    call('nextval', stringNode(storedSequence(requireObject({ session, catalog }, 'SEQUENCE', parts))));
  const named = mapTree(mapTree(mapTree(markTarget(tree), rewriteStatement), storeIdentifier), (node) =>
    rewriteNextValue(rewriteFlatten(nameValues(rewriteTable(node, locals, resolve))), nextOf),
  );
  const variantColumns = new Set([
    ...flattenColumns(named),
    ...tables.flatMap(({ columns }) =>
      columns.filter(({ type }) => isSemiStructured(type)).map(({ name }) => name.toUpperCase()),
    ),
  ]);
  // Headings go first: they depend on the statement as written.
  const headed = isNode(named) ? storeTimes(withHeadings(named, selectItemTexts(sql)), target) : named;
  const hasPositions = tables.some(({ columns }) => columns.some(({ name }) => name === '$1'));
  const positions = hasPositions ? null : positionalColumns(tables);
  const scales = numberScales(headed, tables);
  const starColumns = tables.length === 1 ? (tables[0]?.columns.map(({ name }) => name) ?? null) : null;
  const rewriteTime = timeRewriter(headed, tables);
  const rewritten = mapTree(headed, (column) => {
    const node = rewriteTime(positions === null ? column : positions(column));
    const ordered = orderByValue(node, variantColumns);
    const own = rewriteSessionFunction(rewriteVariant(ordered, variantColumns), session, nowMs);
    const rewritten = rewriteFunctions(own, starColumns);
    return exactQuotient(rewritten, scales) ?? rewritten;
  });
  return {
    tree: nameStoredColumns(resolveOverloads(rewritten, tables), tables),
    tables,
    tableIds,
    target,
    streams,
    prelude,
  };
};

const rewriteStatement = (node: TreeNode): TreeNode => rewriteAssignments(crossJoin(node));

/** JOIN without ON or USING joins every row with every row [documented]; LEFT JOIN LATERAL has no condition. */
const crossJoin = (node: TreeNode): TreeNode => {
  const joins = child(node, 'select', 'joins');
  if (!Array.isArray(joins)) return node;
  const named = joins.map((join: TreeNode) => {
    if (join['on'] !== null || !isEmpty(join['using'])) return join;
    if (join['kind'] === 'Inner') return { ...join, kind: 'Cross' };
    return join['kind'] === 'Left' ? { ...join, on: booleanNode(true) } : join;
  });
  return { select: { ...Object(node['select']), joins: named } };
};

const isEmpty = (list: unknown): boolean => !Array.isArray(list) || list.length === 0;

/** `seq.NEXTVAL`, `s.seq.NEXTVAL`: the next number of a sequence. [documented] */
const rewriteNextValue = (node: TreeNode, nextOf: (parts: readonly string[]) => TreeNode): TreeNode => {
  if (child(node, 'column', 'name', 'name') === 'NEXTVAL' && isNode(child(node, 'column', 'table')))
    return nextOf([storedName(child(node, 'column', 'table')) ?? '']);
  const path = dotted(node);
  return path?.at(-1) === 'NEXTVAL' && path.length > 2 ? nextOf(path.slice(0, -1)) : node;
};

/** `$1`: the first column of the one table, or of VALUES. [documented] */
const positionalColumns =
  (tables: readonly TableDefinition[]) =>
  (node: TreeNode): TreeNode => {
    const position = /^\$(\d+)$/.exec(String(child(node, 'column', 'name', 'name')))?.[1];
    if (position === undefined) return node;
    const name = tables.length === 1 ? tables[0]?.columns[Number(position) - 1]?.name : `COLUMN${position}`;
    if (name === undefined) throw invalidIdentifier(`$${position}`);
    return { column: { ...(node['column'] as TreeNode), name: identifierNode(name) } };
  };

/** The parts of `a.b.c`, however the parser nested it. */
const dotted = (node: unknown): readonly string[] | null => {
  const field = child(node, 'dot', 'field');
  if (isNode(field)) {
    const before = dotted(child(node, 'dot', 'this'));
    return before === null ? null : [...before, storedName(field) ?? ''];
  }
  const column = child(node, 'column');
  if (!isNode(column)) return null;
  return [column['table'], column['name']].flatMap((part) => storedName(part) ?? []);
};

/** ERROR_TABLE(t): the rows that streaming rejected. [documented] */
const errorTable = (table: TableDefinition): { table: TableDefinition; create: string } => {
  const name = `"temp"."main"."errors of ${table.id}"`;
  const columns = errorTableColumns.map(
    (column): ColumnDefinition => ({
      name: column,
      type: { name: column === 'ERROR_METADATA' || column === 'ERROR_DATA' ? 'OBJECT' : 'VARCHAR' },
      nullable: true,
      defaultSql: null,
      storedDefaultSql: null,
      primaryKey: false,
      comment: null,
    }),
  );
  return {
    table: { ...table, columns, storedName: name },
    create: `CREATE OR REPLACE TEMP VIEW ${name} AS ${errorTableQuery(table.id)}`,
  };
};

/** A view is a temporary view of the connection, made anew for each statement: its names are looked up each time. */
const viewIn = (
  view: TableDefinition,
  session: Session,
  catalog: EmulatorCatalog,
  nowMs: number,
): Pick<Rewritten, 'prelude' | 'tableIds' | 'streams'> & { table: TableDefinition } => {
  const query = view.viewQuery ?? '';
  const name = `"temp"."main".${quoteIdentifier(`view ${view.id}`)}`;
  const columns = view.columns.map(storedColumn).join(', ');
  const create = (sql: string): string => `CREATE OR REPLACE TEMP VIEW ${name} (${columns}) AS ${sql}`;
  const table = { ...view, storedName: name };
  if (view.name.schema === 'INFORMATION_SCHEMA') return { table, prelude: [create(query)], tableIds: [], streams: [] };
  const inner = rewriteQuery(parseSnowflake(query), query, session.within(view.name), catalog, nowMs);
  return { ...inner, table, prelude: [...inner.prelude, create(toDuckDb(inner.tree))] };
};

const commonTableNames = (tree: TreeNode): ReadonlySet<string> => {
  const names = new Set<string>();
  mapTree(tree, (node) => {
    const ctes = node['ctes'];
    if (Array.isArray(ctes)) for (const cte of ctes) names.add(storedName(child(cte, 'alias')) ?? '');
    return node;
  });
  return names;
};

/** Every identifier as stored, and quoted: words that DuckDB reserves are plain names in Snowflake. */
const storeIdentifier = (node: TreeNode): TreeNode => {
  const { name, quoted } = node;
  if (typeof name !== 'string' || quoted !== false || 'args' in node || name === '*') return node;
  return { ...node, name: name.toUpperCase(), quoted: true };
};

const storedName = (identifier: unknown): string | null => {
  const name = child(identifier, 'name');
  if (typeof name !== 'string') return null;
  return child(identifier, 'quoted') === true ? name : name.toUpperCase();
};

type Resolve = (parts: readonly string[], what?: 'errors' | 'target') => TableDefinition;

const targetMark = 'isTarget';

/** Marks the table that INSERT, UPDATE, DELETE or MERGE changes: the tree is rebuilt from the leaves up. */
const markTarget = (tree: TreeNode): TreeNode => {
  for (const kind of ['insert', 'update', 'delete'] as const) {
    const table = child(tree, kind, 'table');
    if (isNode(table)) return { [kind]: { ...Object(tree[kind]), table: { ...table, [targetMark]: true } } };
  }
  const table = child(tree, 'merge', 'this', 'table');
  if (!isNode(table)) return tree;
  return { merge: { ...Object(tree['merge']), this: { table: { ...table, [targetMark]: true } } } };
};

/** The name in `ERROR_TABLE(s.t)`. */
const argumentName = (node: TreeNode): readonly string[] => {
  const args = child(node, 'function', 'args');
  return (Array.isArray(args) ? dotted(args[0]) : null) ?? [];
};

/** Table references become DuckDB's names, with the old name as alias; IDENTIFIER('t') and TABLE('t') too. */
const rewriteTable = (node: TreeNode, locals: ReadonlySet<string>, resolve: Resolve): TreeNode => {
  const table = node['table'];
  if (isNode(table) && isNode(table['name'])) {
    const parts = [table['catalog'], table['schema'], table['name']].flatMap((part) => storedName(part) ?? []);
    const [only] = parts;
    if (parts.length === 1 && only !== undefined && locals.has(only)) return node;
    const { [targetMark]: mark, ...plain } = table;
    const found = resolve(parts, mark === undefined ? undefined : 'target');
    const isTarget = 'columns' in node || 'set' in node;
    return {
      ...node,
      ...(mark !== undefined && 'columns' in node && isEmpty(node['columns']) && found.tracksChanges === true
        ? { columns: found.columns.map(({ name }) => identifierNode(name)) }
        : {}),
      table: { ...plain, ...referenceTo(found, isTarget ? null : (table['alias'] ?? null)) },
    };
  }
  const name = child(node, 'function', 'name');
  if (typeof name === 'string' && name.toLowerCase() === 'error_table')
    return { table: { ...emptyTable, ...referenceTo(resolve(argumentName(node), 'errors'), null) } };
  if (typeof name === 'string' && ['identifier', 'table'].includes(name.toLowerCase())) {
    const text =
      child(node, 'function', 'args', '0', 'literal', 'value') ?? firstLiteral(child(node, 'function', 'args'));
    if (typeof text === 'string')
      return { table: { ...emptyTable, ...referenceTo(resolve(new TokenCursor(text).name()), null) } };
  }
  return node;
};

/** Columns of FROM VALUES are called column1, column2, … [documented] */
const nameValues = (node: TreeNode): TreeNode => {
  const values = node['values'];
  const rows = child(values, 'expressions');
  if (!isNode(values) || !Array.isArray(rows)) return node;
  const given = values['column_aliases'];
  if (Array.isArray(given) && given.length > 0) return node;
  const width = child(rows[0], 'expressions');
  const names = Array.isArray(width) ? width.map((_, index) => identifierNode(`COLUMN${index + 1}`)) : [];
  return { ...node, values: { ...values, alias: values['alias'] ?? identifierNode('VALUES'), column_aliases: names } };
};

const firstLiteral = (args: unknown): unknown => (Array.isArray(args) ? child(args[0], 'literal', 'value') : undefined);

const referenceTo = (table: TableDefinition, alias: unknown): TreeNode => {
  const [name = '', schema = '', database = null] = [...new TokenCursor(table.storedName).name()].reverse();
  return {
    catalog: database === null ? null : identifierNode(database),
    schema: identifierNode(schema),
    name: identifierNode(name),
    ...(alias === null && name === table.name.table ? {} : { alias: alias ?? identifierNode(table.name.table) }),
  };
};

/** ORDER BY of a VARIANT: numbers by value. */
const orderByValue = (node: TreeNode, variantColumns: ReadonlySet<string>): TreeNode => {
  const order = node['order_by'];
  const items = child(order, 'expressions');
  if (!isNode(order) || !Array.isArray(items)) return node;
  const expressions = items.map((item: TreeNode) =>
    isVariant(item['this'], variantColumns) ? { ...item, this: call('sf_sort_key', item['this']) } : item,
  );
  return { ...node, order_by: { ...order, expressions } };
};

/** Unnamed columns of a result are headed by their text in upper case, named ones by the stored name. [documented] */
const withHeadings = (tree: TreeNode, texts: readonly string[] | null): TreeNode => {
  const select = tree['select'];
  if (!isNode(select)) {
    for (const kind of ['union', 'intersect', 'except'] as const) {
      const left = child(tree, kind, 'left');
      if (isNode(left)) return { [kind]: { ...(tree[kind] as TreeNode), left: withHeadings(left, texts) } };
    }
    return tree;
  }
  const expressions = select['expressions'];
  if (!Array.isArray(expressions)) return tree;
  const headed = expressions.map((expression: TreeNode, index) => {
    if (expression['star'] !== undefined || child(expression, 'column', 'name', 'name') === '*') return expression;
    const alias = child(expression, 'alias', 'alias');
    const value = child(expression, 'alias', 'this') ?? expression;
    const written = texts?.length === expressions.length ? texts[index] : undefined;
    const heading = storedName(alias) ?? storedName(child(value, 'column', 'name')) ?? written?.toUpperCase();
    if (heading === undefined) return expression;
    return {
      alias: {
        this: value,
        alias: headingNode(heading),
        column_aliases: [],
        pre_alias_comments: [],
        trailing_comments: [],
      },
    };
  });
  return { select: { ...select, expressions: headed } };
};
