import { gunzipSync } from 'node:zlib';
import { DataError } from '../../api/index.ts';
import { javaClassName } from '../connect-value.ts';
import type { CreateSidedApply } from '../record-side.ts';

/** What a record may unpack to: more than one row of Snowflake can hold (16 MB), less than a bomb. */
const maxBytes = 64 * 1024 * 1024;

/** io.confluent.connect.transforms.GzipDecompress: bytes that gzip packed, whole. Null passes. After its documentation. */
export const gzipDecompress: CreateSidedApply = (_config, side) => (record) => {
  const value = side.valueOf(record);
  if (value === null || value === undefined) return record;
  const schema = side.schemaOf(record);
  if (!(value instanceof Uint8Array)) {
    throw new DataError(`GzipDecompress takes bytes only (ByteArrayConverter), found: ${javaClassName(schema, value)}`);
  }
  try {
    const unpacked = gunzipSync(value, { maxOutputLength: maxBytes });
    return side.replaced(record, schema, unpacked);
  } catch (cause) {
    throw new DataError('GzipDecompress: the bytes are no whole gzip stream, or unpack to more than 64 MB', { cause });
  }
};
