import { formatDataType, storedType } from '../../catalog/data-type.ts';
import { displayIdentifier } from '../../catalog/identifier.ts';
import {
  type ColumnDefinition,
  distinctlyStored,
  storedColumn,
  type TableDefinition,
} from '../../catalog/table-definition.ts';
import { requireTableAccess } from '../require-access.ts';
import { type ResultSet, statusResult } from '../result-set.ts';
import { alreadyExists, notEmulated } from '../sql-error.ts';
import { TokenCursor } from '../token-cursor.ts';
import { addColumnSql, cannotChangeType, mayBecome } from './alter-table.ts';
import type { CommandContext } from './command.ts';
import { createTable, parseColumns, parseProperties, plainProperties } from './create-table.ts';

/**
 * CREATE OR ALTER TABLE t (…): makes the table, or changes the one that there is into it. New columns stand at the end, what
 * is left out is dropped, rows and grants stay, properties that are not named are unset. [documented]
 */
export const createOrAlterTable = async (context: CommandContext, cursor: TokenCursor): Promise<ResultSet> => {
  const ahead = new TokenCursor(cursor.sql);
  ahead.skipTo(cursor.peek().from);
  ahead.accept('IF', 'NOT', 'EXISTS');
  const table = context.catalog.table(context.session.tableName(ahead.name()));
  if (table === null) return createTable(context, cursor, { orReplace: false });
  if (table.viewQuery !== undefined) throw alreadyExists(displayIdentifier(table.name.table));
  if (table.iceberg !== undefined) throw notEmulated('CREATE OR ALTER of Iceberg tables');
  requireTableAccess(context.session, context.catalog, table, 'OWNERSHIP');
  if (ahead.peek().text !== '(') throw notEmulated('CREATE OR ALTER TABLE without a list of columns');
  const { columns: parsed, prelude } = parseColumns(context, ahead, table.id);
  const columns = parsed.map((column) => storedIn(table, column));
  const properties = plainProperties();
  parseProperties(ahead, properties);
  if (ahead.accept('AS')) throw notEmulated('CREATE OR ALTER TABLE … AS SELECT');
  ahead.expectEnd();
  const changed: TableDefinition = {
    ...table,
    columns,
    schemaEvolution: properties.schemaEvolution,
    errorLogging: properties.errorLogging,
    comment: properties.comment,
  };
  const sequences = prelude.map((statement) => statement.replace(/^CREATE SEQUENCE /, '$&IF NOT EXISTS '));
  await context.catalog.alterTable(changed, [...sequences, ...statementsFor(table, columns)]);
  return statusResult('Statement executed successfully.');
};

/** Under the name that DuckDB has it, or will have it. */
const storedIn = ({ columns }: TableDefinition, column: ColumnDefinition): ColumnDefinition => {
  const known = columns.find(({ name }) => name === column.name);
  if (known === undefined) return distinctlyStored(column, columns);
  return known.storedAs === undefined ? column : { ...column, storedAs: known.storedAs };
};

/** What DuckDB must do so that the table has these columns. */
const statementsFor = (table: TableDefinition, columns: readonly ColumnDefinition[]): readonly string[] => {
  const known = new Map(table.columns.map((column) => [column.name, column]));
  const wanted = new Set(columns.map(({ name }) => name));
  const kept = table.columns.filter(({ name }) => wanted.has(name)).map(({ name }) => name);
  if (columns.slice(0, kept.length).some(({ name }, index) => name !== kept[index]))
    throw notEmulated('CREATE OR ALTER TABLE with columns in another order, or new ones that are not the last');
  return [
    ...columns.flatMap((column) => {
      const before = known.get(column.name);
      return before === undefined ? addColumnSql(table, column) : changeSql(table, before, column);
    }),
    ...table.columns
      .filter(({ name }) => !wanted.has(name))
      .map((column) => `ALTER TABLE ${table.storedName} DROP COLUMN ${storedColumn(column)}`),
  ];
};

const changeSql = (table: TableDefinition, before: ColumnDefinition, after: ColumnDefinition): readonly string[] => {
  const change = `ALTER TABLE ${table.storedName} ALTER COLUMN ${storedColumn(after)}`;
  const statements: string[] = [];
  if (formatDataType(before.type) !== formatDataType(after.type)) {
    if (!mayBecome(before.type, after.type)) throw cannotChangeType(before, after.type);
    statements.push(`${change} TYPE ${storedType(after.type)}`);
  }
  if (before.defaultSql !== after.defaultSql) {
    const fallback = after.storedDefaultSql;
    statements.push(fallback === null ? `${change} DROP DEFAULT` : `${change} SET DEFAULT ${fallback}`);
  }
  if (before.nullable !== after.nullable) statements.push(`${change} ${after.nullable ? 'DROP' : 'SET'} NOT NULL`);
  return statements;
};
