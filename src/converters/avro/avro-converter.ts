import type { ConnectorConfig } from '../../api/index.ts';
import type { SchemaRegistries } from '../../registry/index.ts';
import { SchemaRegistryConverter } from '../schema-registry-converter.ts';
import { avroFormat } from './avro-format.ts';
import { readAvroOptions } from './avro-options.ts';

/** io.confluent.connect.avro.AvroConverter: Avro by schemas of a registry. */
export class AvroConverter extends SchemaRegistryConverter {
  /** @throws ConfigError naming the sub-key */
  constructor(config: ConnectorConfig, isKey: boolean, registries: SchemaRegistries) {
    super(avroFormat(readAvroOptions(config)), config, isKey, registries);
  }
}
