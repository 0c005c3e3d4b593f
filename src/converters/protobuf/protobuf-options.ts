import type { ConnectorConfig } from '../../api/index.ts';
import { boolean, ConfigDef, int, type Values } from '../../config/index.ts';
import { registryConfigDef } from '../../registry/index.ts';
import { parseConverterConfig } from '../parse-converter-config.ts';

const group = 'Protobuf';
const writingOnly = 'Concerns writing only; a sink reads.';

const option = (byDefault: boolean, documentation: string) =>
  boolean({ default: byDefault, importance: 'LOW', group, documentation });

const protobufKeys = {
  'enhanced.protobuf.schema.support': option(false, 'true: schemas are called by full names, package included.'),
  'scrub.invalid.names': option(false, writingOnly),
  'int.for.enums': option(false, 'true: an enum is its number, not its name.'),
  'optional.for.nullables': option(
    false,
    'true: only fields with the word optional (and messages, enums) are optional.',
  ),
  'optional.for.proto2': option(true, 'Whether an unset optional field of proto2 is null, not its default.'),
  'wrapper.for.nullables': option(
    false,
    'true: google.protobuf.StringValue and its like are the value itself, or null.',
  ),
  'wrapper.for.raw.primitives': option(true, 'The same where the whole record is such a message.'),
  'generate.struct.for.nulls': option(false, 'true: an unset message is a struct of defaults, not null.'),
  'generate.index.for.unions': option(true, 'Whether the struct of a oneof has its number behind its name: choice_0.'),
  'generalized.sum.type.support': option(
    false,
    'true: oneofs and enums as org.apache.kafka.connect.data.Union and …Enum, the same for all formats.',
  ),
  'ignore.default.for.nullables': option(false, writingOnly),
  'schemas.cache.config': int({
    default: 1000,
    importance: 'LOW',
    group,
    documentation: 'Accepted for Confluent’s sake: schemas are kept per id, within max.schemas.per.subject.',
  }),
};

export const protobufConverterConfig = new ConfigDef({ ...registryConfigDef.keys, ...protobufKeys });

/** ProtobufDataConfig. */
export type ProtobufOptions = Omit<
  Values<typeof protobufKeys>,
  'scrub.invalid.names' | 'ignore.default.for.nullables' | 'schemas.cache.config'
>;

/** @throws ConfigError with every problem at once */
export const readProtobufOptions = (config: ConnectorConfig): ProtobufOptions =>
  parseConverterConfig(protobufConverterConfig, config);
