import type { DataType } from '../../catalog/data-type.ts';
import { displayIdentifier } from '../../catalog/identifier.ts';
import type { TableDefinition } from '../../catalog/table-definition.ts';
import { listResult, type ResultSet } from '../result-set.ts';
import { sessionParameters } from '../session-parameters.ts';
import { showVariables } from '../session-variables.ts';
import { notEmulated } from '../sql-error.ts';
import type { Command, CommandContext } from './command.ts';
import { createdOn, type Filter, parseFilter, selects, within } from './show-filter.ts';
import { showNoKeys, showPrimaryKeys } from './show-keys.ts';
import { showDatabases, showSchemas } from './show-namespaces.ts';
import { showObjects } from './show-objects.ts';

/** SHOW TABLES | COLUMNS | SCHEMAS | DATABASES | PIPES | CHANNELS | PARAMETERS [LIKE] [IN] [STARTS WITH] [LIMIT]. */
export const show: Command = async (context, cursor) => {
  cursor.accept('TERSE');
  const prefix = ['ICEBERG', 'USER'].includes(cursor.peek().text) ? `${cursor.next().text} ` : '';
  const first = prefix + cursor.identifier();
  const second = ['FORMATS', 'KEYS'].includes(cursor.peek().text) ? ` ${cursor.next().text}` : '';
  const kind = first + second;
  cursor.accept('HISTORY');
  const filter = parseFilter(context, cursor);
  const list = lists[kind];
  if (list === undefined) throw notEmulated(`SHOW ${kind}`);
  return list(context, filter);
};

const tablesOf = ({ catalog }: CommandContext, filter: Filter): readonly TableDefinition[] =>
  catalog.tables().filter((table) => within(filter, table.name.database, table.name.schema));

const showTables = async (context: CommandContext, filter: Filter): Promise<ResultSet> => {
  const tables = tablesOf(context, filter)
    .filter(({ name, viewQuery }) => viewQuery === undefined && selects(filter, name.table))
    .slice(0, filter.limit);
  const counts = tables.map(({ storedName }) => `(SELECT count(*) FROM ${storedName})`);
  const counted = await context.session.connection.runAndReadAll(`SELECT [${counts.join(', ')}]::VARCHAR[]`);
  const [rows] = counted.getRowsJson()[0] ?? [];
  return listResult(
    [
      'created_on',
      'name',
      'database_name',
      'schema_name',
      'kind',
      'comment',
      'cluster_by',
      'rows',
      'owner',
      'retention_time',
      'enable_schema_evolution',
      'is_iceberg',
    ],
    tables.map(({ createdOnMs, name, comment, schemaEvolution, iceberg, owner }, index) => [
      createdOn(createdOnMs),
      name.table,
      name.database,
      name.schema,
      'TABLE',
      comment ?? '',
      '',
      Array.isArray(rows) ? String(rows[index]) : null,
      owner ?? 'ACCOUNTADMIN',
      '1',
      schemaEvolution ? 'Y' : 'N',
      iceberg === undefined ? 'N' : 'Y',
    ]),
  );
};

/** [documented columns, those that the emulator can fill; the flag of schema evolution as connectors read it] */
const showIcebergTables = (context: CommandContext, filter: Filter): ResultSet =>
  listResult(
    [
      'created_on',
      'name',
      'database_name',
      'schema_name',
      'owner',
      'external_volume_name',
      'catalog_name',
      'iceberg_table_type',
      'base_location',
      'can_write_metadata',
      'comment',
      'enable_schema_evolution',
    ],
    tablesOf(context, filter)
      .flatMap(({ name, iceberg, createdOnMs, owner, comment, schemaEvolution }) =>
        iceberg === undefined || !selects(filter, name.table)
          ? []
          : [
              [
                createdOn(createdOnMs),
                name.table,
                name.database,
                name.schema,
                owner ?? 'ACCOUNTADMIN',
                iceberg.externalVolume ?? '',
                'SNOWFLAKE',
                'MANAGED',
                iceberg.baseLocation ?? '',
                'Y',
                comment ?? '',
                schemaEvolution ? 'Y' : 'N',
              ],
            ],
      )
      .slice(0, filter.limit),
  );

