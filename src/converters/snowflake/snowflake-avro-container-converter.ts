import {
  type Converter,
  DataError,
  nullValue,
  type RawHeader,
  RecordRows,
  type Schema,
  type SchemaAndValue,
} from '../../api/index.ts';
import type { AvroInput } from '../avro/avro-input.ts';
import { openAvroContainer, type ReadObject } from './avro-container.ts';
import { avroJson, withoutLogicalTypes } from './avro-json.ts';
import { plainAvro } from './plain-avro.ts';

type Compile = (schemaText: string) => ReadObject;

/** Schemas that are kept compiled: a producer's values carry the same one again and again. */
const maxSchemas = 64;

/**
 * The Snowflake connector's converter for values that are Avro Object Containers, each with its schema. Values as Avro's JSON, logical
 * types not heeded. A container of several objects makes several rows; as a key it is a list.
 */
export class SnowflakeAvroContainerConverter implements Converter {
  readonly javaClass = 'com.snowflake.kafka.connector.records.SnowflakeAvroConverterWithoutSchemaRegistry';
  readonly passesJsonThrough = false;
  readonly passesTextThrough = false;
  readonly #isKey: boolean;
  readonly #readers = new Map<string, ReadObject>();
  /** The Avro library is loaded with the first record. */
  #compile: Compile | null = null;

  constructor(isKey: boolean) {
    this.#isKey = isKey;
  }

  toConnectData(
    topic: string,
    _headers: readonly RawHeader[],
    bytes: Uint8Array | null,
  ): SchemaAndValue | Promise<SchemaAndValue> {
    if (bytes === null) return nullValue;
    if (this.#compile !== null) return this.#convert(topic, bytes, this.#compile);
    return loadCompiler().then((compile) => {
      this.#compile = compile;
      return this.#convert(topic, bytes, compile);
    });
  }

  fromConnectData(_topic: string, _schema: Schema | null, _value: unknown): Uint8Array | null {
    throw new DataError(`${this.javaClass} reads only: a sink writes no Avro`);
  }

  #convert(topic: string, bytes: Uint8Array, compile: Compile): SchemaAndValue {
    let rows: readonly unknown[];
    try {
      const container = openAvroContainer(bytes);
      rows = container.read(this.#readerOf(container.schema, compile));
    } catch (cause) {
      throw new DataError(`Failed to parse AVRO record of topic ${topic}: `, { cause });
    }
    if (rows.length === 1) return { schema: null, value: rows[0] ?? null };
    if (this.#isKey) return { schema: null, value: rows };
    if (rows.length === 0) throw new DataError(`The Avro Object Container of topic ${topic} holds no object`);
    return { schema: null, value: new RecordRows(rows) };
  }

  #readerOf(schema: string, compile: Compile): ReadObject {
    const known = this.#readers.get(schema);
    if (known !== undefined) return known;
    const made = compile(schema);
    if (this.#readers.size >= maxSchemas) this.#readers.clear();
    this.#readers.set(schema, made);
    return made;
  }
}

const loadCompiler = async (): Promise<Compile> => {
  const [{ parseAvroSchema }, { AvroCompiler }] = await Promise.all([
    import('../avro/avro-format.ts'),
    import('../avro/compile-avro.ts'),
  ]);
  return (text) => {
    const { node, type, definitions } = parseAvroSchema({ text: withoutLogicalTypes(text, []), references: [] });
    const { schema, read } = new AvroCompiler(plainAvro, definitions).compile(node, type, null);
    return (input: AvroInput) => avroJson(schema, read(input));
  };
};
