import type { DuckDBConnection } from '@duckdb/node-api';
import { resultColumn } from './cell-encoding.ts';
import type { ResultColumn } from './result-set.ts';
import { fromDuckDb } from './sql-error.ts';
import { headingOf } from './syntax-tree.ts';

/** The columns of a DuckDB query, without its rows. */
export const describeQuery = async (connection: DuckDBConnection, query: string): Promise<readonly ResultColumn[]> => {
  try {
    const result = await connection.run(`SELECT * FROM (${query}) LIMIT 0`);
    const types = result.columnTypes();
    return result.columnNames().flatMap((name, index) => {
      const type = types[index];
      return type === undefined ? [] : [resultColumn(headingOf(name), type)];
    });
  } catch (error) {
    throw fromDuckDb(error);
  }
};
