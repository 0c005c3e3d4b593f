import { dataTypeOf, type TypeName } from '../catalog/data-type.ts';
import type { TableDefinition } from '../catalog/table-definition.ts';
import { overloadsOf } from '../storage/time-macros.ts';
import { SqlError } from './sql-error.ts';
import { call, child, isNode, mapTree, stringNode, type TreeNode } from './syntax-tree.ts';

/** Makes a value a timestamp of that type. */
export const timestampMacros: Readonly<Partial<Record<TypeName, string>>> = {
  TIMESTAMP_NTZ: 'sf_to_timestamp',
  TIMESTAMP_LTZ: 'sf_to_ltz',
  TIMESTAMP_TZ: 'sf_to_tz',
};
const tryToType: Readonly<Partial<Record<TypeName, string>>> = {
  TIMESTAMP_NTZ: 'sf_try_to_timestamp',
  TIMESTAMP_LTZ: 'sf_try_to_ltz',
  TIMESTAMP_TZ: 'sf_try_to_tz',
};

/** Snowflake's functions by name; with a number as second argument they take fractions of a second. [documented] */
const functions: Readonly<Record<string, readonly [macro: string, scaled?: string]>> = {
  TO_TIMESTAMP: ['sf_to_timestamp', 'sf_to_timestamp_scaled'],
  TO_TIMESTAMP_NTZ: ['sf_to_timestamp', 'sf_to_timestamp_scaled'],
  TO_TIMESTAMP_LTZ: ['sf_to_ltz', 'sf_to_ltz_scaled'],
  TO_TIMESTAMP_TZ: ['sf_to_tz', 'sf_to_tz_scaled'],
  TRY_TO_TIMESTAMP: ['sf_try_to_timestamp'],
  TRY_TO_TIMESTAMP_NTZ: ['sf_try_to_timestamp'],
  TRY_TO_TIMESTAMP_LTZ: ['sf_try_to_ltz'],
  TRY_TO_TIMESTAMP_TZ: ['sf_try_to_tz'],
};

