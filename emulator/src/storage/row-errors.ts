import type { DuckDBConnection } from '@duckdb/node-api';
import type { TableDefinition } from '../catalog/table-definition.ts';
import type { Batch, Commit } from '../streaming/index.ts';
import type { BadRow } from './checked-insert.ts';
import type { ScannedRows } from './scanned-rows.ts';

/** Columns as ERROR_TABLE(t) shows them. [documented] */
export const errorTableColumns = ['TIMESTAMP', 'QUERY_ID', 'ERROR_CODE', 'ERROR_METADATA', 'ERROR_DATA'] as const;

/** DuckDB query of a table's error table. */
export const errorTableQuery = (tableId: string): string =>
  `SELECT rejected_at AS "TIMESTAMP", NULL::VARCHAR AS "QUERY_ID", code AS "ERROR_CODE", metadata AS "ERROR_METADATA",
     data AS "ERROR_DATA" FROM _emulator.row_errors WHERE table_id = '${tableId}'`;

/**
 * Rows that a table with ERROR_LOGGING = TRUE rejected: in the same transaction as the good rows. [documented columns and
 * details; the codes and `error_source` are inferred]
 */
export const logRowErrors = async (
  connection: DuckDBConnection,
  table: TableDefinition,
  { pipe, channel }: Commit<ScannedRows>,
  { startOffsetToken, endOffsetToken, acceptedAtMs }: Batch<ScannedRows>,
  badRows: readonly BadRow[],
): Promise<void> => {
  for (const { message, raw } of badRows) {
    const metadata = {
      service: 'snowpipe_streaming',
      error_message: message,
      error_source: 'server',
      details: {
        pipe_name: pipe.pipe,
        channel_name: channel,
        offset_token_lower_bound: startOffsetToken,
        offset_token_upper_bound: endOffsetToken,
        error_data_truncated: false,
        error_data_content_type: 'json',
      },
    };
    await connection.run('INSERT INTO _emulator.row_errors VALUES ($1, $2::TIMESTAMPTZ, $3, $4, $5)', [
      table.id,
      new Date(acceptedAtMs).toISOString(),
      message.startsWith('NULL result') ? '100072' : '100038',
      JSON.stringify(metadata),
      JSON.stringify({ $1: raw }),
    ]);
  }
};
