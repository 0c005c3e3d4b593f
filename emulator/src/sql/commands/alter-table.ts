import { storedType } from '../../catalog/data-type.ts';
import { displayIdentifier, quoteIdentifier } from '../../catalog/identifier.ts';
import type { ColumnDefinition, TableDefinition } from '../../catalog/table-definition.ts';
import { requireTableAccess } from '../require-access.ts';
import { statusResult } from '../result-set.ts';
import { alreadyExists, doesNotExist, invalidIdentifier, notEmulated, SqlError } from '../sql-error.ts';
import type { TokenCursor } from '../token-cursor.ts';
import { parseColumn, parseDataType } from './column-parser.ts';
import type { Command, CommandContext } from './command.ts';

interface Alteration {
  table: TableDefinition;
  statements: string[];
}

/** ALTER TABLE: ADD, DROP and RENAME COLUMN, SET/DROP NOT NULL, SET DATA TYPE, RENAME TO, SET property. */
export const alterTable: Command = async (context, cursor) => {
  const ifExists = cursor.accept('IF', 'EXISTS');
  const parts = cursor.name();
  const table = context.catalog.table(context.session.tableName(parts));
  const done = statusResult('Statement executed successfully.');
  if (table === null) {
    if (ifExists) return done;
    throw doesNotExist('Table', parts.map(displayIdentifier).join('.'));
  }
  requireTableAccess(context.session, context.catalog, table, 'OWNERSHIP');
  if (cursor.accept('RENAME', 'TO')) {
    const target = context.session.tableName(cursor.name());
    if (context.catalog.table(target) !== null) throw alreadyExists(displayIdentifier(target.table));
    await context.catalog.renameTable(table.name, target);
    return done;
  }
  const alteration: Alteration = { table, statements: [] };
  alter(context, cursor, alteration);
  cursor.expectEnd();
  await context.catalog.alterTable(alteration.table, alteration.statements);
  return done;
};

const alter = (context: CommandContext, cursor: TokenCursor, alteration: Alteration): void => {
  if (cursor.accept('ADD')) addColumns(context, cursor, alteration);
  else if (cursor.accept('DROP')) dropColumns(cursor, alteration);
  else if (cursor.accept('RENAME', 'COLUMN')) renameColumn(cursor, alteration);
  else if (cursor.accept('ALTER') || cursor.accept('MODIFY')) changeColumns(cursor, alteration);
  else if (cursor.accept('SET')) setProperties(cursor, alteration);
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

const addColumns = (context: CommandContext, cursor: TokenCursor, alteration: Alteration): void => {
  cursor.accept('COLUMN');
  do {
    cursor.accept('COLUMN');
    const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
    const { column, prelude } = parseColumn(context, cursor, alteration.table.id);
    const { columns } = alteration.table;
    const known = columns.find(({ name }) => name.toUpperCase() === column.name.toUpperCase());
    if (known?.name === column.name) {
      if (ifNotExists) continue;
      throw new SqlError(
        '001430',
        '42601',
        `SQL compilation error:\ncolumn '${displayIdentifier(column.name)}' already exists`,
      );
    }
    if (known !== undefined) throw notEmulated(`tables with columns that differ only in case (${column.name})`);
    const fallback = column.storedDefaultSql === null ? '' : ` DEFAULT ${column.storedDefaultSql}`;
    alteration.statements.push(
      ...prelude,
      `${prefixOf(alteration.table)} ADD COLUMN ${quoteIdentifier(column.name)} ${storedType(column.type)}${fallback}`,
    );
    if (!column.nullable)
      alteration.statements.push(
        `${prefixOf(alteration.table)} ALTER COLUMN ${quoteIdentifier(column.name)} SET NOT NULL`,
      );
    alteration.table = { ...alteration.table, columns: [...columns, column] };
  } while (cursor.accept(','));
};

const dropColumns = (cursor: TokenCursor, alteration: Alteration): void => {
  cursor.accept('COLUMN');
  const ifExists = cursor.accept('IF', 'EXISTS');
  do {
    const name = cursor.identifier();
    if (ifExists && !alteration.table.columns.some((column) => column.name === name)) continue;
    find(alteration.table, name);
    alteration.statements.push(`${prefixOf(alteration.table)} DROP COLUMN ${quoteIdentifier(name)}`);
    replace(alteration, name, null);
  } while (cursor.accept(','));
};

const renameColumn = (cursor: TokenCursor, alteration: Alteration): void => {
  const column = find(alteration.table, cursor.identifier());
  cursor.expect('TO');
  const name = cursor.identifier();
  alteration.statements.push(
    `${prefixOf(alteration.table)} RENAME COLUMN ${quoteIdentifier(column.name)} TO ${quoteIdentifier(name)}`,
  );
  replace(alteration, column.name, { ...column, name });
};

const changeColumns = (cursor: TokenCursor, alteration: Alteration): void => {
  const grouped = cursor.accept('(');
  do {
    cursor.accept('COLUMN');
    const column = find(alteration.table, cursor.identifier());
    const change = `${prefixOf(alteration.table)} ALTER COLUMN ${quoteIdentifier(column.name)}`;
    if (cursor.accept('DROP', 'NOT', 'NULL')) {
      if (!column.nullable) alteration.statements.push(`${change} DROP NOT NULL`);
      replace(alteration, column.name, { ...column, nullable: true });
    } else if (cursor.accept('SET', 'NOT', 'NULL')) {
      alteration.statements.push(`${change} SET NOT NULL`);
      replace(alteration, column.name, { ...column, nullable: false });
    } else if (cursor.accept('COMMENT')) replace(alteration, column.name, { ...column, comment: cursor.string() });
    else {
      if (cursor.accept('SET')) cursor.expect('DATA', 'TYPE');
      else cursor.accept('TYPE');
      const type = parseDataType(cursor);
      alteration.statements.push(`${change} TYPE ${storedType(type)}`);
      replace(alteration, column.name, { ...column, type });
    }
  } while (cursor.accept(','));
  if (grouped) cursor.expect(')');
};

const setProperties = (cursor: TokenCursor, alteration: Alteration): void => {
  while (!cursor.atEnd) {
    const property = cursor.identifier();
    cursor.expect('=');
    const value = cursor.next().text;
    if (property === 'ENABLE_SCHEMA_EVOLUTION')
      alteration.table = { ...alteration.table, schemaEvolution: value === 'TRUE' };
    if (property === 'COMMENT') alteration.table = { ...alteration.table, comment: value };
    cursor.accept(',');
  }
};