const comparisons = ['eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'null_safe_eq', 'null_safe_neq'] as const;
/** Nodes with one operand, `this`, that ask for a part of a time: they mean the local one. [documented] */
const parts = 'extract year quarter month week day day_of_week day_of_year hour minute second last_day'.split(' ');
const partFunctions = new Set(
  'DATE_PART YEAR QUARTER MONTH WEEK WEEKISO DAY DAYOFMONTH DAYOFWEEK DAYOFWEEKISO DAYOFYEAR YEAROFWEEK HOUR MINUTE SECOND LAST_DAY DAYNAME MONTHNAME TO_DATE DATE TO_TIME TIME'.split(
    ' ',
  ),
);
const epochs = /epoch/i;

/** Rewrites one node whose children are done. */
export type TimeRewriter = (node: TreeNode) => TreeNode;

/** A time is TIMESTAMP_TZ here when DuckDB finds that it is one: what may be, is wrapped where it makes a difference. */
export const timeRewriter = (tree: unknown, tables: readonly TableDefinition[]): TimeRewriter => {
  if (!mentionsOffsets(tree, tables)) return (node) => rewriteConversion(node) ?? node;
  const columns = tables.flatMap((table) => table.columns);
  const withOffset = new Set(columns.flatMap(({ name, type }) => (type.name === 'TIMESTAMP_TZ' ? [name] : [])));
  const other = new Set(columns.flatMap(({ name }) => (withOffset.has(name) ? [] : [name])));
  const may = (value: unknown): boolean => {
    const column = child(value, 'column', 'name', 'name');
    if (typeof column === 'string') return !other.has(column);
    const called = child(value, 'function', 'name');
    if (typeof called === 'string') return !called.startsWith('sf_') || isOffsetMacro.has(called);
    const inner = child(value, 'paren', 'this') ?? child(value, 'alias', 'this');
    return inner === undefined ? isNode(value) && passing.some((kind) => kind in value) : may(inner);
  };
  const isColumn = (value: unknown): boolean => withOffset.has(String(child(value, 'column', 'name', 'name')));
  return (node) => rewriteConversion(node) ?? rewriteOffsets(node, may, isColumn);
};

const isOffsetMacro = new Set([
  'sf_to_tz',
  'sf_try_to_tz',
  'sf_to_tz_scaled',
  'sf_in_zone',
  'sf_with_offset',
  'sf_add_days',
  'sf_add_time',
  'sf_date_trunc',
]);
const passing = ['max', 'min', 'coalesce', 'case', 'if_func', 'nvl', 'greatest', 'least', 'lag', 'lead', 'any_value'];

const mentionsOffsets = (tree: unknown, tables: readonly TableDefinition[]): boolean => {
  if (tables.some(({ columns }) => columns.some(({ type }) => type.name === 'TIMESTAMP_TZ'))) return true;
  let found = false;
  mapTree(tree, (node) => {
    const name = String(child(node, 'function', 'name')).toUpperCase();
    found ||= node['timezone'] === true || name.endsWith('TIMESTAMP_TZ') || name === 'CONVERT_TIMEZONE';
    return node;
  });
  return found;
};

/** Casts and functions that make times; null: none of them. */
const rewriteConversion = (node: TreeNode): TreeNode | null => {
  for (const [kind, macros] of [
    ['cast', timestampMacros],
    ['try_cast', tryToType],
  ] as const) {
    const macro = macros[castType(child(node, kind, 'to')) ?? 'VARIANT'];
    if (macro !== undefined) return call(macro, child(node, kind, 'this'));
  }
  const part = parts.find((one) => isText(child(node, one, 'this')));
  if (part !== undefined) {
    const { this: text, ...rest } = Object(node[part]);
    return { [part]: { ...rest, this: call('sf_to_timestamp', text) } };
  }
  const args = child(node, 'function', 'args');
  if (!Array.isArray(args)) return null;
  const name = String(child(node, 'function', 'name')).toUpperCase();
  const [first, second, third] = args;
  if (third !== undefined && adding.has(name)) return added(first, second, third);
  if (second !== undefined && name === 'DATE_TRUNC') return truncated(first, second);
  if (name === 'TRUNC' && isText(second)) return truncated(second, first);
  if (name === 'CONVERT_TIMEZONE')
    return third === undefined
      ? call('sf_in_zone', first, call('sf_to_ltz', second))
      : call('sf_between_zones', first, second, call('sf_to_timestamp', third));
  const [macro, scaled] = functions[name] ?? [];
  if (macro !== undefined && args.length === 1) return call(macro, first);
  const isScaled = args.length === 2 && child(second, 'literal', 'literal_type') === 'number';
  return isScaled && scaled !== undefined ? call(scaled, first, second) : null;
};

const adding = new Set(['DATEADD', 'TIMEADD', 'TIMESTAMPADD']);

/** Parts of a date or time and their other names. [documented] */
const units: Readonly<Record<string, string>> = {
  year: 'year y yy yyy yyyy yr years yrs',
  quarter: 'quarter q qtr qtrs quarters',
  month: 'month mm mon mons months',
  week: 'week w wk weekofyear woy wy',
  day: 'day d dd days dayofmonth',
  hour: 'hour h hh hr hours hrs',
  minute: 'minute m mi min minutes mins',
  second: 'second s sec seconds secs',
  millisecond: 'millisecond ms msec milliseconds',
  microsecond: 'microsecond us usec microseconds',
  nanosecond: 'nanosecond ns nsec nanosec nsecond nanoseconds nanosecs nseconds',
};
const wholeDays = new Set(['year', 'quarter', 'month', 'week', 'day']);

const unitOf = (part: unknown): string => {
  const written = String(
    child(part, 'var', 'this') ?? child(part, 'literal', 'value') ?? child(part, 'column', 'name', 'name') ?? '',
  );
  const known = Object.entries(units).find(([, names]) => names.split(' ').includes(written.toLowerCase()));
  if (known === undefined)
    throw new SqlError('001048', '42601', `SQL compilation error:\n'${written}' is not a valid date/time component.`);
  return known[0];
};

/** Whole days added to a DATE give a DATE, all else a timestamp. [documented] */
const added = (part: unknown, count: unknown, time: unknown): TreeNode => {
  const unit = unitOf(part);
  return call(wholeDays.has(unit) ? 'sf_add_days' : 'sf_add_time', time, call(`sf_${unit}s`, count));
};

const truncated = (part: unknown, time: unknown): TreeNode => call('sf_date_trunc', stringNode(unitOf(part)), time);

const castType = (to: unknown): TypeName | null => {
  if (child(to, 'data_type') === 'timestamp') return child(to, 'timezone') === true ? 'TIMESTAMP_TZ' : 'TIMESTAMP_NTZ';
  if (child(to, 'data_type') !== 'custom') return null;
  return dataTypeOf(String(child(to, 'name')), [])?.name ?? null;
};

const rewriteOffsets = (
  node: TreeNode,
  may: (value: unknown) => boolean,
  isColumn: (value: unknown) => boolean,
): TreeNode => {
  const [kind = ''] = Object.keys(node);
  const own = node[kind];
  if (!isNode(own)) return node;
  const by = (macro: string, value: unknown): unknown => (may(value) ? call(macro, value) : value);
  const beside = (other: unknown, value: unknown): unknown =>
    isColumn(other) && isText(value) ? call('sf_to_ltz', value) : by('sf_instant', value);
  if (comparisons.some((one) => one === kind)) {
    const { left, right } = own;
    // `SET a = b` of MERGE.
    if (isNode(child(left, 'identifier'))) return node;
    return { [kind]: { ...own, left: beside(right, left), right: beside(left, right) } };
  }
  if (kind === 'date_diff')
    return {
      date_diff: { ...own, this: by('sf_instant', own['this']), expression: by('sf_instant', own['expression']) },
    };
  if (kind === 'between') {
    const [low, high] = [beside(own['this'], own['low']), beside(own['this'], own['high'])];
    return { between: { ...own, this: by('sf_instant', own['this']), low, high } };
  }
  if (kind === 'in' && Array.isArray(own['expressions'])) {
    const expressions = own['expressions'].map((value: unknown) => beside(own['this'], value));
    return { in: { ...own, this: by('sf_instant', own['this']), expressions } };
  }
  if (kind === 'extract' && epochs.test(JSON.stringify(own['field'])))
    return { extract: { ...own, this: by('sf_instant', own['this']) } };
  if (kind === 'count' && own['distinct'] === true) return { count: { ...own, this: by('sf_instant', own['this']) } };
  if (parts.includes(kind)) return { [kind]: { ...own, this: by('sf_local', own['this']) } };
  if (kind === 'cast' && ['date', 'time'].includes(String(child(own['to'], 'data_type'))))
    return { cast: { ...own, this: by('sf_local', own['this']) } };
  if (kind === 'add' || kind === 'sub') return shifted(kind, own, may);
  if (kind !== 'function' || !Array.isArray(own['args'])) return node;
  const name = String(own['name']).toUpperCase();
  const args: readonly unknown[] = own['args'];
  if (name === 'DATE_PART' && epochs.test(String(child(args[0], 'var', 'this') ?? child(args[0], 'literal', 'value'))))
    return { function: { ...own, args: args.map((value) => by('sf_instant', value)) } };
  if (partFunctions.has(name)) return { function: { ...own, args: args.map((value) => by('sf_local', value)) } };
  return node;
};

const isText = (value: unknown): boolean => child(value, 'literal', 'literal_type') === 'string';

/** A time plus or minus an interval. */
const shifted = (kind: 'add' | 'sub', own: TreeNode, may: (value: unknown) => boolean): TreeNode => {
  const { left, right } = own;
  if (!isNode(child(right, 'interval')) || !may(left)) return { [kind]: own };
  return call('sf_with_offset', left, { [kind]: { ...own, left: call('sf_local', left) } });
};

const aggregates = new Set(
  'sum avg max min count any_value array_agg list_agg string_agg median mode first last first_value last_value nth_value lag lead window_function arg_max arg_min max_by min_by aggregate_function'.split(
    ' ',
  ),
);

const hasAggregate = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.some(hasAggregate);
  if (!isNode(value) || 'subquery' in value || 'select' in value) return false;
  const called = String(child(value, 'function', 'name')).toLowerCase();
  return (
    aggregates.has(called) || Object.entries(value).some(([kind, inner]) => aggregates.has(kind) || hasAggregate(inner))
  );
};

