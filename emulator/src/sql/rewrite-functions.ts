import { offsetMarks } from '../storage/time-macros.ts';
import { notEmulated } from './sql-error.ts';
import { booleanNode, call, castNode, child, columnNode, isNode, stringNode, type TreeNode } from './syntax-tree.ts';

/** Snowflake's name → macro of the DuckDB side, where the arguments stay as they are. */
const macros: Readonly<Record<string, string>> = {
  GET: 'sf_get_item',
  STARTSWITH: 'sf_starts_with',
  SHA2: 'sf_sha2',
  HEX_ENCODE: 'sf_hex_encode',
  TO_BINARY: 'sf_to_binary',
  OBJECT_KEYS: 'sf_object_keys',
  AS_INTEGER: 'sf_as_integer',
  AS_VARCHAR: 'sf_as_varchar',
  AS_CHAR: 'sf_as_varchar',
  OBJECT_DELETE: 'sf_object_delete',
  STRIP_NULL_VALUE: 'sf_strip_null_value',
  ARRAY_TO_STRING: 'sf_array_to_string',
  BITXOR: 'xor',
  IS_OBJECT: 'sf_is_object',
  IS_ARRAY: 'sf_is_array',
  IS_INTEGER: 'sf_is_integer',
  IS_DECIMAL: 'sf_is_number',
  IS_DOUBLE: 'sf_is_number',
  IS_REAL: 'sf_is_number',
  IS_VARCHAR: 'sf_is_varchar',
  IS_CHAR: 'sf_is_varchar',
  IS_BOOLEAN: 'sf_is_boolean',
  AS_DOUBLE: 'sf_as_double',
  AS_REAL: 'sf_as_double',
  AS_BOOLEAN: 'sf_as_boolean',
  AS_OBJECT: 'sf_as_object',
  AS_ARRAY: 'sf_as_array',
  TO_ARRAY: 'sf_to_array',
  TO_OBJECT: 'sf_to_object',
  TRY_TO_BINARY: 'sf_try_to_binary',
  HEX_DECODE_STRING: 'sf_hex_decode_string',
  BASE64_ENCODE: 'sf_base64_encode',
  BASE64_DECODE_STRING: 'sf_base64_decode_string',
  APPROX_PERCENTILE: 'sf_approx_percentile',
};
/** The same for what the parser has a node of its own for; properties in the order of the macro's parameters. */
const nodes: readonly (readonly [kind: string, macro: string, ...properties: string[]])[] = [
  ['starts_with', 'sf_starts_with', 'this', 'expression'],
  ['initcap', 'sf_initcap', 'this'],
  ['regexp_like', 'sf_regexp_like', 'this', 'pattern'],
  ['array_size', 'sf_array_size', 'this'],
  ['array_contains', 'sf_array_contains', 'this', 'expression'],
  ['object_keys', 'sf_object_keys', 'this'],
  ['div', 'sf_divide', 'left', 'right'],
  ['median', 'sf_median', 'this'],
];

