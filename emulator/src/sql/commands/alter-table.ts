import { isDeepStrictEqual } from 'node:util';
import {
  type DataType,
  formatDataType,
  isSemiStructured,
  type StructureMember,
  storedType,
} from '../../catalog/data-type.ts';
import { displayIdentifier } from '../../catalog/identifier.ts';
import {
  type ColumnDefinition,
  distinctlyStored,
  storedColumn,
  type TableDefinition,
} from '../../catalog/table-definition.ts';
import { requireTableAccess } from '../require-access.ts';
import { statusResult } from '../result-set.ts';
import { alreadyExists, doesNotExist, invalidIdentifier, notEmulated, SqlError } from '../sql-error.ts';
import type { TokenCursor } from '../token-cursor.ts';
import { acceptConstraint, parseColumn, parseDataType, parseDefault } from './column-parser.ts';
import type { Command, CommandContext } from './command.ts';
import { requireIcebergType } from './create-table.ts';

interface Alteration {
  table: TableDefinition;
  statements: string[];
}

/**
 * ALTER TABLE: ADD, DROP and RENAME COLUMN, SET/DROP NOT NULL, SET DATA TYPE, SET/DROP DEFAULT, keys, clustering,
 * RENAME TO, SWAP WITH, SET/UNSET property. [documented]
 */
export const alterTable: Command = async (context, cursor) => {
  const ifExists = cursor.accept('IF', 'EXISTS');
  const parts = cursor.name();
  const table = context.catalog.table(context.session.tableName(parts));
  const done = statusResult('Statement executed successfully.');
  if (table === null) {
    if (ifExists) return done;
    throw doesNotExist('Table', parts.map(displayIdentifier).join('.'));
  }
  requireTableAccess(context.session, context.catalog, table, 'OWNERSHIP', 'EVOLVE SCHEMA');
  if (cursor.accept('RENAME', 'TO')) {
    requireTableAccess(context.session, context.catalog, table, 'OWNERSHIP');
    const target = context.session.tableName(cursor.name());
    if (context.catalog.table(target) !== null) throw alreadyExists(displayIdentifier(target.table));
    await context.catalog.renameTable(table.name, target);
    return done;
  }
  if (cursor.accept('SWAP', 'WITH')) {
    requireTableAccess(context.session, context.catalog, table, 'OWNERSHIP');
    const other = cursor.name();
    const partner = context.catalog.table(context.session.tableName(other));
    if (partner === null) throw doesNotExist('Table', other.map(displayIdentifier).join('.'));
    requireTableAccess(context.session, context.catalog, partner, 'OWNERSHIP');
    await context.catalog.swapTables(table.name, partner.name);
    return done;
  }
  const alteration: Alteration = { table, statements: [] };
  alter(context, cursor, alteration);
  cursor.expectEnd();
  if (!isEvolution(table, alteration.table)) requireTableAccess(context.session, context.catalog, table, 'OWNERSHIP');
  await context.catalog.alterTable(alteration.table, alteration.statements);
  return done;
};

/**
 * Columns are added or lose NOT NULL, and nothing else: EVOLVE SCHEMA suffices. [documented for the Kafka connector, which
 * changes tables so by ALTER TABLE]
 */
const isEvolution = ({ columns: before, ...rest }: TableDefinition, { columns: after, ...changed }: TableDefinition) =>
  isDeepStrictEqual(rest, changed) &&
  before.every((column, index) => {
    const now = after[index];
    return now !== undefined && isDeepStrictEqual({ ...column, nullable: now.nullable || column.nullable }, now);
  });

const alter = (context: CommandContext, cursor: TokenCursor, alteration: Alteration): void => {
  if (cursor.accept('CLUSTER', 'BY')) cursor.skipGroup();
  else if (cursor.accept('DROP', 'CLUSTERING', 'KEY') || cursor.accept('RESUME') || cursor.accept('SUSPEND')) {
    cursor.accept('RECLUSTER');
  } else if (cursor.accept('DROP', 'PRIMARY', 'KEY')) setPrimaryKey(alteration, new Set());
  else if (cursor.accept('ADD')) addColumns(context, cursor, alteration);
  else if (cursor.accept('DROP')) dropColumns(cursor, alteration);
  else if (cursor.accept('RENAME', 'COLUMN')) renameColumn(cursor, alteration);
  else if (cursor.accept('ALTER') || cursor.accept('MODIFY')) changeColumns(context, cursor, alteration);
  else if (cursor.accept('SET')) setProperties(cursor, alteration);
  else if (cursor.accept('UNSET')) unsetProperties(cursor, alteration);
  else throw notEmulated(`ALTER TABLE … ${cursor.peek().text}`);
};