const kinds: Readonly<Partial<Record<TypeName, string>>> = {
  TIMESTAMP_TZ: 'tz',
  TIMESTAMP_LTZ: 'ltz',
  TIMESTAMP_NTZ: 'ntz',
  DATE: 'date',
  TIME: 'time',
  VARCHAR: 'text',
  VARIANT: 'text',
};
const resultKinds: Readonly<Record<string, string>> = {
  sf_to_tz: 'tz',
  sf_in_zone: 'tz',
  sf_to_ltz: 'ltz',
  sf_to_timestamp: 'ntz',
  sf_text_to_timestamp: 'ntz',
  sf_to_varchar: 'text',
  sf_get: 'text',
  sf_get_varchar: 'text',
};

/**
 * Names the body of an overloaded macro where DuckDB cannot choose it, by the first column or conversion in the argument.
 */
export const resolveOverloads = (tree: unknown, tables: readonly TableDefinition[]): unknown => {
  const types = new Map(tables.flatMap(({ columns }) => columns.map(({ name, type }) => [name, type.name] as const)));
  const kindOf = (value: unknown): string | undefined => {
    if (Array.isArray(value)) return value.map(kindOf).find((kind) => kind !== undefined);
    if (!isNode(value)) return undefined;
    const called = child(value, 'function', 'name');
    if (typeof called === 'string') {
      const known = resultKinds[called.replace(/_(plain|tz|ltz|ntz|date|time|text)$/, '')];
      if (known !== undefined) return known;
    }
    if (child(value, 'cast', 'to', 'data_type') === 'date') return 'date';
    const column = child(value, 'column', 'name', 'name');
    if (typeof column === 'string') return kinds[types.get(column) ?? 'OBJECT'];
    return Object.values(value)
      .map(kindOf)
      .find((kind) => kind !== undefined);
  };
  return mapTree(tree, (node) => {
    const name = child(node, 'function', 'name');
    const bodies = typeof name === 'string' ? overloadsOf(name) : null;
    const args = child(node, 'function', 'args');
    if (bodies === null || !hasAggregate(args)) return node;
    const kind = kindOf(args) ?? 'plain';
    return { function: { ...Object(node['function']), name: `${name}_${bodies.has(kind) ? kind : 'plain'}` } };
  });
};
