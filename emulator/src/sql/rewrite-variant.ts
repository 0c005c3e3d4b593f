import { dataTypeOf, isSemiStructured } from '../catalog/data-type.ts';
import { call, castNode, child, isNode, numberNode, stringNode, type TreeNode } from './syntax-tree.ts';

const decimal38: TreeNode = { data_type: 'decimal', precision: 38, scale: 0 };
const double: TreeNode = { data_type: 'double', precision: null, scale: null };
const json: TreeNode = { data_type: 'custom', name: 'JSON' };

const integerTypes = new Set(['int', 'integer', 'big_int', 'small_int', 'tiny_int']);
const textTypes = new Set(['text', 'var_char', 'char', 'string']);
const comparisons = ['eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'like', 'i_like'] as const;
const arithmetic = ['add', 'sub', 'mul', 'div', 'mod'] as const;

/** `variantColumns`: names, upper-cased, of columns of semi-structured type in the tables that the statement reads. */
export const isVariant = (value: unknown, variantColumns: ReadonlySet<string>): boolean => {
  const called = child(value, 'function', 'name');
  if (called === 'sf_get' || called === 'sf_get_item' || called === 'sf_variant') return true;
  if (child(value, 'paren') !== undefined) return isVariant(child(value, 'paren', 'this'), variantColumns);
  const column = child(value, 'column', 'name', 'name');
  return typeof column === 'string' && variantColumns.has(column.toUpperCase());
};

/**
 * VARIANT semantics for one node whose children are done: text without quotes when cast or compared with text, numbers
 * in arithmetic and aggregates, an order by value. DuckDB's JSON type has none of these.
 */
export const rewriteVariant = (node: TreeNode, variantColumns: ReadonlySet<string>): TreeNode => {
  const variant = (value: unknown): boolean => isVariant(value, variantColumns);
  const rewritten = rewritePath(node) ?? rewriteCast(node, variant);
  if (rewritten !== null) return rewritten;
  for (const kind of comparisons) {
    const { left, right } = sides(node, kind);
    if (left === undefined) continue;
    if (variant(left) !== variant(right) && (isText(left) || isText(right)))
      return { [kind]: { ...own(node, kind), left: asText(left, variant), right: asText(right, variant) } };
  }
  for (const kind of arithmetic) {
    const { left, right } = sides(node, kind);
    if (left !== undefined && (variant(left) || variant(right)))
      return { [kind]: { ...own(node, kind), left: asNumber(left, variant), right: asNumber(right, variant) } };
  }
  for (const kind of ['sum', 'avg'] as const) {
    const argument = child(node, kind, 'this');
    if (argument !== undefined && variant(argument))
      return { [kind]: { ...own(node, kind), this: asNumber(argument, variant) } };
  }
  for (const [kind, by] of [
    ['max', 'arg_max'],
    ['min', 'arg_min'],
  ] as const) {
    const argument = child(node, kind, 'this');
    if (argument !== undefined && variant(argument)) return call(by, argument, call('sf_sort_key', argument));
  }
  const list = child(node, 'in', 'this');
  if (list !== undefined && variant(list) && child(node, 'in', 'query') === null) {
    const values = child(node, 'in', 'expressions');
    if (Array.isArray(values) && values.some(isText))
      return { in: { ...own(node, 'in'), this: call('sf_to_varchar', list) } };
  }
  if (child(node, 'parse_json') !== undefined) return castNode(jsonTextOf(child(node, 'parse_json', 'this')), json);
  if (child(node, 'typeof') !== undefined) return call('sf_typeof', child(node, 'typeof', 'this'));
  return node;
};

/** `v:a.b[0]["x y"]` and `v['a']`, as DuckDB's JSON path. */
const rewritePath = (node: TreeNode): TreeNode | null => {
  const path = child(node, 'j_s_o_n_extract', 'expression', 'literal', 'value');
  if (typeof path === 'string') {
    const quoted = path.replaceAll(/\["([^"]*)"\]/g, '."$1"');
    const rooted = quoted.startsWith('.') || quoted.startsWith('[') ? `$${quoted}` : `$.${quoted}`;
    return call('sf_get', child(node, 'j_s_o_n_extract', 'this'), stringNode(rooted));
  }
  const index = child(node, 'subscript', 'index', 'literal', 'value');
  if (typeof index !== 'string') return null;
  const isKey = child(node, 'subscript', 'index', 'literal', 'literal_type') === 'string';
  return call('sf_get', child(node, 'subscript', 'this'), stringNode(isKey ? `$."${index}"` : `$[${index}]`));
};

/** An empty text is NULL. [documented] */
export const jsonTextOf = (value: unknown): TreeNode => call('nullif', call('trim', value), stringNode(''));

const own = (node: TreeNode, kind: string): TreeNode => {
  const value = node[kind];
  return isNode(value) ? value : {};
};
const sides = (node: TreeNode, kind: string): { left: unknown; right: unknown } => ({
  left: child(node, kind, 'left'),
  right: child(node, kind, 'right'),
});
const isText = (value: unknown): boolean =>
  child(value, 'literal', 'literal_type') === 'string' ||
  ['sf_to_varchar', 'sf_get_varchar'].includes(String(child(value, 'function', 'name')));
/** Arguments of a path into a VARIANT; null: it is something else. */
const pathArguments = (value: unknown): readonly unknown[] | null => {
  const found = child(value, 'function', 'name') === 'sf_get' ? child(value, 'function', 'args') : undefined;
  return Array.isArray(found) ? found : null;
};
const textOf = (value: unknown): TreeNode => {
  const path = pathArguments(value);
  return path === null ? call('sf_to_varchar', value) : call('sf_get_varchar', ...path);
};
const asText = (value: unknown, variant: (value: unknown) => boolean): unknown =>
  variant(value) ? textOf(value) : value;

/** `v:a::NUMBER`: by the quick way. */
const wholeNumberAt = (node: TreeNode, kind: 'cast' | 'try_cast', isWhole: boolean): TreeNode | null => {
  const path = pathArguments(child(node, kind, 'this'));
  const to = child(node, kind, 'to');
  const is38 = isNode(to) && (to['precision'] ?? 38) === 38 && (to['scale'] ?? 0) === 0;
  return kind === 'cast' && path !== null && (isWhole || is38) ? call('sf_get_integer', ...path) : null;
};
const asNumber = (value: unknown, variant: (value: unknown) => boolean): unknown =>
  variant(value) ? castNode(value, double) : value;

/** NUMBER(38, 0) of a VARIANT or of what is text for certain. */
const isWholeText = (value: unknown, to: TreeNode, isWhole: boolean, variant: (value: unknown) => boolean): boolean => {
  if (!variant(value) && child(value, 'function', 'name') !== 'sf_to_varchar') return false;
  return isWhole || (to['data_type'] === 'decimal' && to['precision'] === 38 && to['scale'] === 0);
};

/** Integers are NUMBER(38,0), not 32 bits; text casts unquote; VARIANT casts make JSON. */
const rewriteCast = (node: TreeNode, variant: (value: unknown) => boolean): TreeNode | null => {
  for (const kind of ['cast', 'try_cast'] as const) {
    const to = child(node, kind, 'to');
    if (!isNode(to)) continue;
    const type = String(to['data_type']);
    const isWhole = integerTypes.has(type);
    // By way of text: numbers of a VARIANT keep all their digits.
    const quick = isWhole || type === 'decimal' ? wholeNumberAt(node, kind, isWhole) : null;
    if (quick !== null) return quick;
    if (isWholeText(child(node, kind, 'this'), to, isWhole, variant))
      return call(kind === 'cast' ? 'sf_whole' : 'sf_try_whole', asText(child(node, kind, 'this'), variant));
    if (isWhole || type === 'decimal')
      return {
        [kind]: {
          ...own(node, kind),
          this: asText(child(node, kind, 'this'), variant),
          ...(isWhole ? { to: decimal38 } : {}),
        },
      };
    if (textTypes.has(type)) {
      // A cast to a shorter text cuts it off. [documented]
      const length = to['length'] ?? (type === 'char' ? 1 : null);
      const text = textOf(child(node, kind, 'this'));
      return typeof length === 'number' ? call('left', text, numberNode(length)) : text;
    }
    const custom = type === 'custom' ? dataTypeOf(String(to['name']), []) : null;
    if (custom !== null && isSemiStructured(custom)) return call('sf_variant', child(node, kind, 'this'));
  }
  return null;
};