/** [documented columns] */
const showViews = (context: CommandContext, filter: Filter): ResultSet =>
  listResult(
    [
      'created_on',
      'name',
      'reserved',
      'database_name',
      'schema_name',
      'owner',
      'comment',
      'text',
      'is_secure',
      'is_materialized',
    ],
    tablesOf(context, filter)
      .flatMap(({ name, viewQuery, createdOnMs, comment }) =>
        viewQuery === undefined || !selects(filter, name.table)
          ? []
          : [
              [
                createdOn(createdOnMs),
                name.table,
                '',
                name.database,
                name.schema,
                'ACCOUNTADMIN',
                comment ?? '',
                viewText(name.table, viewQuery),
                'false',
                'false',
              ],
            ],
      )
      .slice(0, filter.limit),
  );
const viewText = (name: string, query: string): string => `CREATE VIEW ${displayIdentifier(name)} AS ${query}`;

/** `data_type` is JSON. [documented] */
const describedType = (type: DataType, nullable: boolean): string => {
  if (type.name === 'NUMBER')
    return JSON.stringify({ type: 'FIXED', precision: type.precision, scale: type.scale, nullable });
  if (type.name === 'VARCHAR')
    return JSON.stringify({ type: 'TEXT', length: type.length, byteLength: type.length, nullable, fixed: false });
  if (type.name === 'FLOAT') return JSON.stringify({ type: 'REAL', nullable });
  return JSON.stringify({
    type: type.name,
    ...(type.scale === undefined ? {} : { precision: 0, scale: type.scale }),
    nullable,
  });
};

const showColumns = (context: CommandContext, filter: Filter): ResultSet =>
  listResult(
    [
      'table_name',
      'schema_name',
      'column_name',
      'data_type',
      'null?',
      'default',
      'kind',
      'expression',
      'comment',
      'database_name',
      'autoincrement',
    ],
    (filter.table === null ? tablesOf(context, filter) : [filter.table])
      .flatMap(({ name, columns }) =>
        columns
          .filter((column) => selects(filter, column.name))
          .map((column) => [
            name.table,
            name.schema,
            column.name,
            describedType(column.type, column.nullable),
            String(column.nullable),
            column.defaultSql?.startsWith('IDENTITY') === true ? '' : (column.defaultSql ?? ''),
            'COLUMN',
            '',
            column.comment ?? '',
            name.database,
            column.defaultSql?.startsWith('IDENTITY') === true ? column.defaultSql : '',
          ]),
      )
      .slice(0, filter.limit),
  );

const showRoles = ({ catalog, session }: CommandContext, filter: Filter): ResultSet =>
  listResult(
    ['name', 'is_current', 'owner', 'comment'],
    catalog
      .roles()
      .filter((name) => selects(filter, name))
      .map((name) => [name, name === session.role ? 'Y' : 'N', '', ''])
      .slice(0, filter.limit),
  );

const showPipes = ({ catalog }: CommandContext, filter: Filter): ResultSet =>
  listResult(
    ['created_on', 'name', 'database_name', 'schema_name', 'definition', 'comment'],
    catalog
      .pipes()
      .filter(({ name }) => within(filter, name.database, name.schema) && selects(filter, name.pipe))
      .map(({ name, definition, createdOnMs, comment }) => [
        createdOn(createdOnMs),
        name.pipe,
        name.database,
        name.schema,
        definition,
        comment ?? '',
      ])
      .slice(0, filter.limit),
  );

const showStages = ({ catalog }: CommandContext, filter: Filter): ResultSet =>
  listResult(
    ['created_on', 'name', 'database_name', 'schema_name', 'url', 'owner', 'comment', 'type'],
    catalog
      .stages()
      .filter(({ name }) => within(filter, name.database, name.schema) && selects(filter, name.stage))
      .map(({ name, createdOnMs, comment }) => [
        createdOn(createdOnMs),
        name.stage,
        name.database,
        name.schema,
        '',
        'ACCOUNTADMIN',
        comment,
        'INTERNAL',
      ])
      .slice(0, filter.limit),
  );

const showChannels = ({ channels }: CommandContext, filter: Filter): ResultSet =>
  listResult(
    [
      'created_on',
      'name',
      'database_name',
      'schema_name',
      'pipe_name',
      'client_sequencer',
      'row_sequencer',
      'offset_token',
      'status',
    ],
    [...channels()]
      .filter(
        ({ record }) => within(filter, record.pipe.database, record.pipe.schema) && selects(filter, record.channel),
      )
      .map(({ record }) => [
        createdOn(record.createdOnMs),
        record.channel,
        record.pipe.database,
        record.pipe.schema,
        record.pipe.pipe,
        String(record.clientSequencer),
        String(record.rowSequencer),
        record.committedToken,
        record.statusCode,
      ])
      .slice(0, filter.limit),
  );

