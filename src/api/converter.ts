import type { RawHeader } from './record-batch.ts';
import type { Schema, SchemaAndValue } from './schema.ts';
import type { OpenValue } from './value-layout.ts';

/** org.apache.kafka.connect.storage.Converter. Throws DataError (bad record) or RetriableError (registry away). */
export interface Converter {
  /** The Java class that it stands for: DLQ headers and logs name it. */
  readonly javaClass: string;
  /**
   * True where a value of strict JSON text is its own row content: JsonConverter without schemas. Then the raw path may
   * splice the bytes; whatever it does not accept comes to `toConnectData` all the same, which decides.
   */
  readonly passesJsonThrough: boolean;
  /** True where valid UTF-8 is its own string value: StringConverter with UTF-8. */
  readonly passesTextThrough: boolean;
  toConnectData(
    topic: string,
    headers: readonly RawHeader[],
    bytes: Uint8Array | null,
  ): SchemaAndValue | Promise<SchemaAndValue>;
  /** There only where values can be found in their bytes without objects. @throws DataError */
  readonly open?: OpenValue;
  fromConnectData(topic: string, schema: Schema | null, value: unknown): Uint8Array | null;
}

/** org.apache.kafka.connect.storage.HeaderConverter. */
export interface HeaderConverter {
  readonly javaClass: string;
  /**
   * What UTF-8 text becomes: `string`, itself; `simple`, the type that it looks like (org.apache.kafka.connect.data.Values). Left out: only
   * `toConnectHeader` can tell.
   */
  readonly readsText?: 'string' | 'simple';
  toConnectHeader(topic: string, name: string, bytes: Uint8Array | null): SchemaAndValue;
}