const prefixOf = ({ storedName }: TableDefinition): string => `ALTER TABLE ${storedName}`;

const find = (table: TableDefinition, name: string): ColumnDefinition => {
  const column = table.columns.find((one) => one.name === name);
  if (column === undefined) throw invalidIdentifier(displayIdentifier(name));
  return column;
};

const replace = (alteration: Alteration, name: string, changed: ColumnDefinition | null): void => {
  alteration.table = {
    ...alteration.table,
    columns: alteration.table.columns.flatMap((column) => {
      if (column.name !== name) return [column];
      return changed === null ? [] : [changed];
    }),
  };
};

export const addColumnSql = (table: TableDefinition, column: ColumnDefinition): readonly string[] => {
  const fallback = column.storedDefaultSql === null ? '' : ` DEFAULT ${column.storedDefaultSql}`;
  const name = storedColumn(column);
  return [
    `${prefixOf(table)} ADD COLUMN ${name} ${storedType(column.type)}${fallback}`,
    ...(column.nullable ? [] : [`${prefixOf(table)} ALTER COLUMN ${name} SET NOT NULL`]),
  ];
};

/** 002108. [documented] */
export const cannotChangeType = ({ name, type }: ColumnDefinition, to: DataType): SqlError =>
  new SqlError(
    '002108',
    '22000',
    `SQL compilation error:\ncannot change column ${displayIdentifier(name)} from type ${formatDataType(type)} to ${formatDataType(to)}`,
  );

/** Keys are kept for DESCRIBE and not enforced. [documented] */
const setPrimaryKey = (alteration: Alteration, keys: ReadonlySet<string>): void => {
  for (const key of keys) find(alteration.table, key);
  const columns = alteration.table.columns.map((column) => ({ ...column, primaryKey: keys.has(column.name) }));
  alteration.table = { ...alteration.table, columns };
};

const columnExists = (name: string): SqlError =>
  new SqlError('001430', '42601', `SQL compilation error:\ncolumn '${displayIdentifier(name)}' already exists`);

const addColumns = (context: CommandContext, cursor: TokenCursor, alteration: Alteration): void => {
  const keys = new Set<string>();
  if (acceptConstraint(cursor, keys)) {
    if (keys.size > 0) setPrimaryKey(alteration, keys);
    return;
  }
  cursor.accept('COLUMN');
  const grouped = cursor.accept('(');
  do {
    cursor.accept('COLUMN');
    const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
    const { column, prelude } = parseColumn(
      context,
      cursor,
      alteration.table.id,
      alteration.table.iceberg !== undefined,
    );
    if (alteration.table.iceberg !== undefined) requireIcebergType(column.type, alteration.table.iceberg.version);
    const { columns } = alteration.table;
    if (columns.some(({ name }) => name === column.name)) {
      if (ifNotExists) continue;
      throw columnExists(column.name);
    }
    const added = distinctlyStored(column, columns);
    alteration.statements.push(...prelude, ...addColumnSql(alteration.table, added));
    alteration.table = { ...alteration.table, columns: [...columns, added] };
  } while (cursor.accept(','));
  if (grouped) cursor.expect(')');
};

const dropColumns = (cursor: TokenCursor, alteration: Alteration): void => {
  cursor.accept('COLUMN');
  const ifExists = cursor.accept('IF', 'EXISTS');
  do {
    const name = cursor.identifier();
    if (ifExists && !alteration.table.columns.some((column) => column.name === name)) continue;
    const column = find(alteration.table, name);
    alteration.statements.push(`${prefixOf(alteration.table)} DROP COLUMN ${storedColumn(column)}`);
    replace(alteration, name, null);
  } while (cursor.accept(','));
};

const renameColumn = (cursor: TokenCursor, alteration: Alteration): void => {
  const column = find(alteration.table, cursor.identifier());
  cursor.expect('TO');
  const name = cursor.identifier();
  const others = alteration.table.columns.filter((one) => one !== column);
  if (others.some((one) => one.name === name)) throw columnExists(name);
  const renamed = distinctlyStored({ ...column, name }, others);
  // By way of a name of its own: DuckDB refuses to change the case of a name.
  for (const [from, to] of [
    [storedColumn(column), '"renamed\ue023"'],
    ['"renamed\ue023"', storedColumn(renamed)],
  ])
    alteration.statements.push(`${prefixOf(alteration.table)} RENAME COLUMN ${from} TO ${to}`);
  replace(alteration, column.name, renamed);
};

