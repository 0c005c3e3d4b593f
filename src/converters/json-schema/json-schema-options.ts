import type { ConnectorConfig } from '../../api/index.ts';
import { boolean, ConfigDef, int, oneOfIgnoringCase, string, type Values } from '../../config/index.ts';
import { registryConfigDef } from '../../registry/index.ts';
import { parseConverterConfig } from '../parse-converter-config.ts';

const group = 'JSON Schema';
const writingOnly = 'Concerns writing only; a sink reads.';

const jsonSchemaKeys = {
  'use.optional.for.nonrequired': boolean({
    default: false,
    importance: 'MEDIUM',
    group,
    documentation:
      'true: a property that the schema does not require may be missing. false, Confluent’s default: a record without it is refused.',
  }),
  'json.fail.invalid.schema': boolean({
    default: false,
    importance: 'MEDIUM',
    group,
    documentation: 'true: each value is validated against its schema, and refused where it does not fit.',
  }),
  'flatten.singleton.unions': boolean({
    default: true,
    importance: 'LOW',
    group,
    documentation: 'Whether oneOf, anyOf or allOf of one schema is that schema.',
  }),
  'generalized.sum.type.support': boolean({
    default: false,
    importance: 'LOW',
    group,
    documentation: 'true: oneOf and enums as org.apache.kafka.connect.data.Union and …Enum, the same for all formats.',
  }),
  'ignore.modern.dialects': boolean({
    default: false,
    importance: 'LOW',
    group,
    documentation: 'Validation takes every schema for draft 7, whatever it calls itself.',
  }),
  'decimal.format': string({
    default: 'BASE64',
    validator: oneOfIgnoringCase('BASE64', 'NUMERIC'),
    importance: 'LOW',
    group,
    documentation: writingOnly,
  }),
  'object.additional.properties': boolean({ default: true, importance: 'LOW', group, documentation: writingOnly }),
  'json.oneof.for.nullables': boolean({ default: true, importance: 'LOW', group, documentation: writingOnly }),
  'json.schema.spec.version': string({ default: 'draft_7', importance: 'LOW', group, documentation: writingOnly }),
  'schemas.cache.size': int({
    default: 1000,
    importance: 'LOW',
    group,
    documentation: 'Accepted for Confluent’s sake: schemas are kept per id, within max.schemas.per.subject.',
  }),
};

export const jsonSchemaConverterConfig = new ConfigDef({
  ...registryConfigDef.keys,
  ...jsonSchemaKeys,
});

/** JsonSchemaDataConfig and the deserializer's own keys, as far as they concern reading. */
export type JsonSchemaOptions = Pick<
  Values<typeof jsonSchemaKeys>,
  | 'use.optional.for.nonrequired'
  | 'json.fail.invalid.schema'
  | 'flatten.singleton.unions'
  | 'generalized.sum.type.support'
  | 'ignore.modern.dialects'
>;

/** @throws ConfigError with every problem at once */
export const readJsonSchemaOptions = (config: ConnectorConfig): JsonSchemaOptions =>
  parseConverterConfig(jsonSchemaConverterConfig, config);
