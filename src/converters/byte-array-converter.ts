import {
  type Converter,
  DataError,
  type HeaderConverter,
  type RawHeader,
  type Schema,
  type SchemaAndValue,
} from '../api/index.ts';

const optionalBytes: Schema = { type: 'BYTES', optional: true };

/** org.apache.kafka.connect.converters.ByteArrayConverter. The value is a view on the record's bytes. */
export class ByteArrayConverter implements Converter, HeaderConverter {
  readonly javaClass = 'org.apache.kafka.connect.converters.ByteArrayConverter';
  readonly passesJsonThrough = false;
  readonly passesTextThrough = false;

  toConnectData(_topic: string, _headers: readonly RawHeader[], bytes: Uint8Array | null): SchemaAndValue {
    return { schema: optionalBytes, value: bytes };
  }

  toConnectHeader(_topic: string, _name: string, bytes: Uint8Array | null): SchemaAndValue {
    return { schema: optionalBytes, value: bytes };
  }

  fromConnectData(_topic: string, schema: Schema | null, value: unknown): Uint8Array | null {
    if (schema !== null && schema.type !== 'BYTES') {
      throw new DataError(`Invalid schema type for ByteArrayConverter: ${schema.type}`);
    }
    if (value === null || value === undefined) return null;
    if (value instanceof Uint8Array) return value;
    throw new DataError('ByteArrayConverter is not compatible with values that are not bytes');
  }
}
