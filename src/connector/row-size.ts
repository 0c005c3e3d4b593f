import { type ContentEncoding, DataError, type DestinationLimits } from '../api/index.ts';
import { compressedBytes } from '../buffer/index.ts';

/** No way to the table is wide enough for the row. */
export class RowTooLargeError extends DataError {
  override readonly name = 'RowTooLargeError';
}

/**
 * Throws a RowTooLargeError if a row can never be sent alone: it would wedge its partition. Only a row longer than a whole request
 * needs the trial compression, which is done as the buffer would.
 */
export const checkRowSize = (
  row: Uint8Array,
  { maxRowBytes, maxWireBytes, maxRowWireBytes = maxWireBytes }: DestinationLimits,
  encoding: ContentEncoding,
): void => {
  if (row.length > maxRowBytes) {
    throw new RowTooLargeError(`The row is ${row.length} bytes long; Snowflake takes ${maxRowBytes} at most`);
  }
  if (row.length <= maxRowWireBytes) return;
  const compressed = compressedBytes(encoding, row);
  if (compressed > maxRowWireBytes) {
    throw new RowTooLargeError(
      `The row is ${row.length} bytes long and ${compressed} compressed; one request to Snowflake takes ${maxRowWireBytes} at most (snowsink.oversize.policy=stage sends it by COPY)`,
    );
  }
};
