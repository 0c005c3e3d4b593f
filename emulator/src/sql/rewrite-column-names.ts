import type { TableDefinition } from '../catalog/table-definition.ts';
import { notEmulated } from './sql-error.ts';
import { isNode, type TreeNode } from './syntax-tree.ts';

/** Names of columns that DuckDB has under another name, wherever they stand: as columns, in lists, as aliases. */
export const nameStoredColumns = (tree: unknown, tables: readonly TableDefinition[]): TreeNode => {
  const columns = tables.flatMap((table) => table.columns);
  const stored = new Map(columns.flatMap(({ name, storedAs }) => (storedAs === undefined ? [] : [[name, storedAs]])));
  if (stored.size === 0) return tree as TreeNode;
  const differing = columns.find(({ name, storedAs = name }) => stored.has(name) && stored.get(name) !== storedAs);
  if (differing !== undefined)
    throw notEmulated(`a join of tables that have "${differing.name}" and of which one has it in another case too`);
  const rename = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rename);
    if (!isNode(value)) return value;
    const { name, quoted } = value;
    if (typeof name === 'string' && quoted === true) return { ...value, name: stored.get(name) ?? name };
    const renamed = Object.entries(value).map(([key, inner]) => [key, isPath(value, key) ? inner : rename(inner)]);
    return Object.fromEntries(renamed);
  };
  return rename(tree) as TreeNode;
};

/** The name of a table, its schema or its database. */
const isPath = (node: TreeNode, key: string): boolean =>
  ['name', 'schema', 'catalog'].includes(key) && 'hints' in node && 'column_aliases' in node;
