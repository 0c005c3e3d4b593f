import type { EmulatorCatalog } from '../catalog/catalog.ts';
import type { DataType } from '../catalog/data-type.ts';
import { quoteLiteral } from '../catalog/identifier.ts';
import type { ColumnDefinition, TableDefinition } from '../catalog/table-definition.ts';

/** A cell: text, number, or DuckDB's own expression. */
type Cell = string | number | null | { readonly sql: string };
interface View {
  /** Name and DuckDB type. */
  readonly columns: readonly (readonly [name: string, type: 'VARCHAR' | 'DECIMAL(38,0)' | 'TIMESTAMPTZ'])[];
  readonly rows: (catalog: EmulatorCatalog, database: string) => readonly (readonly Cell[])[];
}

/** The views of INFORMATION_SCHEMA that the emulator has; null: another name. [documented columns, the useful ones] */
export const informationSchemaView = (
  catalog: EmulatorCatalog,
  database: string,
  name: string,
): TableDefinition | null => {
  const view = views[name];
  if (view === undefined || !catalog.hasDatabase(database)) return null;
  const rows = view.rows(catalog, database).map((cells) => `(${cells.map(literal).join(', ')})`);
  const select = view.columns.map(([, type], index) => `c${index}::${type}`).join(', ');
  const nothing = `(${view.columns.map(() => 'NULL').join(', ')})`;
  const names = view.columns.map((_, index) => `c${index}`).join(', ');
  return {
    id: `INFORMATION_SCHEMA.${name} of ${database}`,
    name: { database, schema: 'INFORMATION_SCHEMA', table: name },
    storedName: '',
    columns: view.columns.map(([column]) => textColumn(column)),
    viewQuery: `SELECT ${select} FROM (VALUES ${rows.length === 0 ? nothing : rows.join(', ')}) AS v(${names})${
      rows.length === 0 ? ' WHERE FALSE' : ''
    }`,
    schemaEvolution: false,
    comment: null,
    createdOnMs: 0,
  };
};

const literal = (cell: Cell): string => {
  if (cell === null) return 'NULL';
  if (typeof cell === 'number') return String(cell);
  return typeof cell === 'string' ? quoteLiteral(cell) : cell.sql;
};

const textColumn = (name: string): ColumnDefinition => ({
  name,
  type: { name: 'VARCHAR' },
  nullable: true,
  defaultSql: null,
  storedDefaultSql: null,
  primaryKey: false,
  comment: null,
});

const yesNo = (yes: boolean): string => (yes ? 'YES' : 'NO');
const isoTime = (ms: number): string => new Date(ms).toISOString();
const tablesOf = (catalog: EmulatorCatalog, database: string): readonly TableDefinition[] =>
  catalog.tables().filter(({ name }) => name.database === database);

/** INFORMATION_SCHEMA names text columns TEXT. [documented] */
const typeName = ({ name }: DataType): string => (name === 'VARCHAR' ? 'TEXT' : name);

const columnCells = ({ name: table }: TableDefinition, column: ColumnDefinition, position: number): readonly Cell[] => {
  const { type } = column;
  const isNumber = type.name === 'NUMBER';
  const isTime = type.name.startsWith('TIME');
  return [
    table.database,
    table.schema,
    table.table,
    column.name,
    position,
    column.defaultSql,
    yesNo(column.nullable),
    typeName(type),
    type.length ?? null,
    isNumber ? (type.precision ?? null) : null,
    isNumber ? (type.scale ?? null) : null,
    isTime ? (type.scale ?? null) : null,
    yesNo(column.defaultSql?.startsWith('IDENTITY') === true),
    column.comment,
  ];
};

const views: Readonly<Record<string, View>> = {
  SCHEMATA: {
    columns: [
      ['CATALOG_NAME', 'VARCHAR'],
      ['SCHEMA_NAME', 'VARCHAR'],
      ['SCHEMA_OWNER', 'VARCHAR'],
    ],
    rows: (catalog, database) => [
      ...catalog
        .schemas()
        .filter((schema) => schema.database === database)
        .map(({ schema }) => [database, schema, 'ACCOUNTADMIN']),
      [database, 'INFORMATION_SCHEMA', null],
    ],
  },
  TABLES: {
    columns: [
      ['TABLE_CATALOG', 'VARCHAR'],
      ['TABLE_SCHEMA', 'VARCHAR'],
      ['TABLE_NAME', 'VARCHAR'],
      ['TABLE_OWNER', 'VARCHAR'],
      ['TABLE_TYPE', 'VARCHAR'],
      ['ROW_COUNT', 'DECIMAL(38,0)'],
      ['CREATED', 'TIMESTAMPTZ'],
      ['COMMENT', 'VARCHAR'],
    ],
    rows: (catalog, database) =>
      tablesOf(catalog, database).map(({ name, viewQuery, storedName, createdOnMs, comment }) => [
        name.database,
        name.schema,
        name.table,
        'ACCOUNTADMIN',
        viewQuery === undefined ? 'BASE TABLE' : 'VIEW',
        viewQuery === undefined ? { sql: `(SELECT count(*) FROM ${storedName})` } : null,
        isoTime(createdOnMs),
        comment,
      ]),
  },
  VIEWS: {
    columns: [
      ['TABLE_CATALOG', 'VARCHAR'],
      ['TABLE_SCHEMA', 'VARCHAR'],
      ['TABLE_NAME', 'VARCHAR'],
      ['TABLE_OWNER', 'VARCHAR'],
      ['VIEW_DEFINITION', 'VARCHAR'],
      ['CREATED', 'TIMESTAMPTZ'],
    ],
    rows: (catalog, database) =>
      tablesOf(catalog, database).flatMap(({ name, viewQuery, createdOnMs }) =>
        viewQuery === undefined
          ? []
          : [[name.database, name.schema, name.table, 'ACCOUNTADMIN', viewQuery, isoTime(createdOnMs)]],
      ),
  },
  COLUMNS: {
    columns: [
      ['TABLE_CATALOG', 'VARCHAR'],
      ['TABLE_SCHEMA', 'VARCHAR'],
      ['TABLE_NAME', 'VARCHAR'],
      ['COLUMN_NAME', 'VARCHAR'],
      ['ORDINAL_POSITION', 'DECIMAL(38,0)'],
      ['COLUMN_DEFAULT', 'VARCHAR'],
      ['IS_NULLABLE', 'VARCHAR'],
      ['DATA_TYPE', 'VARCHAR'],
      ['CHARACTER_MAXIMUM_LENGTH', 'DECIMAL(38,0)'],
      ['NUMERIC_PRECISION', 'DECIMAL(38,0)'],
      ['NUMERIC_SCALE', 'DECIMAL(38,0)'],
      ['DATETIME_PRECISION', 'DECIMAL(38,0)'],
      ['IS_IDENTITY', 'VARCHAR'],
      ['COMMENT', 'VARCHAR'],
    ],
    rows: (catalog, database) =>
      tablesOf(catalog, database).flatMap((table) =>
        table.columns.map((column, index) => columnCells(table, column, index + 1)),
      ),
  },
};
