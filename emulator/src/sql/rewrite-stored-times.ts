import type { TableDefinition } from '../catalog/table-definition.ts';
import { timestampMacros } from './rewrite-times.ts';
import {
  call,
  child,
  columnNode,
  identifierNode,
  isNode,
  numberNode,
  parseSnowflake,
  type TreeNode,
} from './syntax-tree.ts';

/**
 * What INSERT, UPDATE and MERGE put into columns of timestamps is made one: DuckDB does not convert to TIMESTAMP_TZ by itself,
 * and reads texts with an offset in its own way. `target`: the table that the statement changes.
 */
export const storeTimes = (tree: TreeNode, target: TableDefinition | null): TreeNode => {
  const columns = target?.columns ?? [];
  const macros = new Map(
    columns.flatMap(({ name, type }) => {
      const macro = timestampMacros[type.name];
      return macro === undefined ? [] : [[name, macro] as const];
    }),
  );
  if (macros.size === 0) return tree;
  const stored: Stored = (column, value) => {
    const macro = macros.get(column);
    const isDefault = child(value, 'var', 'this') === 'DEFAULT' || isNode(child(value, 'default'));
    return macro === undefined || isDefault ? value : call(macro, value);
  };
  const { insert, update, merge } = tree;
  if (isNode(insert)) {
    const listed = insert['columns'];
    const names = Array.isArray(listed) && listed.length > 0 ? listed.map(nameOf) : columns.map(({ name }) => name);
    return { insert: storeInserted(insert, names, stored) };
  }
  if (isNode(update) && Array.isArray(update['set'])) {
    const set = update['set'].map((pair: unknown) =>
      Array.isArray(pair) ? [pair[0], stored(nameOf(pair[0]), pair[1])] : pair,
    );
    return { update: { ...update, set } };
  }
  const whens = child(merge, 'whens', 'whens', 'expressions');
  if (!isNode(merge) || !Array.isArray(whens)) return tree;
  const expressions = whens.map((one: TreeNode) =>
    storeMerged(
      one,
      stored,
      columns.map(({ name }) => identifierNode(name)),
    ),
  );
  return { merge: { ...merge, whens: { whens: { ...Object(child(merge, 'whens', 'whens')), expressions } } } };
};

const nameOf = (column: unknown): string =>
  String(child(column, 'name') ?? child(column, 'identifier', 'name') ?? child(column, 'column', 'name', 'name'));

/** A value as the column takes it. */
type Stored = (column: string, value: unknown) => unknown;

const storeInserted = (insert: TreeNode, names: readonly string[], stored: Stored): TreeNode => {
  const { values, query } = insert;
  if (Array.isArray(values) && values.length > 0) {
    const changed = values.map((row: unknown) =>
      Array.isArray(row) ? row.map((value, index) => stored(names[index] ?? '', value)) : row,
    );
    return { ...insert, values: changed };
  }
  const bare = numberNode(0);
  if (!isNode(query) || names.every((name) => stored(name, bare) === bare)) return insert;
  const alias = (index: number): string => `c${index}`;
  const template = parseSnowflake('SELECT 1 FROM (SELECT 1) AS q (c0)');
  const [source] = Object(child(template, 'select', 'from', 'expressions')) as readonly TreeNode[];
  const subquery = {
    ...Object(child(source, 'subquery')),
    this: query,
    column_aliases: names.map((_, index) => identifierNode(alias(index))),
  };
  const expressions = names.map((name, index) => {
    return stored(name, columnNode(alias(index), null));
  });
  const select = { ...Object(template['select']), expressions, from: { expressions: [{ subquery }] } };
  return { ...insert, query: { select } };
};

/** `columns`: those that an INSERT without a list means. */
const storeMerged = (one: TreeNode, stored: Stored, columns: readonly TreeNode[]): TreeNode => {
  const parts = child(one, 'when', 'then', 'tuple', 'expressions');
  if (!Array.isArray(parts)) return one;
  const [action, ...tuples] = parts;
  const last = tuples.at(-1);
  const expressions = child(last, 'tuple', 'expressions');
  if (!Array.isArray(expressions)) return one;
  const listed = tuples.length > 1 ? child(tuples[0], 'tuple', 'expressions') : columns;
  const changed =
    child(action, 'var', 'this') === 'INSERT'
      ? expressions.map((value, index) => stored(Array.isArray(listed) ? nameOf(listed[index]) : '', value))
      : expressions.map((pair) => storeAssigned(pair, stored));
  const tuple = { tuple: { ...Object(child(last, 'tuple')), expressions: changed } };
  const then = {
    tuple: { ...Object(child(one, 'when', 'then', 'tuple')), expressions: [...parts.slice(0, -1), tuple] },
  };
  return { when: { ...Object(one['when']), then } };
};

const storeAssigned = (pair: unknown, stored: Stored): unknown => {
  const { left, right } = Object(child(pair, 'eq'));
  return left === undefined ? pair : { eq: { ...Object(child(pair, 'eq')), right: stored(nameOf(left), right) } };
};
