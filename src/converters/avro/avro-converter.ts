import type { ConnectorConfig } from '../../api/index.ts';
import type { SchemaRegistries } from '../../registry/index.ts';
import { SchemaRegistryConverter } from '../schema-registry-converter.ts';
import { readAvroOptions } from './avro-options.ts';

/** io.confluent.connect.avro.AvroConverter: Avro by schemas of a registry. */
export class AvroConverter extends SchemaRegistryConverter {
  /** @throws ConfigError naming the sub-key */
  constructor(config: ConnectorConfig, isKey: boolean, registries: SchemaRegistries) {
    const options = readAvroOptions(config);
    super(
      {
        javaClass: 'io.confluent.connect.avro.AvroConverter',
        name: 'Avro',
        kind: 'AVRO',
        failedMessage: (topic) => `Failed to deserialize data for topic ${topic} to Avro: `,
        opensValues: true,
        load: async () => (await import('./avro-format.ts')).avroCompiler(options),
      },
      config,
      isKey,
      registries,
    );
  }
}
