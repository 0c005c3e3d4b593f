import { zstdCompressSync } from 'node:zlib';
import { DataError, type DestinationLimits } from '../api/index.ts';

/**
 * Throws a DataError if a row can never be sent alone: it would wedge its partition. Only a row longer than a whole request
 * needs the trial compression.
 */
export const checkRowSize = (row: Uint8Array, { maxRowBytes, maxWireBytes }: DestinationLimits): void => {
  if (row.length > maxRowBytes) {
    throw new DataError(`The row is ${row.length} bytes long; Snowflake takes ${maxRowBytes} at most`);
  }
  if (row.length <= maxWireBytes) return;
  const compressed = zstdCompressSync(row).length;
  if (compressed > maxWireBytes) {
    throw new DataError(
      `The row is ${row.length} bytes long and ${compressed} compressed; one request to Snowflake takes ${maxWireBytes} at most`,
    );
  }
};
