import { type HeaderConverter, nullValue, type SchemaAndValue } from '../api/index.ts';
import { parseValue } from './parse-value.ts';

/**
 * org.apache.kafka.connect.storage.SimpleHeaderConverter, Connect's default: the type that the text looks like (`1` is an INT8).
 * Bytes that are no UTF-8 become replacement characters, never an error.
 */
export class SimpleHeaderConverter implements HeaderConverter {
  readonly javaClass = 'org.apache.kafka.connect.storage.SimpleHeaderConverter';
  readonly readsText = 'simple';

  toConnectHeader(_topic: string, _name: string, bytes: Uint8Array | null): SchemaAndValue {
    return bytes === null
      ? nullValue
      : parseValue(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  }
}
