import { formatDataType } from '../../catalog/data-type.ts';
import { displayIdentifier } from '../../catalog/identifier.ts';
import { requireObject } from '../account-object-lookup.ts';
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

const objectKinds = ['SEQUENCE', 'STREAM', 'TASK', 'FILE FORMAT', 'WAREHOUSE', 'USER'] as const;

/** DESCRIBE TABLE, the default [documented columns]; of other objects their properties, one a row. */
export const describeTable: Command = async (context, cursor) => {
  const { session, catalog } = context;
  for (const kind of objectKinds) {
    if (!cursor.accept(...kind.split(' '))) continue;
    const { properties } = requireObject(context, kind, cursor.name());
    return listResult(
      ['property', 'value'],
      Object.entries(properties).flatMap(([name, value]) => (name === 'STORED' ? [] : [[name, value]])),
    );
  }
  cursor.accept('ICEBERG');
  const named = cursor.accept('TABLE') || cursor.accept('VIEW');
  if (!named && !['', ';', '.'].includes(cursor.peek(1).text)) throw notEmulated(`DESCRIBE ${cursor.peek().text}`);
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
