import type { TableDefinition } from '../catalog/table-definition.ts';
import { castNode, child, isNode, mapTree, type TreeNode } from './syntax-tree.ts';

/** Digits behind the point of columns that are NUMBER, by upper-cased name. */
export type NumberScales = ReadonlyMap<string, number>;

/** Of the tables of a statement; names that mean different things there are left out, all where it has names of its own. */
export const numberScales = (tree: unknown, tables: readonly TableDefinition[]): NumberScales => {
  let hasOwnNames = false;
  mapTree(tree, (node) => {
    if ('subquery' in node || (Array.isArray(node['ctes']) && node['ctes'].length > 0)) hasOwnNames = true;
    return node;
  });
  const scales = new Map<string, number>();
  if (hasOwnNames) return scales;
  const columns = tables.flatMap((table) => table.columns);
  for (const { name, type } of columns) {
    const same = columns.filter((other) => other.name.toUpperCase() === name.toUpperCase());
    if (
      type.name === 'NUMBER' &&
      same.every((other) => other.type.name === 'NUMBER' && other.type.scale === type.scale)
    )
      scales.set(name.toUpperCase(), type.scale ?? 0);
  }
  return scales;
};

const maxScale = 12;
const quotientScale = (scale: number): number => Math.max(scale, Math.min(scale + 6, maxScale));

/**
 * Quotients and averages of exact numbers are exact: six digits more than the numerator has, up to twelve. [documented] Null:
 * none of them, or one whose operands are not known to be exact.
 */
export const exactQuotient = (node: TreeNode, scales: NumberScales): TreeNode | null => {
  const scale = (value: unknown): number | null => scaleOf(value, scales);
  const name = String(child(node, 'function', 'name')).toUpperCase();
  const args = child(node, 'function', 'args');
  if (Array.isArray(args) && (name === 'SF_DIVIDE' || name === 'DIV0' || name === 'DIV0NULL')) {
    const [left, right] = args.map(scale);
    return typeof left === 'number' && typeof right === 'number' ? decimal(node, quotientScale(left)) : null;
  }
  if (isNode(node['avg'])) {
    const of = scale(child(node, 'avg', 'this'));
    return of === null ? null : decimal(node, quotientScale(of));
  }
  // AVG(…) OVER (…): the cast goes around both.
  const cast = child(node, 'window_function', 'this', 'cast');
  if (!isNode(cast) || !isNode(child(cast, 'this', 'avg'))) return null;
  return { cast: { ...cast, this: { window_function: { ...Object(node['window_function']), this: cast['this'] } } } };
};

const decimal = (value: TreeNode, scale: number): TreeNode =>
  castNode(value, { data_type: 'decimal', precision: 38, scale });

const scaleOf = (node: unknown, scales: NumberScales): number | null => {
  const of = (...path: readonly string[]): number | null => scaleOf(child(node, ...path), scales);
  if (child(node, 'literal', 'literal_type') === 'number') {
    const [, digits] = /^\d+(?:\.(\d*))?$/.exec(String(child(node, 'literal', 'value'))) ?? [null, null];
    return digits === null ? null : (digits?.length ?? 0);
  }
  const column = child(node, 'column', 'name', 'name');
  if (typeof column === 'string') return scales.get(column.toUpperCase()) ?? null;
  for (const kind of ['neg', 'paren', 'sum', 'min', 'max']) if (isNode(child(node, kind))) return of(kind, 'this');
  if (isNode(child(node, 'count'))) return 0;
  const called = child(node, 'function', 'name');
  if (called === 'sf_get_integer' || called === 'sf_whole') return 0;
  if (child(node, 'cast', 'to', 'data_type') === 'decimal') return Number(child(node, 'cast', 'to', 'scale') ?? 0);
  for (const kind of ['add', 'sub', 'mul'] as const) {
    if (!isNode(child(node, kind))) continue;
    const [left, right] = [of(kind, 'left'), of(kind, 'right')];
    if (left === null || right === null) return null;
    return kind === 'mul' ? Math.min(left + right, Math.max(left, right, maxScale)) : Math.max(left, right);
  }
  return null;
};
