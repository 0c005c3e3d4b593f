import {
  ConfigError,
  ConnectError,
  type ConnectorConfig,
  type Converter,
  DataError,
  errorMessage,
  nullValue,
  type RawHeader,
  type Schema,
  type SchemaAndValue,
} from '../api/index.ts';
import { type JsonFormat, jsonOfConnectValue } from './connect-to-json.ts';
import { jsonConverterConfig } from './converter-config-defs.ts';
import { JsonSyntaxError, type ParsedJson, parseJson, parseLastMember } from './json-parser.ts';
import { schemaOfNode, schemaText } from './json-schema-node.ts';
import { connectValueOf } from './json-to-connect.ts';

class SerializationError extends ConnectError {
  override readonly javaClass: string = 'org.apache.kafka.common.errors.SerializationException';
  override readonly name: string = 'SerializationError';
}

/** `{"schema":…,"payload":` as JsonConverter itself writes it. */
interface EnvelopeHead {
  readonly bytes: Buffer;
  readonly schema: Schema;
}

const notAnEnvelope =
  'JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain additional fields. If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter configuration.';

/**
 * org.apache.kafka.connect.json.JsonConverter: schemas.enable, schemas.cache.size, decimal.format, replace.null.with.default and
 * schema.content (KIP-1054). Without schemas a value is Map, array, string, boolean, null or JsonNumber, digits as written.
 */
export class JsonConverter implements Converter {
  readonly javaClass = 'org.apache.kafka.connect.json.JsonConverter';
  readonly passesJsonThrough: boolean;
  readonly passesTextThrough = false;
  readonly #schemasEnable: boolean;
  readonly #replaceNullWithDefault: boolean;
  readonly #format: JsonFormat;
  readonly #schemaContent: Schema | null;
  readonly #cacheSize: number;
  /** By the schema's JSON text. */
  readonly #cache = new Map<string, Schema>();
  /** Of the record before: most records of a topic carry the same schema, byte for byte. */
  #head: EnvelopeHead | null = null;

  /** @throws ConfigError naming the sub-key */
  constructor(config: ConnectorConfig) {
    const { values, problems } = jsonConverterConfig.parse({ 'converter.type': 'value', ...config });
    if (problems.length > 0) throw new ConfigError(problems);
    this.#schemasEnable = values['schemas.enable'];
    this.#replaceNullWithDefault = values['replace.null.with.default'];
    this.#format = {
      decimals: values['decimal.format'].toUpperCase() === 'NUMERIC' ? 'NUMERIC' : 'BASE64',
      replaceNullWithDefault: this.#replaceNullWithDefault,
    };
    this.#cacheSize = values['schemas.cache.size'];
    this.#schemaContent = this.#schemasEnable ? this.#parseSchemaContent(values['schema.content']) : null;
    this.passesJsonThrough = !this.#schemasEnable;
  }

  toConnectData(_topic: string, _headers: readonly RawHeader[], bytes: Uint8Array | null): SchemaAndValue {
    if (bytes === null) return nullValue;
    const behindHead = this.#withKnownHead(bytes);
    if (behindHead !== null) return behindHead;
    const parsed = parse(bytes, this.#schemasEnable);
    if (!this.#schemasEnable) return { schema: null, value: parsed.value ?? null };
    const isEnvelope =
      parsed.memberTexts.size === 2 && ['schema', 'payload'].every((name) => parsed.memberTexts.has(name));
    if (this.#schemaContent !== null) {
      const node = isEnvelope && parsed.value instanceof Map ? parsed.value.get('payload') : parsed.value;
      return this.#byContentSchema(this.#schemaContent, node);
    }
    if (!isEnvelope || !(parsed.value instanceof Map)) throw new DataError(notAnEnvelope);
    const text = parsed.memberTexts.get('schema') ?? '';
    const read = this.#fromEnvelope(parsed.value, text);
    if (read.schema !== null) this.#head = { bytes: Buffer.from(`{"schema":${text},"payload":`), schema: read.schema };
    return read;
  }

  /** Null: the whole envelope has to be read. */
  #withKnownHead(bytes: Uint8Array): SchemaAndValue | null {
    if (this.#head === null) return null;
    const { bytes: head, schema } = this.#head;
    if (bytes.length < head.length || !head.equals(bytes.subarray(0, head.length))) return null;
    const payload = parseLastMember(bytes.subarray(head.length));
    if (payload === null) return null;
    return { schema, value: connectValueOf(schema, payload.value, this.#replaceNullWithDefault) };
  }

  fromConnectData(_topic: string, schema: Schema | null, value: unknown): Uint8Array | null {
    if (schema === null && (value === null || value === undefined)) return null;
    const payload = jsonOfConnectValue(schema, value, this.#format);
    if (!this.#schemasEnable) return Buffer.from(payload);
    const defaultText = (inner: Schema): string => jsonOfConnectValue(inner, inner.defaultValue, this.#format);
    return Buffer.from(`{"schema":${schemaText(schema, defaultText)},"payload":${payload}}`);
  }

  #fromEnvelope(envelope: ReadonlyMap<string, unknown>, text: string): SchemaAndValue {
    const node = envelope.get('schema');
    const payload = envelope.get('payload');
    if (node === null) return { schema: null, value: payload ?? null };
    const schema = this.#schemaOf(node, text);
    return { schema, value: connectValueOf(schema, payload, this.#replaceNullWithDefault) };
  }

  #byContentSchema(schema: Schema, node: unknown): SchemaAndValue {
    return { schema, value: connectValueOf(schema, node, this.#replaceNullWithDefault) };
  }

  #schemaOf(node: unknown, text: string): Schema {
    const known = this.#cache.get(text);
    if (known !== undefined) return known;
    const schema = schemaOfNode(node, this.#replaceNullWithDefault);
    if (this.#cache.size >= this.#cacheSize) {
      for (const oldest of this.#cache.keys()) {
        this.#cache.delete(oldest);
        break;
      }
    }
    this.#cache.set(text, schema);
    return schema;
  }

  #parseSchemaContent(text: string | null): Schema | null {
    if (text === null || text === '') return null;
    try {
      return schemaOfNode(parseJson(Buffer.from(text)).value, this.#replaceNullWithDefault);
    } catch (cause) {
      const message = `must be the JSON of a Connect schema, like {"type":"struct","fields":[{"field":"id","type":"int64"}]}: ${errorMessage(cause)}`;
      throw new ConfigError([{ key: 'schema.content', message }], { cause });
    }
  }
}

const parse = (bytes: Uint8Array, memberTexts: boolean): ParsedJson => {
  try {
    return parseJson(bytes, { memberTexts });
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const cause = new SerializationError(`com.fasterxml.jackson.core.JsonParseException: ${error.message}`);
    throw new DataError('Converting byte[] to Kafka Connect data failed due to serialization error: ', { cause });
  }
};