/** Functions that DuckDB lacks, or that the transpiler would change into something else. */
export const rewriteFunctions = (
  node: TreeNode,
  /** What `*` stands for in OBJECT_CONSTRUCT(*); null: more than one table. */
  starColumns: readonly string[] | null,
): TreeNode => {
  for (const [kind, macro, ...properties] of nodes)
    if (isNode(node[kind])) return call(macro, ...properties.map((property) => child(node, kind, property)));
  if (isNode(node['date_diff'])) return dateDiff(node);
  if (child(node, 'map_func', 'curly_brace_syntax') === true) return objectOfLists(node);
  if (child(node, 'array_func', 'bracket_notation') === true)
    return arrayOf(Object(child(node, 'array_func', 'expressions')));
  if (isNode(node['to_number'])) return toNumber(node);
  if (isNode(node['window_function'])) return ratioToReport(node);
  const aggregate = child(node, 'aggregate_function', 'name');
  if (typeof aggregate === 'string' && aggregate.toUpperCase() in macros)
    return call(macros[aggregate.toUpperCase()] ?? '', ...Object(child(node, 'aggregate_function', 'args')));
  if ('like' in node || 'i_like' in node) return likeAnyOrAll(node);
  const name = child(node, 'function', 'name');
  const args = child(node, 'function', 'args');
  if (typeof name !== 'string' || !Array.isArray(args)) return node;
  const upper = name.toUpperCase();
  if (upper === 'ARRAY_CONSTRUCT') return arrayOf(args);
  if (upper === 'REGEXP_LIKE' || upper === 'RLIKE') return regexpLike(args);
  if (upper === 'CONCAT' && args.length > 1) return joined(args, null);
  if (upper === 'CONCAT_WS' && args.length > 2) return joined(args.slice(1), args[0]);
  if (upper === 'OBJECT_CONSTRUCT' || upper === 'OBJECT_CONSTRUCT_KEEP_NULL')
    return objectOf(args, upper === 'OBJECT_CONSTRUCT' ? 'sf_variant' : 'sf_json_null', starColumns);
  if (upper === 'OBJECT_INSERT' && args.length > 2)
    return call('sf_object_insert', ...args.slice(0, 3), args[3] ?? booleanNode(false));
  if (upper === 'OBJECT_PICK') return call('sf_object_pick', args[0], call('list_value', ...args.slice(1)));
  const macro = macros[upper];
  if (macro !== undefined) return call(macro, ...args);
  if ((upper === 'TO_CHAR' || upper === 'TO_VARCHAR') && binaryFormats.has(String(child(args[1], 'literal', 'value'))))
    return call('sf_binary_text', ...args);
  if ((upper === 'TO_CHAR' || upper === 'TO_VARCHAR') && args.length === 2)
    return call('sf_strftime', args[0], stringNode(strftimeFormat(child(args[1], 'literal', 'value'))));
  return node;
};

/** REGEXP_LIKE(text, pattern [, parameters]): of these i, m and s; c is the default. [documented] */
const regexpLike = ([text, pattern, parameters]: readonly unknown[]): TreeNode => {
  if (parameters === undefined) return call('sf_regexp_like', text, pattern);
  const given = String(child(parameters, 'literal', 'value') ?? '');
  const flags = given.replaceAll(/[^ims]/g, '');
  const start = flags === '' ? '' : `(?${flags})`;
  return call('sf_regexp_like', text, call('sf_concat', stringNode(start), pattern));
};

const joined = (parts: readonly unknown[], between: unknown): TreeNode =>
  parts
    .flatMap((part, index) => (between === null || index === 0 ? [part] : [between, part]))
    .map((part) => call('sf_to_varchar', part))
    .reduce((before, part) => call('sf_joined', before, part));

const arrayOf = (values: readonly unknown[]): TreeNode =>
  call('list_value', ...values.map((value) => call('sf_variant', value)));

/** Of `key, value, …` or `*`: with columns that are NULL left out, or kept. [documented] */
const objectOf = (args: readonly unknown[], toValue: string, starColumns: readonly string[] | null): TreeNode => {
  let pairs = args;
  if (isNode(child(args[0], 'star'))) {
    if (starColumns === null) throw notEmulated('OBJECT_CONSTRUCT(*) over several tables');
    pairs = starColumns.flatMap((name) => [stringNode(name), columnNode(name, null)]);
  }
  const half = (rest: number): readonly unknown[] => pairs.filter((_, index) => index % 2 === rest);
  return objectOfPairs(half(0), half(1), toValue);
};

const objectOfLists = (node: TreeNode): TreeNode => {
  const list = (name: string): readonly unknown[] => Object(child(node, 'map_func', name));
  return objectOfPairs(list('keys'), list('values'), 'sf_variant');
};

const objectOfPairs = (keys: readonly unknown[], values: readonly unknown[], toValue: string): TreeNode => {
  if (keys.length === 0) return call('sf_no_object');
  return call('sf_object', call('list_value', ...keys), call('list_value', ...values.map((one) => call(toValue, one))));
};

