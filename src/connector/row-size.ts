import { type ContentEncoding, DataError, type DestinationLimits } from '../api/index.ts';
import { compressedBytes } from '../buffer/index.ts';

/**
 * Throws a DataError if a row can never be sent alone: it would wedge its partition. Only a row longer than a whole request
 * needs the trial compression, which is done as the buffer would.
 */
export const checkRowSize = (
  row: Uint8Array,
  { maxRowBytes, maxWireBytes }: DestinationLimits,
  encoding: ContentEncoding,
): void => {
  if (row.length > maxRowBytes) {
    throw new DataError(`The row is ${row.length} bytes long; Snowflake takes ${maxRowBytes} at most`);
  }
  if (row.length <= maxWireBytes) return;
  const compressed = compressedBytes(encoding, row);
  if (compressed > maxWireBytes) {
    throw new DataError(
      `The row is ${row.length} bytes long and ${compressed} compressed; one request to Snowflake takes ${maxWireBytes} at most`,
    );
  }
};
