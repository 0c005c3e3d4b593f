import type { DuckDBConnection } from '@duckdb/node-api';
import { type DataType, maxVarcharLength, storedType } from '../catalog/data-type.ts';
import { quoteIdentifier } from '../catalog/identifier.ts';
import type { ColumnDefinition, TableDefinition } from '../catalog/table-definition.ts';
import type { RowFile } from './row-file.ts';

export interface Evolved {
  readonly table: TableDefinition;
  readonly statements: readonly string[];
}

/**
 * What a table with ENABLE_SCHEMA_EVOLUTION = TRUE becomes when rows bring fields that it lacks: new fields are added
 * with an inferred type (all null: VARCHAR, nested: VARIANT), columns that rows leave out lose NOT NULL. Iceberg tables do not
 * evolve so: fields that they lack are dropped. [documented; that new names are upper-cased is inferred from the case-insensitive match]
 */
export const evolveTable = async (
  connection: DuckDBConnection,
  table: TableDefinition,
  fields: readonly string[],
  file: RowFile,
): Promise<Evolved | null> => {
  if (table.iceberg !== undefined) return null;
  const known = new Set(table.columns.map((column) => column.name.toUpperCase()));
  const added: ColumnDefinition[] = [];
  for (const [index, field] of fields.entries()) {
    const name = field.toUpperCase();
    if (known.has(name)) continue;
    known.add(name);
    const type = await inferType(connection, file, file.columns[index] ?? '');
    added.push({
      name,
      type,
      nullable: true,
      defaultSql: null,
      storedDefaultSql: null,
      primaryKey: false,
      comment: null,
    });
  }
  const sent = new Set(fields.map((field) => field.toUpperCase()));
  const relaxed = table.columns.filter(
    (column) => !column.nullable && column.storedDefaultSql === null && !sent.has(column.name.toUpperCase()),
  );
  if (added.length === 0 && relaxed.length === 0) return null;
  const alter = `ALTER TABLE ${table.storedName}`;
  return {
    table: {
      ...table,
      columns: [
        ...table.columns.map((column) => (relaxed.includes(column) ? { ...column, nullable: true } : column)),
        ...added,
      ],
    },
    statements: [
      ...relaxed.map((column) => `${alter} ALTER COLUMN ${quoteIdentifier(column.name)} DROP NOT NULL`),
      ...added.map((column) => `${alter} ADD COLUMN ${quoteIdentifier(column.name)} ${storedType(column.type)}`),
    ],
  };
};

const inferType = async (connection: DuckDBConnection, file: RowFile, column: string): Promise<DataType> => {
  const json = quoteIdentifier(column);
  const found = await connection.runAndReadAll(
    `SELECT count(*), count_if(regexp_full_match(${json}, '-?[0-9]+')), count_if(regexp_matches(${json}, '^[-0-9]')),
       count_if(${json} IN ('true', 'false')), count_if(${json}[1] = '"')
     FROM ${file.source} WHERE ${json} IS NOT NULL AND ${json} <> 'null'`,
  );
  const [values, integers, numbers, booleans, strings] = (found.getRowsJson()[0] ?? []).map(Number);
  if (values === 0 || values === strings) return { name: 'VARCHAR', length: maxVarcharLength };
  if (values === integers) return { name: 'NUMBER', precision: 38, scale: 0 };
  if (values === numbers) return { name: 'FLOAT' };
  return values === booleans ? { name: 'BOOLEAN' } : { name: 'VARIANT' };
};
