import type { ConnectorConfig } from '../../api/index.ts';
import type { SchemaRegistries } from '../../registry/index.ts';
import { SchemaRegistryConverter } from '../schema-registry-converter.ts';
import { readJsonSchemaOptions } from './json-schema-options.ts';

/** io.confluent.connect.json.JsonSchemaConverter: JSON by schemas of a registry. */
export class JsonSchemaConverter extends SchemaRegistryConverter {
  /** @throws ConfigError naming the sub-key */
  constructor(config: ConnectorConfig, isKey: boolean, registries: SchemaRegistries) {
    const options = readJsonSchemaOptions(config);
    super(
      {
        javaClass: 'io.confluent.connect.json.JsonSchemaConverter',
        name: 'JSON',
        kind: 'JSON',
        failedMessage: (topic) =>
          `Converting byte[] to Kafka Connect data failed due to serialization error of topic ${topic}: `,
        load: async () => (await import('./json-schema-format.ts')).jsonSchemaCompiler(options),
      },
      config,
      isKey,
      registries,
    );
  }
}
