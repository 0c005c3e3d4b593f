import {
  ConfigError,
  type ConnectorConfig,
  type Converter,
  DataError,
  type HeaderConverter,
  type RawHeader,
  type Schema,
  type SchemaAndValue,
} from '../api/index.ts';
import { asciiText } from '../util/ascii-text.ts';
import { javaText } from '../util/java-value-text.ts';

const optionalString: Schema = { type: 'STRING', optional: true };

/**
 * org.apache.kafka.connect.storage.StringConverter: text by `converter.encoding` (UTF-8). Bytes that are no text become
 * replacement characters, never an error.
 */
export class StringConverter implements Converter, HeaderConverter {
  readonly javaClass = 'org.apache.kafka.connect.storage.StringConverter';
  readonly passesJsonThrough = false;
  /** UTF-8 text is its own value. */
  readonly passesTextThrough: boolean;
  readonly readsText?: 'string';
  readonly #decode: (bytes: Uint8Array) => string;
  readonly #encoding: string;

  /** @throws ConfigError for an encoding that is not known */
  constructor(config: ConnectorConfig) {
    this.#encoding = config['converter.encoding'] ?? 'UTF-8';
    this.#decode = decoderOf(this.#encoding);
    this.passesTextThrough = isUtf8(this.#encoding);
    if (this.passesTextThrough) this.readsText = 'string';
  }

  toConnectData(_topic: string, _headers: readonly RawHeader[], bytes: Uint8Array | null): SchemaAndValue {
    return { schema: optionalString, value: bytes === null ? null : this.#decode(bytes) };
  }

  toConnectHeader(topic: string, _name: string, bytes: Uint8Array | null): SchemaAndValue {
    return this.toConnectData(topic, [], bytes);
  }

  fromConnectData(_topic: string, schema: Schema | null, value: unknown): Uint8Array | null {
    if (value === null || value === undefined) return null;
    if (!this.passesTextThrough) {
      throw new DataError(`StringConverter writes UTF-8 only; converter.encoding is '${this.#encoding}'`);
    }
    return Buffer.from(javaText(schema, value));
  }
}

const isUtf8 = (encoding: string): boolean => /^utf-?8$/i.test(encoding);

const decoderOf = (encoding: string): ((bytes: Uint8Array) => string) => {
  // The Encoding Standard's ISO-8859-1 is really windows-1252; Java's is not.
  if (/^(?:iso-?8859-1|latin-?1)$/i.test(encoding)) {
    return (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  }
  try {
    const decoder = new TextDecoder(isUtf8(encoding) ? 'utf-8' : encoding, { ignoreBOM: true });
    if (isUtf8(encoding)) return (bytes) => asciiText(bytes) ?? decoder.decode(bytes);
    return (bytes) => decoder.decode(bytes);
  } catch {
    const message = `must be a known character encoding such as UTF-8 or ISO-8859-1, but is '${encoding}'`;
    throw new ConfigError([{ key: 'converter.encoding', message }]);
  }
};
