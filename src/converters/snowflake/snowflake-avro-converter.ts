import { type ConnectorConfig, type RawHeader, type SchemaAndValue, SnowflakeRecordContent } from '../../api/index.ts';
import { boolean, ConfigDef, string } from '../../config/index.ts';
import { type RegisteredSchema, registryConfigDef, type SchemaRegistries } from '../../registry/index.ts';
import { parseConverterConfig } from '../parse-converter-config.ts';
import { type SchemaCompiler, SchemaRegistryConverter } from '../schema-registry-converter.ts';
import { avroJson, withoutLogicalTypes } from './avro-json.ts';
import { plainAvro } from './plain-avro.ts';

const javaClass = 'com.snowflake.kafka.connector.records.SnowflakeAvroConverter';

export const snowflakeAvroConverterConfig = new ConfigDef({
  ...registryConfigDef.keys,
  'reader.schema': string({ default: null, documentation: 'Avro schema in JSON that all values are read as.' }),
  'break.on.schema.registry.error': boolean({
    default: false,
    documentation: 'Accepted: a record whose schema cannot be had is a bad one; errors.tolerance decides.',
  }),
});

/**
 * The Snowflake connector's own Avro converter: values as Avro's JSON, without a schema; of the logical types only decimals count. The
 * registry's id goes into RECORD_METADATA. What it marked as broken is a bad record here.
 */
export class SnowflakeAvroConverter extends SchemaRegistryConverter {
  /** @throws ConfigError naming the sub-key */
  constructor(config: ConnectorConfig, isKey: boolean, registries: SchemaRegistries) {
    const text = parseConverterConfig(snowflakeAvroConverterConfig, config)['reader.schema'];
    const reader: RegisteredSchema | null = text === null ? null : plain({ kind: 'AVRO', text, references: [] });
    super(
      {
        javaClass,
        name: 'Avro',
        kind: 'AVRO',
        failedMessage: (topic) => `Failed to parse AVRO record of topic ${topic}: `,
        load: async () => jsonCompiler((await import('../avro/avro-format.ts')).avroCompiler(plainAvro), reader),
      },
      config,
      isKey,
      registries,
    );
  }

  override toConnectData(
    topic: string,
    headers: readonly RawHeader[],
    bytes: Uint8Array | null,
  ): SchemaAndValue | Promise<SchemaAndValue> {
    const converted = super.toConnectData(topic, headers, bytes);
    const schemaId = bytes !== null && bytes[0] === 0 ? Buffer.from(bytes).readInt32BE(1) : null;
    if (schemaId === null) return converted;
    const withId = ({ schema, value }: SchemaAndValue): SchemaAndValue =>
      value instanceof Map ? { schema, value: new SnowflakeRecordContent(value, schemaId) } : { schema, value };
    return converted instanceof Promise ? converted.then(withId) : withId(converted);
  }
}

const plain = ({ kind, text, references }: RegisteredSchema): RegisteredSchema => ({
  kind,
  text: withoutLogicalTypes(text, ['decimal']),
  references: references.map((reference) => ({ ...reference, text: withoutLogicalTypes(reference.text, ['decimal']) })),
});

const jsonCompiler = (inner: SchemaCompiler, reader: RegisteredSchema | null): SchemaCompiler => ({
  recordName: inner.recordName,
  compile: (schemas) => {
    const decoder = inner.compile({ writer: plain(schemas.writer), reader: reader ?? schemas.reader, version: null });
    return {
      decode: (bytes, from, headerRest) => {
        const { schema, value } = decoder.decode(bytes, from, headerRest);
        return { schema: null, value: avroJson(schema, value) };
      },
    };
  },
});
