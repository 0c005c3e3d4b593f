import type { ConnectorConfig } from '../../api/index.ts';
import { boolean, ConfigDef, int, type Values } from '../../config/index.ts';
import { registryConfigDef } from '../../registry/index.ts';
import { parseConverterConfig } from '../parse-converter-config.ts';

const group = 'Avro';
const writingOnly = 'Concerns writing only; a sink reads.';

const avroKeys = {
  'enhanced.avro.schema.support': boolean({
    default: false,
    importance: 'MEDIUM',
    group,
    documentation:
      'true: fields of a union’s struct are called by the full names of its records, enums and fixed types.',
  }),
  'scrub.invalid.names': boolean({ default: false, importance: 'MEDIUM', group, documentation: writingOnly }),
  'connect.meta.data': boolean({
    default: true,
    importance: 'LOW',
    group,
    documentation:
      'Whether docs, defaults and connect.parameters of the Avro schema become those of the Connect schema.',
  }),
  'discard.type.doc.default': boolean({
    default: false,
    importance: 'LOW',
    group,
    documentation: 'true: docs become the Connect schema’s doc, not parameters of the record’s schema.',
  }),
  'allow.optional.map.keys': boolean({ default: false, importance: 'LOW', group, documentation: writingOnly }),
  'flatten.singleton.unions': boolean({
    default: true,
    importance: 'LOW',
    group,
    documentation: 'Whether a union of one type is that type.',
  }),
  'generalized.sum.type.support': boolean({
    default: false,
    importance: 'LOW',
    group,
    documentation: 'true: unions and enums as org.apache.kafka.connect.data.Union and …Enum, the same for all formats.',
  }),
  'ignore.default.for.nullables': boolean({ default: false, importance: 'LOW', group, documentation: writingOnly }),
  'schemas.cache.config': int({
    default: 1000,
    importance: 'LOW',
    group,
    documentation: 'Accepted for Confluent’s sake: schemas are kept per id, within max.schemas.per.subject.',
  }),
};

export const avroConverterConfig = new ConfigDef({ ...registryConfigDef.keys, ...avroKeys });

/** AvroDataConfig, as far as it concerns reading. */
export type AvroOptions = Pick<
  Values<typeof avroKeys>,
  | 'enhanced.avro.schema.support'
  | 'connect.meta.data'
  | 'discard.type.doc.default'
  | 'flatten.singleton.unions'
  | 'generalized.sum.type.support'
>;

/** @throws ConfigError with every problem at once */
export const readAvroOptions = (config: ConnectorConfig): AvroOptions =>
  parseConverterConfig(avroConverterConfig, config);
