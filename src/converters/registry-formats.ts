import type { ConnectorConfig } from '../api/index.ts';
import type { ConfigDef, ConfigKeys } from '../config/index.ts';
import { avroConverterConfig, readAvroOptions } from './avro/avro-options.ts';
import { jsonSchemaConverterConfig, readJsonSchemaOptions } from './json-schema/json-schema-options.ts';
import { protobufConverterConfig, readProtobufOptions } from './protobuf/protobuf-options.ts';
import type { SchemaFormat } from './schema-registry-converter.ts';

export interface RegistryFormat {
  readonly configDef: ConfigDef<ConfigKeys>;
  /** @throws ConfigError naming the sub-key */
  readonly create: (config: ConnectorConfig) => SchemaFormat;
}

const avro = (config: ConnectorConfig): SchemaFormat => {
  const options = readAvroOptions(config);
  return {
    javaClass: 'io.confluent.connect.avro.AvroConverter',
    name: 'Avro',
    kind: 'AVRO',
    opensValues: true,
    failedMessage: (topic) => `Failed to deserialize data for topic ${topic} to Avro: `,
    load: async () => (await import('./avro/avro-format.ts')).avroCompiler(options),
  };
};

const protobuf = (config: ConnectorConfig): SchemaFormat => {
  const options = readProtobufOptions(config);
  return {
    javaClass: 'io.confluent.connect.protobuf.ProtobufConverter',
    name: 'Protobuf',
    kind: 'PROTOBUF',
    failedMessage: (topic) => `Failed to deserialize data for topic ${topic} to Protobuf: `,
    load: async () => (await import('./protobuf/protobuf-format.ts')).protobufCompiler(options),
  };
};

const jsonSchema = (config: ConnectorConfig): SchemaFormat => {
  const options = readJsonSchemaOptions(config);
  return {
    javaClass: 'io.confluent.connect.json.JsonSchemaConverter',
    name: 'JSON',
    kind: 'JSON',
    failedMessage: (topic) =>
      `Converting byte[] to Kafka Connect data failed due to serialization error of topic ${topic}: `,
    load: async () => (await import('./json-schema/json-schema-format.ts')).jsonSchemaCompiler(options),
  };
};

/** Confluent's converters, which read schemas of a registry, by Java class: all that tells one from another. */
export const registryFormats: ReadonlyMap<string, RegistryFormat> = new Map([
  ['io.confluent.connect.avro.AvroConverter', { configDef: avroConverterConfig, create: avro }],
  ['io.confluent.connect.json.JsonSchemaConverter', { configDef: jsonSchemaConverterConfig, create: jsonSchema }],
  ['io.confluent.connect.protobuf.ProtobufConverter', { configDef: protobufConverterConfig, create: protobuf }],
]);
