import { formatDataType } from '../../catalog/data-type.ts';
import { displayIdentifier } from '../../catalog/identifier.ts';
import { listResult } from '../result-set.ts';
import { doesNotExist, notEmulated } from '../sql-error.ts';
import type { Command } from './command.ts';

const headings = [
  'name',
  'type',
  'kind',
  'null?',
  'default',
  'primary key',
  'unique key',
  'check',
  'expression',
  'comment',
  'policy name',
  'privacy domain',
];

/** DESCRIBE TABLE. [documented columns] */
export const describeTable: Command = async ({ session, catalog }, cursor) => {
  if (!cursor.accept('TABLE') && !cursor.accept('VIEW')) throw notEmulated(`DESCRIBE ${cursor.peek().text}`);
  const parts = cursor.name();
  const table = catalog.table(session.tableName(parts));
  if (table === null) throw doesNotExist('Table', parts.map(displayIdentifier).join('.'));
  return listResult(
    headings,
    table.columns.map((column) => [
      column.name,
      formatDataType(column.type),
      'COLUMN',
      column.nullable ? 'Y' : 'N',
      column.defaultSql,
      column.primaryKey ? 'Y' : 'N',
      'N',
      null,
      null,
      column.comment,
      null,
      null,
    ]),
  );
};
