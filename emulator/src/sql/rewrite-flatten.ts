import { notEmulated } from './sql-error.ts';
import { call, child, identifierNode, isNode, mapTree, stringNode, type TreeNode } from './syntax-tree.ts';

/**
 * `LATERAL FLATTEN(INPUT => v, OUTER => TRUE) f` and `TABLE(FLATTEN(v))` become the table macros of the DuckDB side, with
 * the columns KEY, PATH, INDEX, VALUE and THIS; RECURSIVE goes into what is nested. [documented]
 */
export const rewriteFlatten = (node: TreeNode): TreeNode => {
  const lateral = flattenCall(child(node, 'lateral', 'this'));
  if (lateral !== null) {
    const alias = child(node, 'lateral', 'alias');
    return aliased(lateral, identifierNode(typeof alias === 'string' ? alias.toUpperCase() : 'F'));
  }
  if (functionName(node) !== 'TABLE') return node;
  const args = child(node, 'function', 'args');
  return (Array.isArray(args) ? flattenCall(args[0]) : null) ?? node;
};

/** The semi-structured columns of a FLATTEN, if the statement has one. */
export const flattenColumns = (tree: unknown): readonly string[] => {
  let found = false;
  mapTree(tree, (node) => {
    if (functionName(node)?.startsWith('SF_FLATTEN') === true) found = true;
    return node;
  });
  return found ? ['VALUE', 'THIS'] : [];
};

const functionName = (node: unknown): string | null => {
  const name = child(node, 'function', 'name');
  return typeof name === 'string' ? name.toUpperCase() : null;
};

const aliased = (value: TreeNode, alias: TreeNode): TreeNode => ({
  alias: {
    this: value,
    alias,
    column_aliases: [],
    pre_alias_comments: [],
    trailing_comments: [],
    alias_explicit_as: true,
  },
});

const flattenCall = (node: unknown): TreeNode | null => {
  const args = child(node, 'function', 'args');
  if (functionName(node) !== 'FLATTEN' || !Array.isArray(args)) return null;
  const named = new Map<string, unknown>();
  for (const arg of args) {
    const name = child(arg, 'named_argument', 'name', 'name');
    if (typeof name === 'string') named.set(name.toUpperCase(), child(arg, 'named_argument', 'value'));
    else named.set('INPUT', arg);
  }
  const isTrue = (name: string): boolean => child(named.get(name), 'boolean', 'value') === true;
  const path = child(named.get('PATH'), 'literal', 'value');
  const input = named.get('INPUT');
  const value = typeof path === 'string' && path !== '' ? call('sf_get', input, stringNode(`$.${path}`)) : input;
  if (!isNode(value)) return null;
  if (isTrue('RECURSIVE') && isTrue('OUTER')) throw notEmulated('FLATTEN with RECURSIVE and OUTER');
  const mode = String(child(named.get('MODE'), 'literal', 'value') ?? 'BOTH').toUpperCase();
  const macro = isTrue('RECURSIVE') ? 'sf_flatten_recursive' : isTrue('OUTER') ? 'sf_flatten_outer' : 'sf_flatten';
  if (mode === 'BOTH') return call(macro, value);
  if (isTrue('RECURSIVE')) throw notEmulated('FLATTEN with RECURSIVE and MODE');
  return call(macro, call('sf_only_kind', value, stringNode(mode)));
};
