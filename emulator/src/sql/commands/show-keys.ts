import { listResult, type ResultSet } from '../result-set.ts';
import type { CommandContext } from './command.ts';
import { createdOn, type Filter, within } from './show-filter.ts';

const headings = [
  'created_on',
  'database_name',
  'schema_name',
  'table_name',
  'column_name',
  'key_sequence',
  'constraint_name',
  'rely',
  'comment',
] as const;

/** SHOW PRIMARY KEYS [IN …]. [documented columns] */
export const showPrimaryKeys = ({ catalog }: CommandContext, filter: Filter): ResultSet =>
  listResult(
    headings,
    (filter.table === null ? catalog.tables() : [filter.table])
      .filter(({ name }) => within(filter, name.database, name.schema))
      .flatMap(({ id, name, columns, createdOnMs }) =>
        columns
          .filter(({ primaryKey }) => primaryKey)
          .map((column, index) => [
            createdOn(createdOnMs),
            name.database,
            name.schema,
            name.table,
            column.name,
            String(index + 1),
            `SYS_CONSTRAINT_${id}`,
            'false',
            null,
          ]),
      ),
  );

/** SHOW UNIQUE KEYS and IMPORTED KEYS: taken in CREATE TABLE and forgotten. */
export const showNoKeys = (): ResultSet => listResult(headings, []);
