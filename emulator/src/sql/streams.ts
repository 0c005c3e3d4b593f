import { randomUUID } from 'node:crypto';
import type { DuckDBConnection } from '@duckdb/node-api';
import { type AccountObject, storedSnapshot } from '../catalog/account-object.ts';
import type { EmulatorCatalog } from '../catalog/catalog.ts';
import type { DataType } from '../catalog/data-type.ts';
import { displayIdentifier, quoteIdentifier } from '../catalog/identifier.ts';
import { type ColumnDefinition, storedColumn, type TableDefinition } from '../catalog/table-definition.ts';
import { notEmulated, SqlError } from './sql-error.ts';

/** Hidden in tables that a stream reads: a row keeps its id for as long as it lives. [documented] */
const rowId = 'METADATA$ROW_ID';
const quotedRowId = quoteIdentifier(rowId);

const namesOf = ({ columns }: TableDefinition, prefix = ''): string =>
  columns.map((one) => `${prefix}${storedColumn(one)}`).join(', ');

/** DuckDB statements by which a table begins to keep the ids of its rows. */
export const trackChanges = ({ storedName }: TableDefinition): readonly string[] => [
  `ALTER TABLE ${storedName} ADD COLUMN ${quotedRowId} VARCHAR DEFAULT sha1(uuid()::VARCHAR)`,
];

/** The same table without what is hidden in it. */
export const visibleRows = (table: TableDefinition): { readonly name: string; readonly create: string } => {
  const name = `"temp"."main".${quoteIdentifier(`rows of ${table.id}`)}`;
  return {
    name,
    create: `CREATE OR REPLACE TEMP VIEW ${name} AS SELECT ${namesOf(table)} FROM ${table.storedName}`,
  };
};

const snapshotQuery = (table: TableDefinition, isInitial: boolean): string =>
  `SELECT ${isInitial} AS "initial", ${quotedRowId}, ${namesOf(table)} FROM ${table.storedName}`;

/** What a new stream keeps of its table: the rows that it has seen, or with SHOW_INITIAL_ROWS shall show first. */
export const newSnapshot = (
  table: TableDefinition,
  showsInitialRows: boolean,
): { readonly stored: string; readonly statements: readonly string[] } => {
  const stored = `stream ${randomUUID()}`;
  return {
    stored,
    statements: [`CREATE TABLE _emulator.${quoteIdentifier(stored)} AS ${snapshotQuery(table, showsInitialRows)}`],
  };
};

const column = (name: string, type: DataType): ColumnDefinition => ({
  name,
  type,
  nullable: true,
  defaultSql: null,
  storedDefaultSql: null,
  primaryKey: false,
  comment: null,
});

/** The three columns behind the table's own. [documented] */
const metadataColumns: readonly ColumnDefinition[] = [
  column('METADATA$ACTION', { name: 'VARCHAR', length: 6 }),
  column('METADATA$ISUPDATE', { name: 'BOOLEAN' }),
  column(rowId, { name: 'VARCHAR', length: 40 }),
];

/** The table of a stream; one that was dropped or replaced takes the stream's history with it. [documented] */
const sourceOf = (catalog: EmulatorCatalog, stream: AccountObject): TableDefinition => {
  const { TABLE = '', TABLE_ID } = stream.properties;
  if (TABLE_ID === undefined) throw notEmulated('reading streams on views');
  const table = catalog.tables().find(({ id }) => id === TABLE_ID);
  if (table === undefined)
    // [the code is inferred]
    throw new SqlError(
      '002003',
      '42S02',
      `SQL compilation error:\nBase table '${TABLE}' dropped, cannot read from stream '${displayIdentifier(stream.name.at(-1) ?? '')}'`,
    );
  return table;
};

/**
 * A stream as a table: the net difference between the rows that it has seen and those that there are. An update is a
 * DELETE and an INSERT with METADATA$ISUPDATE; APPEND_ONLY shows rows that came, and nothing else; SHOW_INITIAL_ROWS
 * first the rows that there were. [documented; a row that was deleted before an APPEND_ONLY stream was read is missing
 * here, Snowflake shows it]
 */
export const readStream = (
  catalog: EmulatorCatalog,
  stream: AccountObject,
): { readonly table: TableDefinition; readonly name: string; readonly create: string } => {
  const table = sourceOf(catalog, stream);
  const name = `"temp"."main".${quoteIdentifier(stream.properties['STORED'] ?? '')}`;
  const seen = storedSnapshot(stream);
  const metadata = (action: string, isUpdate: string, id: string): string =>
    `'${action}' AS "METADATA$ACTION", ${isUpdate} AS "METADATA$ISUPDATE", ${id} AS ${quotedRowId}`;
  const joined = `${table.storedName} AS n FULL JOIN ${seen} AS o ON n.${quotedRowId} = o.${quotedRowId}`;
  const isPast = `NOT EXISTS (SELECT 1 FROM ${seen} WHERE "initial")`;
  const [isNew, isGone] = [`o.${quotedRowId} IS NULL`, `n.${quotedRowId} IS NULL`];
  const isChanged = `(NOT (${isNew}) AND NOT (${isGone}) AND (${namesOf(table, 'n.')}) IS DISTINCT FROM (${namesOf(table, 'o.')}))`;
  const appendOnly = stream.properties['APPEND_ONLY'] === 'TRUE';
  const parts = [
    `SELECT ${namesOf(table)}, ${metadata('INSERT', 'FALSE', quotedRowId)} FROM ${seen} WHERE "initial"`,
    `SELECT ${namesOf(table, 'n.')}, ${metadata('INSERT', `NOT (${isNew})`, `n.${quotedRowId}`)} FROM ${joined}
      WHERE ${isPast} AND (${isNew}${appendOnly ? '' : ` OR ${isChanged}`})`,
  ];
  if (!appendOnly)
    parts.push(`SELECT ${namesOf(table, 'o.')}, ${metadata('DELETE', `NOT (${isGone})`, `o.${quotedRowId}`)} FROM ${joined}
      WHERE ${isPast} AND (${isGone} OR ${isChanged})`);
  return {
    table: { ...table, columns: [...table.columns, ...metadataColumns] },
    name,
    create: `CREATE OR REPLACE TEMP VIEW ${name} AS ${parts.join(' UNION ALL ')}`,
  };
};

/**
 * Moves a stream's offset to what its readers in this transaction have seen: with the commit of a transaction that used it
 * in DML, not by a SELECT alone. [documented] Runs within the DuckDB transaction of those changes.
 */
export const advanceStream = async (
  connection: DuckDBConnection,
  catalog: EmulatorCatalog,
  stream: AccountObject,
): Promise<void> => {
  const snapshot = storedSnapshot(stream);
  const initial = await connection.runAndReadAll(`SELECT count(*) FROM ${snapshot} WHERE "initial"`);
  if (Number(initial.getRowsJson()[0]?.[0]) > 0) await connection.run(`UPDATE ${snapshot} SET "initial" = FALSE`);
  else
    await connection.run(`CREATE OR REPLACE TABLE ${snapshot} AS ${snapshotQuery(sourceOf(catalog, stream), false)}`);
};

/** SYSTEM$STREAM_HAS_DATA. [documented] */
export const streamHasData = async (
  connection: DuckDBConnection,
  catalog: EmulatorCatalog,
  stream: AccountObject,
): Promise<boolean> => {
  const { name, create } = readStream(catalog, stream);
  await connection.run(create);
  const found = await connection.runAndReadAll(`SELECT 1 FROM ${name} LIMIT 1`);
  return found.currentRowCount > 0;
};
