import { randomUUID } from 'node:crypto';
import type { DuckDBConnection } from '@duckdb/node-api';
import { type DataType, typeWithoutIceberg } from '../../catalog/data-type.ts';
import { displayIdentifier } from '../../catalog/identifier.ts';
import {
  type ColumnDefinition,
  distinctlyStored,
  type IcebergProperties,
  type TableDefinition,
} from '../../catalog/table-definition.ts';
import { columnNames } from '../../storage/checked-insert.ts';
import type { TableName } from '../../streaming/index.ts';
import { describeQuery } from '../describe-query.ts';
import { requireSchemaAccess } from '../require-access.ts';
import { type ResultColumn, type ResultSet, statusResult } from '../result-set.ts';
import { rewriteQuery } from '../rewrite-query.ts';
import { alreadyExists, doesNotExist, noTypeOfIceberg, notEmulated, SqlError } from '../sql-error.ts';
import { advanceStream } from '../streams.ts';
import { parseSnowflake, toDuckDb } from '../syntax-tree.ts';
import type { TokenCursor } from '../token-cursor.ts';
import { acceptConstraint, parseColumn } from './column-parser.ts';
import type { CommandContext } from './command.ts';
import { requireSchema } from './namespaces.ts';

interface TableProperties {
  schemaEvolution: boolean;
  /** Of an Iceberg table. */
  version: number;
  externalVolume: string | null;
  baseLocation: string | null;
  errorLogging: boolean;
  comment: string | null;
}

/** Of a table that says nothing of them. */
export const plainProperties = (): TableProperties => ({
  schemaEvolution: false,
  version: 2,
  externalVolume: null,
  baseLocation: null,
  errorLogging: false,
  comment: null,
});

export interface CreateTableOptions {
  readonly orReplace: boolean;
  /** CREATE ICEBERG TABLE. */
  readonly iceberg?: boolean;
}

/** CREATE [OR REPLACE] TABLE [IF NOT EXISTS] t (…) | AS SELECT | LIKE t | CLONE t. */
export const createTable = async (
  context: CommandContext,
  cursor: TokenCursor,
  { orReplace, iceberg }: CreateTableOptions,
): Promise<ResultSet> => {
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  const name = context.session.tableName(cursor.name());
  requireSchema(context, name);
  requireSchemaAccess(context.session, context.catalog, name, 'CREATE TABLE');
  const existing = context.catalog.table(name);
  const display = displayIdentifier(name.table);
  if (existing !== null && ifNotExists) return statusResult(`${display} already exists, statement succeeded.`);
  if (existing?.viewQuery !== undefined) throw alreadyExists(display);
  if (existing !== null && !orReplace) throw alreadyExists(display);
  const id = randomUUID();
  const properties = plainProperties();
  const parsed = cursor.peek().text === '(' ? parseColumns(context, cursor, id, iceberg) : { columns: [], prelude: [] };
  const table = (columns: readonly ColumnDefinition[]): TableDefinition => ({
    id,
    name,
    storedName: context.catalog.storedTableName(name),
    ...(context.session.role === null ? {} : { owner: context.session.role }),
    columns: storable(distinctNames(columns), iceberg === true ? properties.version : null),
    schemaEvolution: properties.schemaEvolution,
    ...(properties.errorLogging ? { errorLogging: true } : {}),
    ...(iceberg === true ? { iceberg: icebergOf(properties) } : {}),
    comment: properties.comment,
    createdOnMs: context.nowMs,
  });
  const isClone = cursor.accept('CLONE');
  if (isClone || cursor.accept('LIKE')) {
    const source = sourceTable(context, cursor, name);
    parseProperties(cursor, properties);
    await context.catalog.createTable(
      { ...table(source.columns), schemaEvolution: source.schemaEvolution || properties.schemaEvolution },
      { fillFrom: isClone ? `SELECT ${columnNames(source)} FROM ${source.storedName}` : null },
    );
    return statusResult(`Table ${display} successfully created.`);
  }
  parseProperties(cursor, properties);
  if (cursor.accept('AS')) {
    const query = cursor.sql.slice(cursor.peek().from);
    const { tree, prelude, streams } = rewriteQuery(
      parseSnowflake(query),
      query,
      context.session,
      context.catalog,
      context.nowMs,
    );
    const fillFrom = toDuckDb(tree);
    const columns = parsed.columns.length > 0 ? parsed.columns : await columnsOfQuery(context, fillFrom, prelude);
    const fitting = columns.some(({ type }) => type.name === 'TIMESTAMP_TZ') ? asColumns(fillFrom, columns) : fillFrom;
    const filled = async (connection: DuckDBConnection): Promise<void> => {
      for (const stream of streams) await advanceStream(connection, context.catalog, stream);
    };
    await context.catalog.createTable(table(columns), {
      fillFrom: fitting,
      prelude: [...parsed.prelude, ...prelude],
      filled,
    });
    return statusResult(`Table ${display} successfully created.`);
  }
  cursor.expectEnd();
  if (parsed.columns.length === 0) cursor.fail();
  await context.catalog.createTable(table(parsed.columns), { prelude: parsed.prelude });
  return statusResult(`Table ${display} successfully created.`);
};

/** What DuckDB does not convert by itself. */
const asColumns = (query: string, columns: readonly ColumnDefinition[]): string => {
  const names = columns.map((_, index) => `c${index}`);
  const values = columns.map(({ type }, index) => (type.name === 'TIMESTAMP_TZ' ? `sf_to_tz(c${index})` : `c${index}`));
  return `SELECT ${values.join(', ')} FROM (${query}) AS q(${names.join(', ')})`;
};

