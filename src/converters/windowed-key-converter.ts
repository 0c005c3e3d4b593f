import {
  type ConnectorConfig,
  type Converter,
  DataError,
  nullValue,
  type RawHeader,
  type Schema,
  type SchemaAndValue,
  Struct,
} from '../api/index.ts';
import { atLeast, ConfigDef, long, oneOfIgnoringCase, originalsWithPrefix, string } from '../config/index.ts';
import { parseConverterConfig } from './parse-converter-config.ts';

export const windowedKeyConverterConfig = new ConfigDef({
  inner: string({
    default: 'org.apache.kafka.connect.storage.StringConverter',
    importance: 'HIGH',
    documentation: 'Converter of the key proper; its own keys stand behind inner. (inner.schema.registry.url).',
  }),
  'window.type': string({
    default: 'time',
    validator: oneOfIgnoringCase('time', 'session'),
    importance: 'HIGH',
    documentation: 'time: tumbling and hopping windows, whose start follows the key. session: end and start follow.',
  }),
  'window.size.ms': long({
    default: null,
    validator: atLeast(1),
    documentation: 'Length of time windows, which keys do not carry: with it there is a WINDOWEND.',
  }),
});

const int64: Schema = { type: 'INT64', optional: true };
const timestampBytes = 8;

type CreateInner = (javaClass: string, config: ConnectorConfig) => Converter;

/**
 * Keys of windowed tables as ksqlDB and Kafka Streams write them: the key's own bytes, then big-endian times in milliseconds
 * (org.apache.kafka.streams.state.internals.WindowKeySchema and SessionKeySchema): the start of a time window, or end and start of a
 * session. The key becomes KEY, WINDOWSTART and, where it is known, WINDOWEND, as ksqlDB calls them.
 */
export class WindowedKeyConverter implements Converter {
  readonly javaClass = 'io.snowsink.WindowedKeyConverter';
  readonly passesJsonThrough = false;
  readonly passesTextThrough = false;
  readonly #inner: Converter;
  readonly #isSession: boolean;
  readonly #sizeMs: bigint | null;
  #schema: { readonly inner: Schema; readonly whole: Schema } | null = null;

  /** @throws ConfigError naming the sub-key */
  constructor(config: ConnectorConfig, createInner: CreateInner) {
    const values = parseConverterConfig(windowedKeyConverterConfig, config);
    this.#isSession = values['window.type'].toLowerCase() === 'session';
    this.#sizeMs = values['window.size.ms'] === null ? null : BigInt(values['window.size.ms']);
    this.#inner = createInner(values.inner, originalsWithPrefix(config, 'inner.'));
  }

  toConnectData(
    topic: string,
    headers: readonly RawHeader[],
    bytes: Uint8Array | null,
  ): SchemaAndValue | Promise<SchemaAndValue> {
    if (bytes === null) return nullValue;
    const suffix = this.#isSession ? 2 * timestampBytes : timestampBytes;
    if (bytes.length < suffix) {
      throw new DataError(`A windowed key of ${bytes.length} bytes is too short: its window alone takes ${suffix}`);
    }
    const end = bytes.length - suffix;
    const times = new DataView(bytes.buffer, bytes.byteOffset + end, suffix);
    const start = times.getBigInt64(suffix - timestampBytes);
    const until = this.#isSession ? times.getBigInt64(0) : this.#sizeMs === null ? null : start + this.#sizeMs;
    const key = this.#inner.toConnectData(topic, headers, bytes.subarray(0, end));
    return key instanceof Promise
      ? key.then((read) => this.#whole(read, start, until))
      : this.#whole(key, start, until);
  }

  fromConnectData(_topic: string, _schema: Schema | null, _value: unknown): Uint8Array | null {
    throw new DataError(`${this.javaClass} reads only: a sink writes no windowed keys`);
  }

  #whole({ schema, value }: SchemaAndValue, start: bigint, end: bigint | null): SchemaAndValue {
    const values = new Map<string, unknown>([
      ['KEY', value],
      ['WINDOWSTART', start],
      ['WINDOWEND', end],
    ]);
    if (schema === null) return { schema: null, value: values };
    if (this.#schema?.inner !== schema) this.#schema = { inner: schema, whole: windowedSchema(schema) };
    const { whole } = this.#schema;
    return { schema: whole, value: new Struct(whole, values) };
  }
}

const windowedSchema = (key: Schema): Schema => ({
  type: 'STRUCT',
  optional: false,
  fields: [
    { name: 'KEY', index: 0, schema: key },
    { name: 'WINDOWSTART', index: 1, schema: int64 },
    { name: 'WINDOWEND', index: 2, schema: int64 },
  ],
});
