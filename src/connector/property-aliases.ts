import type { ConnectorConfig } from '../api/index.ts';
import { isConfluentCloud } from './connector-class.ts';
import { understandTableName } from './table-name-property.ts';

/** Names that other tools, managed services and much copied examples use for the connector's properties. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['connection.url', 'snowflake.url.name'],
  ['connection.user', 'snowflake.user.name'],
  ['connection.private.key', 'snowflake.private.key'],
  ['connection.private.key.passphrase', 'snowflake.private.key.passphrase'],
  ['connection.role', 'snowflake.role.name'],
  ['connection.database', 'snowflake.database.name'],
  ['connection.schema', 'snowflake.schema.name'],
  ['topic2table.map', 'snowflake.topic2table.map'],
  ['snowflake.user', 'snowflake.user.name'],
  ['snowflake.role', 'snowflake.role.name'],
  ['snowflake.database', 'snowflake.database.name'],
  ['snowflake.schema', 'snowflake.schema.name'],
  ['buffer.flush.time.sec', 'buffer.flush.time'],
]);

/** Confluent Cloud's input.data.format and input.key.format → converters. */
const formats: ReadonlyMap<string, ConnectorConfig> = new Map([
  ['JSON', { '': 'org.apache.kafka.connect.json.JsonConverter', '.schemas.enable': 'false' }],
  ['STRING', { '': 'org.apache.kafka.connect.storage.StringConverter' }],
  ['BYTES', { '': 'org.apache.kafka.connect.converters.ByteArrayConverter' }],
  ['AVRO', { '': 'io.confluent.connect.avro.AvroConverter' }],
  ['JSON_SR', { '': 'io.confluent.connect.json.JsonSchemaConverter' }],
  ['PROTOBUF', { '': 'io.confluent.connect.protobuf.ProtobufConverter' }],
]);

/** The connector's own converters belong to its file mode, which put what they could not read onto the table's stage. */
const ownConverters = 'com.snowflake.kafka.connector.records.Snowflake';

/** What a person should know about how a config is read; `warn` where something written there has no effect. */
export interface ConfigNote {
  readonly level: 'info' | 'warn';
  readonly text: string;
}

export interface UnderstoodConfig {
  readonly config: ConnectorConfig;
  /** What was read as what. */
  readonly notes: readonly ConfigNote[];
}

const converterFrom = (format: string | undefined, kind: string, given: ConnectorConfig): ConnectorConfig => {
  if (format === undefined || given[kind] !== undefined) return {};
  const settings = formats.get(format.trim().toUpperCase()) ?? {};
  return Object.fromEntries(Object.entries(settings).map(([suffix, value]) => [`${kind}${suffix}`, value]));
};

/**
 * The config in the connector's own names. The stored config stays as it was given: this is only how it is read.
 * A name that is there already wins over its alias.
 */
export const understand = (given: ConnectorConfig): UnderstoodConfig => {
  const config: Record<string, string> = {};
  const notes: ConfigNote[] = [];
  for (const [alias, name] of aliases) {
    const value = given[alias];
    if (value === undefined || given[name] !== undefined) continue;
    config[name] = value;
    notes.push({ level: 'info', text: `${alias} is read as ${name}.` });
  }
  const account = given['snowflake.account'];
  if (
    account !== undefined &&
    given['snowflake.url.name'] === undefined &&
    config['snowflake.url.name'] === undefined
  ) {
    config['snowflake.url.name'] = `${account.trim()}.snowflakecomputing.com`;
    notes.push({
      level: 'info',
      text: `snowflake.account is read as snowflake.url.name=${config['snowflake.url.name']}.`,
    });
  }
  const tables = understandTableName(given);
  notes.push(...tables.notes);
  for (const kind of ['key.converter', 'value.converter']) {
    const converter = given[kind]?.trim() ?? '';
    if (!converter.startsWith(ownConverters)) continue;
    notes.push({
      level: 'info',
      text: `${kind}=${converter}: a record that it cannot read goes to the dead letter queue or fails the task, not to the table's stage.`,
    });
  }
  const managed = isConfluentCloud(given['connector.class'])
    ? {
        ...converterFrom(given['input.data.format'], 'value.converter', given),
        ...converterFrom(given['input.key.format'], 'key.converter', given),
      }
    : {};
  return { config: { ...given, ...config, ...managed, ...tables.config }, notes };
};

/** Each alias with the property that it is read as. */
export const aliasNames: readonly (readonly [string, string])[] = [...aliases];

/** Keys that `understand` reads though no definition has them. */
export const isAlias = (name: string): boolean => aliases.has(name) || name === 'snowflake.account';
