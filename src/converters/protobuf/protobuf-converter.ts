import type { ConnectorConfig } from '../../api/index.ts';
import type { SchemaRegistries } from '../../registry/index.ts';
import { SchemaRegistryConverter } from '../schema-registry-converter.ts';
import { readProtobufOptions } from './protobuf-options.ts';

/** io.confluent.connect.protobuf.ProtobufConverter: Protobuf by schemas of a registry. */
export class ProtobufConverter extends SchemaRegistryConverter {
  /** @throws ConfigError naming the sub-key */
  constructor(config: ConnectorConfig, isKey: boolean, registries: SchemaRegistries) {
    const options = readProtobufOptions(config);
    super(
      {
        javaClass: 'io.confluent.connect.protobuf.ProtobufConverter',
        name: 'Protobuf',
        kind: 'PROTOBUF',
        failedMessage: (topic) => `Failed to deserialize data for topic ${topic} to Protobuf: `,
        load: async () => (await import('./protobuf-format.ts')).protobufCompiler(options),
      },
      config,
      isKey,
      registries,
    );
  }
}
