import { type ContentEncoding, DataError, type DestinationLimits } from '../api/index.ts';
import { compressedBytes } from '../buffer/index.ts';
import { freeBytes } from '../util/free-bytes.ts';

/** No way to the table is wide enough for the row. */
export class RowTooLargeError extends DataError {
  override readonly name = 'RowTooLargeError';
}

/**
 * An error if a row can never be sent alone: it would wedge its partition. Only a row longer than a whole request needs the trial
 * compression, which is done as the buffer would.
 */
export const rowSizeError = (
  row: Uint8Array,
  { maxRowBytes, maxWireBytes, maxRowWireBytes = maxWireBytes }: DestinationLimits,
  encoding: ContentEncoding,
): RowTooLargeError | null => {
  if (row.length > maxRowBytes)
    return new RowTooLargeError(`The row is ${row.length} bytes long; Snowflake takes ${maxRowBytes} at most`);
  if (row.length <= maxRowWireBytes) return null;
  const compressed = compressedBytes(encoding, row);
  if (compressed <= maxRowWireBytes) return null;
  return new RowTooLargeError(
    `The row is ${row.length} bytes long and ${compressed} compressed; one request to Snowflake takes ${maxRowWireBytes} at most (snowsink.oversize.policy=stage sends it by COPY)`,
  );
};

/** Throws what `rowSizeError` finds. Most rows are so short that their bytes need not be counted. */
export const checkRowSize = (row: string, limits: DestinationLimits, encoding: ContentEncoding): void => {
  const { maxRowBytes, maxWireBytes, maxRowWireBytes = maxWireBytes } = limits;
  if (row.length * 3 <= Math.min(maxRowBytes, maxRowWireBytes)) return;
  const bytes = Buffer.from(row);
  const error = rowSizeError(bytes, limits, encoding);
  freeBytes(bytes);
  if (error !== null) throw error;
};
