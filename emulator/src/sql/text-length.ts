import type { DuckDBConnection } from '@duckdb/node-api';
import { storedColumn, type TableDefinition } from '../catalog/table-definition.ts';
import { SqlError } from './sql-error.ts';

const longest = { VARCHAR: 16_777_216, BINARY: 8_388_608 } as const;

/**
 * DuckDB's texts have no length: after a change, what is longer than its column allows fails the statement, which then has
 * changed nothing. [documented, 100078]
 */
export const requireFittingText = async (connection: DuckDBConnection, table: TableDefinition): Promise<void> => {
  const tests = table.columns.flatMap((one) => {
    const { type } = one;
    if ((type.name !== 'VARCHAR' && type.name !== 'BINARY') || type.length === undefined) return [];
    if (type.length >= longest[type.name]) return [];
    const column = storedColumn(one);
    const size = type.name === 'VARCHAR' ? `length(${column})` : `octet_length(${column})`;
    const shown = type.name === 'VARCHAR' ? column : `hex(${column})`;
    return [`CASE WHEN ${size} > ${type.length} THEN ${shown} END`];
  });
  if (tests.length === 0) return;
  const tooLong = `coalesce(${tests.join(', ')})`;
  const found = await connection.runAndReadAll(
    `SELECT ${tooLong} FROM ${table.storedName} WHERE ${tooLong} IS NOT NULL LIMIT 1`,
  );
  const [row] = found.getRowsJson();
  if (row !== undefined) throw new SqlError('100078', '22000', `String '${row[0]}' is too long and would be truncated`);
};