export const parseColumns = (
  context: CommandContext,
  cursor: TokenCursor,
  sequencePrefix: string,
  isIceberg = false,
): { columns: ColumnDefinition[]; prelude: string[] } => {
  const columns: ColumnDefinition[] = [];
  const prelude: string[] = [];
  const keys = new Set<string>();
  cursor.expect('(');
  do {
    if (acceptConstraint(cursor, keys)) continue;
    const parsed = parseColumn(context, cursor, sequencePrefix, isIceberg);
    columns.push(parsed.column);
    prelude.push(...parsed.prelude);
  } while (cursor.accept(','));
  cursor.expect(')');
  return {
    columns: columns.map((column) =>
      keys.has(column.name) ? { ...column, primaryKey: true, nullable: false } : column,
    ),
    prelude,
  };
};

/** Properties without effect on rows are accepted: CLUSTER BY, DATA_RETENTION_TIME_IN_DAYS, ERROR_LOGGING, … */
export const parseProperties = (cursor: TokenCursor, properties: TableProperties): void => {
  while (!cursor.atEnd && cursor.peek().text !== 'AS') {
    if (cursor.accept(',') || cursor.accept('COPY', 'GRANTS')) continue;
    if (cursor.accept('CLUSTER', 'BY') || cursor.accept('PARTITION', 'BY')) cursor.skipGroup();
    else {
      const property = cursor.identifier();
      cursor.accept('=');
      const value = cursor.peek();
      cursor.skipGroup();
      if (property === 'COMMENT') properties.comment = value.text;
      if (property === 'ICEBERG_VERSION') properties.version = Number(value.text);
      if (property === 'EXTERNAL_VOLUME') properties.externalVolume = value.text;
      if (property === 'BASE_LOCATION') properties.baseLocation = value.text;
      if (property === 'ERROR_LOGGING') properties.errorLogging = value.text === 'TRUE';
      if (property === 'ENABLE_SCHEMA_EVOLUTION') properties.schemaEvolution = value.text === 'TRUE';
    }
  }
};

const icebergOf = ({ version, externalVolume, baseLocation }: TableProperties): IcebergProperties => ({
  version,
  externalVolume,
  baseLocation,
});

/** @param icebergVersion null: no Iceberg table */
const storable = (columns: readonly ColumnDefinition[], icebergVersion: number | null): readonly ColumnDefinition[] => {
  if (icebergVersion !== null) for (const { type } of columns) requireIcebergType(type, icebergVersion);
  return columns;
};

export const requireIcebergType = (type: DataType, version: number): void => {
  const name = typeWithoutIceberg(type, version);
  if (name !== null) throw noTypeOfIceberg(name);
};

export const distinctNames = (columns: readonly ColumnDefinition[]): readonly ColumnDefinition[] => {
  const distinct: ColumnDefinition[] = [];
  for (const column of columns) {
    if (distinct.some(({ name }) => name === column.name))
      throw new SqlError('002025', '42S21', `SQL compilation error:\nduplicate column name '${column.name}'`);
    distinct.push(distinctlyStored(column, distinct));
  }
  return distinct;
};

const sourceTable = (context: CommandContext, cursor: TokenCursor, target: TableName): TableDefinition => {
  const parts = cursor.name();
  const source = context.catalog.table(context.session.tableName(parts));
  if (source === null) throw doesNotExist('Object', parts.map(displayIdentifier).join('.'));
  if (source.columns.some(({ defaultSql }) => defaultSql?.startsWith('IDENTITY') === true))
    throw notEmulated(`LIKE or CLONE of a table with IDENTITY columns (${target.table})`);
  return source;
};

export const columnsOfQuery = async (
  context: CommandContext,
  query: string,
  prelude: readonly string[],
): Promise<readonly ColumnDefinition[]> => {
  for (const statement of prelude) await context.session.connection.run(statement);
  const columns = await describeQuery(context.session.connection, query);
  return columns.map((column) => ({
    name: column.name,
    type: typeOfResult(column),
    nullable: true,
    defaultSql: null,
    storedDefaultSql: null,
    primaryKey: false,
    comment: null,
  }));
};

const typeOfResult = ({ type, precision, scale, length }: ResultColumn): DataType => {
  switch (type) {
    case 'fixed':
      return { name: 'NUMBER', precision: precision ?? 38, scale: scale ?? 0 };
    case 'real':
      return { name: 'FLOAT' };
    case 'text':
      return { name: 'VARCHAR', length: length ?? 16_777_216 };
    case 'binary':
      return { name: 'BINARY', length: length ?? 8_388_608 };
    case 'boolean':
      return { name: 'BOOLEAN' };
    case 'date':
      return { name: 'DATE' };
    case 'time':
      return { name: 'TIME', scale: 9 };
    case 'timestamp_ntz':
      return { name: 'TIMESTAMP_NTZ', scale: 9 };
    case 'timestamp_ltz':
      return { name: 'TIMESTAMP_LTZ', scale: 9 };
    case 'timestamp_tz':
      return { name: 'TIMESTAMP_TZ', scale: 9 };
    case 'object':
      return { name: 'OBJECT' };
    case 'array':
      return { name: 'ARRAY' };
    case 'variant':
      return { name: 'VARIANT' };
  }
};
