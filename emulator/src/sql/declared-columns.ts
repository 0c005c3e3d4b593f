import type { DataType } from '../catalog/data-type.ts';
import type { ColumnDefinition, TableDefinition } from '../catalog/table-definition.ts';
import type { ResultColumn } from './result-set.ts';
import { child, isNode, type TreeNode } from './syntax-tree.ts';

/**
 * Which columns of a SELECT are plain columns of its tables: their types, scales and nullability are known better than
 * from DuckDB's answer. Null: an expression, or a SELECT over something else than tables.
 */
export const declaredColumns = (
  tree: TreeNode,
  tables: readonly TableDefinition[],
  width: number,
): readonly (ColumnDefinition | null)[] => {
  const none = Array.from({ length: width }, () => null);
  const select = tree['select'];
  if (!isNode(select) || isNode(select['with'])) return none;
  const from = child(select['from'], 'expressions');
  const joins = Array.isArray(select['joins']) ? select['joins'] : [];
  const sources = [...(Array.isArray(from) ? from : []), ...joins.map((join) => child(join, 'this'))];
  const areTables = sources.length === tables.length && sources.every((source) => isNode(child(source, 'table')));
  if (!areTables || tables.some((table) => !isStored(table))) return none;
  const items = select['expressions'];
  if (!Array.isArray(items)) return none;
  const found = items.flatMap((item): readonly (ColumnDefinition | null)[] => {
    if (isStar(item)) return tables.length === 1 ? (tables[0]?.columns ?? []) : [];
    const column = child(child(item, 'alias', 'this') ?? item, 'column', 'name');
    return [columnOf(column, tables)];
  });
  if (found.length !== width) return none;
  // The other side of an outer join may be missing.
  return joins.length === 0 ? found : found.map((column) => column && { ...column, nullable: true });
};

const isStored = ({ name, viewQuery, storedName }: TableDefinition): boolean =>
  viewQuery === undefined && name.schema !== 'INFORMATION_SCHEMA' && !storedName.startsWith('"temp"');

const isStar = (item: unknown): boolean => {
  const star = child(item, 'star');
  if (isNode(star)) return Object.values(star).every((value) => !Array.isArray(value) || value.length === 0);
  return child(item, 'column', 'name', 'name') === '*';
};

const columnOf = (identifier: unknown, tables: readonly TableDefinition[]): ColumnDefinition | null => {
  const written = child(identifier, 'name');
  if (typeof written !== 'string') return null;
  const name = child(identifier, 'quoted') === true ? written : written.toUpperCase();
  const found = tables.flatMap(({ columns }) => columns.filter((column) => column.name === name));
  return found.length === 1 ? (found[0] ?? null) : null;
};

const typeNames: Readonly<Partial<Record<DataType['name'], ResultColumn['type']>>> = {
  VARIANT: 'variant',
  OBJECT: 'object',
  MAP: 'object',
  ARRAY: 'array',
  TIMESTAMP_NTZ: 'timestamp_ntz',
  TIMESTAMP_LTZ: 'timestamp_ltz',
  TIMESTAMP_TZ: 'timestamp_tz',
  TIME: 'time',
};

/** What DuckDB says of a column, corrected by what the table says. */
export const declaredResult = (column: ResultColumn, declared: ColumnDefinition | null): ResultColumn => {
  if (declared === null) return column;
  const { type, nullable } = declared;
  const typeName = typeNames[type.name] ?? column.type;
  return {
    ...column,
    nullable,
    type: typeName,
    ...(type.length === undefined ? {} : { length: type.length }),
    ...(type.scale === undefined ? {} : { scale: type.scale }),
  };
};

/** A cell of such a column: fractional digits as many as its scale; behind those of TIMESTAMP_TZ comes the offset. */
export const declaredCell = (cell: string | null, { type, scale }: ResultColumn): string | null => {
  if (cell === null || !(type === 'time' || type.startsWith('timestamp'))) return cell;
  const [seconds = '', offset] = cell.split(' ');
  const digits = scale ?? 9;
  const point = seconds.indexOf('.');
  const cut = digits === 0 ? seconds.slice(0, point) : seconds.slice(0, point + 1 + digits);
  return offset === undefined ? cut : `${cut} ${offset}`;
};