/** `x LIKE ANY ('a%', 'b%')`, `ALL`: each pattern for itself. [documented] */
const likeAnyOrAll = (node: TreeNode): TreeNode => {
  const [kind = ''] = Object.keys(node);
  const { quantifier, ...like } = Object(node[kind]);
  if (typeof quantifier !== 'string') return node;
  const listed = child(like.right, 'tuple', 'expressions') ?? [child(like.right, 'paren', 'this')];
  const tests = (Array.isArray(listed) ? listed : []).map((right: unknown) => ({ [kind]: { ...like, right } }));
  const by = quantifier.toUpperCase() === 'ALL' ? 'and' : 'or';
  const joined = tests.reduce((left, right) => ({ [by]: { left, right, operator_comments: [], left_comments: [] } }));
  return { paren: { this: joined, trailing_comments: [] } };
};

/** RATIO_TO_REPORT(x) OVER (…): x / SUM(x) OVER (…). [documented] */
const ratioToReport = (node: TreeNode): TreeNode => {
  const { this: called, ...window } = Object(node['window_function']);
  if (String(child(called, 'function', 'name')).toUpperCase() !== 'RATIO_TO_REPORT') return node;
  const [value] = Object(child(called, 'function', 'args'));
  const exact = castNode(value, { data_type: 'double', precision: null, scale: null });
  return call('sf_divide', exact, { window_function: { ...window, this: call('sum', exact) } });
};

/** Counts the boundaries between two times. [documented] The transpiler would cut both to days. */
const dateDiff = (node: TreeNode): TreeNode =>
  call(
    'sf_datediff',
    stringNode(String(child(node, 'date_diff', 'unit')).toLowerCase()),
    child(node, 'date_diff', 'expression'),
    child(node, 'date_diff', 'this'),
  );

/** TO_NUMBER(value [, precision [, scale]]) and TRY_TO_NUMBER: NUMBER(38, 0) by default. [documented] */
const toNumber = (node: TreeNode): TreeNode => {
  const given = (name: string): unknown => child(node, 'to_number', name) ?? undefined;
  if (given('format') !== undefined) throw notEmulated('TO_NUMBER with a format');
  const digits = (name: string, otherwise: number): number =>
    given(name) === undefined ? otherwise : Number(child(given(name), 'literal', 'value'));
  const type = { data_type: 'decimal', precision: digits('precision', 38), scale: digits('scale', 0) };
  const cast = castNode(call('sf_to_varchar', given('this')), type);
  return given('safe') === undefined ? cast : { try_cast: cast['cast'] };
};

const binaryFormats = new Set(['HEX', 'hex', 'BASE64', 'base64', 'UTF-8', 'utf-8']);
const formats: Readonly<Record<string, string>> = {
  YYYY: '%Y',
  YY: '%y',
  MMMM: '%B',
  MON: '%b',
  MM: '%m',
  DD: '%d',
  DY: '%a',
  HH24: '%H',
  HH12: '%I',
  AM: '%p',
  PM: '%p',
  MI: '%M',
  SS: '%S',
  FF3: '%g',
  FF6: '%f',
  FF9: '%n',
  FF: '%n',
  TZH: offsetMarks.hours,
  TZM: offsetMarks.minutes,
};
const formatPattern = /TZH|TZM|YYYY|YY|MMMM|MON|MM|DD|DY|HH24|HH12|AM|PM|MI|SS|FF[369]?|"([^"]*)"|[A-Za-z]+|%/gi;

/** `YYYY-MM-DD HH24:MI:SS` as strftime writes it. */
const strftimeFormat = (format: unknown): string => {
  if (typeof format !== 'string') throw notEmulated('TO_CHAR with a format that is no literal');
  return format.replaceAll(formatPattern, (element: string, quoted: string | undefined) => {
    if (quoted !== undefined) return quoted.replaceAll('%', '%%');
    if (element === '%') return '%%';
    if (element === 'T' || element === 'Z') return element;
    const written = formats[element.toUpperCase()];
    if (written === undefined) throw notEmulated(`the format element ${element}`);
    return written;
  });
};