const showParameters = ({ session }: CommandContext, filter: Filter): ResultSet =>
  listResult(
    ['key', 'value', 'default', 'level', 'description', 'type'],
    sessionParameters(session)
      .filter(({ name }) => selects(filter, name))
      .map(({ name, value, default: initial }) => [
        name,
        String(value),
        initial,
        session.parameters.has(name) ? 'SESSION' : '',
        '',
        typeof value === 'string' ? 'STRING' : typeof value === 'number' ? 'NUMBER' : 'BOOLEAN',
      ]),
  );

/** Open transactions. [documented columns, those that the emulator can fill] */
const showTransactions = ({ database }: CommandContext): ResultSet =>
  listResult(
    ['id', 'session', 'started_on', 'state'],
    database.activity
      .transactions()
      .map(({ id, sessionId, startedOnMs }) => [id, String(sessionId), createdOn(startedOnMs ?? 0), 'running']),
  );

/** [documented columns, those that the emulator can fill] */
const showLocks = ({ catalog, database }: CommandContext): ResultSet => {
  const names = new Map(
    catalog.tables().map(({ id, name }) => [id, [name.database, name.schema, name.table].join('.')]),
  );
  return listResult(
    ['resource', 'type', 'transaction', 'status'],
    database.activity
      .locks()
      .map(({ tableId, holder, isHeld }) => [
        names.get(tableId) ?? tableId,
        'PARTITIONS',
        holder.id,
        isHeld ? 'HOLDING' : 'WAITING',
      ]),
  );
};

/** Tables and views. [documented columns, those that the emulator can fill] */
const showTablesAndViews = (context: CommandContext, filter: Filter): ResultSet =>
  listResult(
    ['created_on', 'name', 'database_name', 'schema_name', 'kind', 'comment', 'owner'],
    tablesOf(context, filter)
      .filter(({ name }) => selects(filter, name.table))
      .slice(0, filter.limit)
      .map(({ createdOnMs, name, viewQuery, comment, owner }) => [
        createdOn(createdOnMs),
        name.table,
        name.database,
        name.schema,
        viewQuery === undefined ? 'TABLE' : 'VIEW',
        comment ?? '',
        owner ?? 'ACCOUNTADMIN',
      ]),
  );

/** Functions and procedures of users, which cannot be made here: none. [documented columns] */
const showNoFunctions = (): ResultSet =>
  listResult(
    [
      'created_on',
      'name',
      'schema_name',
      'is_builtin',
      'is_aggregate',
      'is_ansi',
      'min_num_arguments',
      'max_num_arguments',
      'arguments',
      'description',
      'catalog_name',
      'is_table_function',
      'valid_for_clustering',
      'is_secure',
    ],
    [],
  );

const lists: Readonly<Record<string, (context: CommandContext, filter: Filter) => ResultSet | Promise<ResultSet>>> = {
  TABLES: showTables,
  OBJECTS: showTablesAndViews,
  'USER FUNCTIONS': showNoFunctions,
  'USER PROCEDURES': showNoFunctions,
  PROCEDURES: showNoFunctions,
  'ICEBERG TABLES': showIcebergTables,
  VIEWS: showViews,
  COLUMNS: showColumns,
  SCHEMAS: showSchemas,
  DATABASES: showDatabases,
  ROLES: showRoles,
  PIPES: showPipes,
  STAGES: showStages,
  CHANNELS: showChannels,
  PARAMETERS: showParameters,
  LOCKS: showLocks,
  TRANSACTIONS: showTransactions,
  VARIABLES: showVariables,
  'PRIMARY KEYS': showPrimaryKeys,
  'UNIQUE KEYS': showNoKeys,
  'IMPORTED KEYS': showNoKeys,
  SEQUENCES: showObjects('SEQUENCE'),
  STREAMS: showObjects('STREAM'),
  TASKS: showObjects('TASK'),
  'FILE FORMATS': showObjects('FILE FORMAT'),
  WAREHOUSES: showObjects('WAREHOUSE'),
  USERS: showObjects('USER'),
};