const changeColumns = (context: CommandContext, cursor: TokenCursor, alteration: Alteration): void => {
  const grouped = cursor.accept('(');
  do {
    cursor.accept('COLUMN');
    const column = find(alteration.table, cursor.identifier());
    const change = `${prefixOf(alteration.table)} ALTER COLUMN ${storedColumn(column)}`;
    if (cursor.accept('DROP', 'NOT', 'NULL')) {
      if (!column.nullable) alteration.statements.push(`${change} DROP NOT NULL`);
      replace(alteration, column.name, { ...column, nullable: true });
    } else if (cursor.accept('SET', 'NOT', 'NULL')) {
      alteration.statements.push(`${change} SET NOT NULL`);
      replace(alteration, column.name, { ...column, nullable: false });
    } else if (cursor.accept('COMMENT')) replace(alteration, column.name, { ...column, comment: cursor.string() });
    else if (cursor.accept('UNSET', 'COMMENT')) replace(alteration, column.name, { ...column, comment: null });
    else if (cursor.accept('DROP', 'DEFAULT')) {
      alteration.statements.push(`${change} DROP DEFAULT`);
      replace(alteration, column.name, { ...column, defaultSql: null, storedDefaultSql: null });
    } else if (cursor.accept('SET', 'DEFAULT')) {
      const { defaultSql, storedDefaultSql } = parseDefault(context, cursor, column.type);
      alteration.statements.push(`${change} SET DEFAULT ${storedDefaultSql}`);
      replace(alteration, column.name, { ...column, defaultSql, storedDefaultSql });
    } else {
      if (cursor.accept('SET')) cursor.expect('DATA', 'TYPE');
      else cursor.accept('TYPE');
      const type = parseDataType(cursor, alteration.table.iceberg !== undefined);
      if (!mayBecome(column.type, type)) throw cannotChangeType(column, type);
      alteration.statements.push(`${change} TYPE ${storedType(type)}`);
      replace(alteration, column.name, { ...column, type });
    }
  } while (cursor.accept(','));
  if (grouped) cursor.expect(')');
};

/**
 * Which SET DATA TYPE is taken: a longer text, another precision with the same scale, more fractional digits of a time, other
 * fields of a structured type; nothing that changes the kind of value. [documented]
 */
export const mayBecome = (from: DataType, to: DataType): boolean => {
  if (from.name !== to.name) return isSemiStructured(from) && isSemiStructured(to) && to.structure !== undefined;
  if (from.structure !== undefined && to.structure !== undefined) return membersMayBecome(from.structure, to.structure);
  if (from.name === 'NUMBER') return from.scale === to.scale;
  if (from.length !== undefined) return (to.length ?? 0) >= from.length;
  return from.scale === undefined || (to.scale ?? 9) >= from.scale;
};

const membersMayBecome = (from: readonly StructureMember[], to: readonly StructureMember[]): boolean =>
  from.every((member, index) => {
    const next = member.name === null ? to[index] : to.find(({ name }) => name === member.name);
    return next === undefined || mayBecome(member.type, next.type);
  });

const unsetProperties = (cursor: TokenCursor, alteration: Alteration): void => {
  do {
    const property = cursor.identifier();
    if (property === 'COMMENT') alteration.table = { ...alteration.table, comment: null };
    if (property === 'ENABLE_SCHEMA_EVOLUTION') alteration.table = { ...alteration.table, schemaEvolution: false };
    if (property === 'ERROR_LOGGING') alteration.table = { ...alteration.table, errorLogging: false };
  } while (cursor.accept(','));
};

const setProperties = (cursor: TokenCursor, alteration: Alteration): void => {
  while (!cursor.atEnd) {
    const property = cursor.identifier();
    cursor.expect('=');
    const value = cursor.next().text;
    if (property === 'ENABLE_SCHEMA_EVOLUTION')
      alteration.table = { ...alteration.table, schemaEvolution: value === 'TRUE' };
    if (property === 'COMMENT') alteration.table = { ...alteration.table, comment: value };
    if (property === 'ERROR_LOGGING') alteration.table = { ...alteration.table, errorLogging: value === 'TRUE' };
    cursor.accept(',');
  }
};
