import { listResult, type ResultSet } from '../result-set.ts';
import type { CommandContext } from './command.ts';
import { type Filter, selects } from './show-filter.ts';

const flag = (is: boolean): string => (is ? 'Y' : 'N');

/** Drivers read these by position. [documented columns; when they were created is not kept] */
export const showDatabases = ({ catalog, session }: CommandContext, filter: Filter): ResultSet =>
  listResult(
    [
      'created_on',
      'name',
      'is_default',
      'is_current',
      'origin',
      'owner',
      'comment',
      'options',
      'retention_time',
      'kind',
    ],
    catalog
      .databases()
      .filter((name) => selects(filter, name))
      .map((name) => [
        null,
        name,
        'N',
        flag(name === session.database),
        '',
        'ACCOUNTADMIN',
        catalog.comment([name]),
        '',
        '1',
        'STANDARD',
      ])
      .slice(0, filter.limit),
  );

/** [documented columns; when they were created is not kept] */
export const showSchemas = ({ catalog, session }: CommandContext, filter: Filter): ResultSet =>
  listResult(
    [
      'created_on',
      'name',
      'is_default',
      'is_current',
      'database_name',
      'owner',
      'comment',
      'options',
      'retention_time',
    ],
    catalog
      .schemas()
      .filter(
        ({ database, schema }) => (filter.database === null || filter.database === database) && selects(filter, schema),
      )
      .map(({ database, schema }) => [
        null,
        schema,
        'N',
        flag(database === session.database && schema === session.schema),
        database,
        'ACCOUNTADMIN',
        catalog.comment([database, schema]),
        '',
        '1',
      ])
      .slice(0, filter.limit),
  );
