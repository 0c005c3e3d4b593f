import {
  booleanNode,
  call,
  child,
  columnNode,
  identifierNode,
  isNode,
  mapTree,
  numberNode,
  stringNode,
  type TreeNode,
} from './syntax-tree.ts';

/**
 * `LATERAL FLATTEN(INPUT => v, OUTER => TRUE) f` and `TABLE(FLATTEN(v))` become the table macros of the DuckDB side, with
 * the columns SEQ, KEY, PATH, INDEX, VALUE and THIS; PATH, OUTER, RECURSIVE and MODE. [documented]
 */
export const rewriteFlatten = (node: TreeNode): TreeNode => {
  if (isNode(child(node, 'select', 'from'))) return { select: numberInputs(Object(node['select'])) };
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

const modes = new Set(['OBJECT', 'ARRAY', 'BOTH']);

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
  const given = child(named.get('PATH'), 'literal', 'value');
  const path = typeof given === 'string' ? given : '';
  const input = named.get('INPUT');
  const value = path === '' ? input : call('sf_get', input, stringNode(`$.${path}`));
  if (!isNode(value)) return null;
  const mode = String(child(named.get('MODE'), 'literal', 'value') ?? 'BOTH').toUpperCase();
  if (!modes.has(mode)) return null;
  return call(
    isTrue('RECURSIVE') ? 'sf_flatten_recursive' : 'sf_flatten',
    value,
    numberNode(1),
    stringNode(path),
    booleanNode(isTrue('OUTER')),
    stringNode(mode),
  );
};

/**
 * SEQ is another number for each input row [documented: unique, neither ordered nor without gaps]: made from what the
 * tables in front of the FLATTEN say of the row.
 */
const numberInputs = (select: TreeNode): TreeNode => {
  const before: TreeNode[] = [];
  const numbered = (source: unknown): unknown => {
    const inner = child(source, 'alias', 'this');
    const found = isFlatten(source) ? source : isFlatten(inner) ? inner : null;
    const result = found === null ? source : replaceCall(source, found, withNumber(found, before));
    before.push(...identityOf(source));
    return result;
  };
  const from = select['from'];
  const expressions = child(from, 'expressions');
  const joins = select['joins'];
  return {
    ...select,
    ...(Array.isArray(expressions) ? { from: { ...Object(from), expressions: expressions.map(numbered) } } : {}),
    ...(Array.isArray(joins)
      ? { joins: joins.map((join: TreeNode) => ({ ...join, this: numbered(join['this']) })) }
      : {}),
  };
};

const isFlatten = (node: unknown): node is TreeNode => functionName(node)?.startsWith('SF_FLATTEN') === true;

const replaceCall = (source: unknown, found: unknown, changed: TreeNode): unknown =>
  source === found ? changed : { alias: { ...Object(child(source, 'alias')), this: changed } };

const withNumber = (flatten: TreeNode, before: readonly TreeNode[]): TreeNode => {
  const [value, , ...rest] = child(flatten, 'function', 'args') as unknown[];
  const [only] = before;
  if (only === undefined) return flatten;
  const isRow = before.length === 1 && child(only, 'column', 'name', 'name') === 'rowid';
  const number = isRow ? { add: { left: only, right: numberNode(1) } } : call('hash', ...before);
  return call(String(child(flatten, 'function', 'name')), value, number, ...rest);
};

/** What tells the rows of a source apart: DuckDB's number of the row, a FLATTEN's own columns, or else the whole row. */
const identityOf = (source: unknown): readonly TreeNode[] => {
  const aliasName = child(source, 'alias', 'alias', 'name');
  if (isFlatten(child(source, 'alias', 'this')) && typeof aliasName === 'string')
    return [columnNode('SEQ', aliasName), columnNode('PATH', aliasName)];
  const table = child(source, 'table');
  const name = child(table, 'alias', 'name') ?? child(table, 'name', 'name') ?? aliasName;
  const subquery = child(source, 'subquery', 'alias', 'name');
  if (isNode(table) && typeof name === 'string') {
    const isStored = isNode(table['schema']) && child(table, 'catalog', 'name') !== 'temp';
    return [isStored ? columnNode('rowid', name) : columnNode(name, null)];
  }
  const whole = typeof name === 'string' ? name : subquery;
  return typeof whole === 'string' ? [columnNode(whole, null)] : [];
};
