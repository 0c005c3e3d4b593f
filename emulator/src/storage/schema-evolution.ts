import type { DuckDBConnection } from '@duckdb/node-api';
import { type DataType, maxVarcharLength, storedType } from '../catalog/data-type.ts';
import { quoteIdentifier } from '../catalog/identifier.ts';
import {
  type ColumnDefinition,
  distinctlyStored,
  storedColumn,
  type TableDefinition,
} from '../catalog/table-definition.ts';
import { type ColumnMatch, matchingFields } from './checked-insert.ts';
import type { RowFile } from './row-file.ts';

export interface Evolved {
  readonly table: TableDefinition;
  readonly statements: readonly string[];
}

/**
 * What a table with ENABLE_SCHEMA_EVOLUTION = TRUE becomes when rows bring fields that it lacks: new fields are added
 * with an inferred type (all null: VARCHAR, nested: VARIANT), columns that rows leave out lose NOT NULL. Iceberg tables do not
 * evolve so: fields that they lack are dropped. [documented; that new names are upper-cased is inferred from the case-insensitive match, with a case-sensitive one they are not]
 */
export const evolveTable = async (
  connection: DuckDBConnection,
  table: TableDefinition,
  fields: readonly string[],
  file: RowFile,
  match: ColumnMatch = 'CASE_INSENSITIVE',
): Promise<Evolved | null> => {
  if (table.iceberg !== undefined) return null;
  const nameOf = (field: string): string => (match === 'CASE_SENSITIVE' ? field : field.toUpperCase());
  const known = new Set(table.columns.map((column) => nameOf(column.name)));
  const added: ColumnDefinition[] = [];
  for (const [index, field] of fields.entries()) {
    const name = nameOf(field);
    if (known.has(name)) continue;
    known.add(name);
    const type = await inferType(connection, file, file.columns[index] ?? '');
    const column = {
      name,
      type,
      nullable: true,
      defaultSql: null,
      storedDefaultSql: null,
      primaryKey: false,
      comment: null,
    };
    added.push(distinctlyStored(column, [...table.columns, ...added]));
  }
  const relaxed = table.columns.filter(
    (column) =>
      !column.nullable && column.storedDefaultSql === null && matchingFields(column, table, fields, match).length === 0,
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
      ...relaxed.map((column) => `${alter} ALTER COLUMN ${storedColumn(column)} DROP NOT NULL`),
      ...added.map((column) => `${alter} ADD COLUMN ${storedColumn(column)} ${storedType(column.type)}`),
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
