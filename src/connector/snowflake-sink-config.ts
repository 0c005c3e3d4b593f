import { ConfigError, type ConfigProblem, type ConnectorConfig } from '../api/index.ts';
import {
  closestName,
  ignoredConverterKeys,
  parseSinkConnectorConfig,
  type SinkConnectorConfig,
  sinkConnectorConfigDef,
  unresolvedVariable,
} from '../config/index.ts';
import { findConnectorClass, isConfluentCloud, unknownConnectorClass } from './connector-class.ts';
import { isForeign } from './foreign-properties.ts';
import { isAlias, understand } from './property-aliases.ts';
import type { AccountSettings, Generation, SinkSettings } from './sink-settings.ts';
import { belongsTo, type SnowflakeSinkValues, snowflakeSinkKeys } from './snowflake-sink-properties.ts';
import { parseSnowflakeUrl, urlAdvice } from './snowflake-url.ts';

interface ReadConfig {
  readonly generation: Generation;
  readonly values: SnowflakeSinkValues;
  readonly common: SinkConnectorConfig;
  readonly config: ConnectorConfig;
  readonly problems: readonly ConfigProblem[];
}

const secondsToMs = (seconds: number): number => Math.max(1, Math.round(seconds * 1000));

/** Problems with the text itself would only hide that a variable was never filled in. */
const unresolvedProblems = (config: ConnectorConfig): readonly ConfigProblem[] =>
  Object.entries(config).flatMap(([key, value]) => {
    const variable = key.startsWith('snowflake.') ? unresolvedVariable(value) : null;
    if (variable === null) return [];
    const message = `${variable} was not replaced: set that variable (or file entry) where the worker runs, or declare its provider in the worker's config.providers.`;
    return [{ key, message }];
  });

const notBuilt = (key: string, value: string, instead: string): ConfigProblem => ({
  key,
  message: `${key}=${value} is not supported yet. ${instead}`,
});

const unsupportedProblems = (values: SnowflakeSinkValues): readonly ConfigProblem[] => {
  const problems: ConfigProblem[] = [];
  if (values['snowflake.authenticator'].toLowerCase() === 'oauth') {
    problems.push(
      notBuilt(
        'snowflake.authenticator',
        'oauth',
        'Use snowflake_jwt with snowflake.private.key (key-pair authentication).',
      ),
    );
  }
  if (values['snowflake.streaming.iceberg.enabled']) {
    problems.push(notBuilt('snowflake.streaming.iceberg.enabled', 'true', 'Write to a standard table.'));
  }
  const tableType = values['snowflake.autocreate.table.type'];
  if (tableType !== 'snowflake') {
    problems.push(
      notBuilt('snowflake.autocreate.table.type', tableType, 'Take it out; a table that exists is used as it is.'),
    );
  }
  if (values['snowflake.streaming.classic.offset.migration'] === 'strict') {
    problems.push(
      notBuilt(
        'snowflake.streaming.classic.offset.migration',
        'strict',
        "Use skip: Kafka's committed offset says where to start.",
      ),
    );
  }
  return problems;
};

const accountProblems = (values: SnowflakeSinkValues, config: ConnectorConfig): readonly ConfigProblem[] => {
  const problems: ConfigProblem[] = [];
  const url = values['snowflake.url.name'];
  if (url !== null && url !== '' && parseSnowflakeUrl(url) === null) {
    problems.push({
      key: 'snowflake.url.name',
      message: `snowflake.url.name is not a valid snowflake url: ${urlAdvice(url)}`,
    });
  }
  if (values['snowflake.private.key'].trim() === '') {
    const instead = config['snowflake.password'] === undefined ? '' : ' Passwords are not accepted for ingestion.';
    problems.push({
      key: 'snowflake.private.key',
      message:
        `snowflake.private.key must be non-empty.${instead} Make one with: openssl genrsa 2048 | openssl pkcs8 -topk8 -inform PEM ` +
        '-out rsa_key.p8 -nocrypt, and register its public half with ALTER USER … SET RSA_PUBLIC_KEY.',
    });
  }
  return problems;
};

const scalarConverter =
  /^(?:org\.apache\.kafka\.connect\.(?:storage|converters)\.)?(?:String|ByteArray)(?:Converter)?$/;

/** One column per field needs fields. */
const schematizationProblems = (values: SnowflakeSinkValues, config: ConnectorConfig): readonly ConfigProblem[] => {
  const converter = config['value.converter']?.trim() ?? '';
  if (!values['snowflake.enable.schematization'] || !scalarConverter.test(converter)) return [];
  const message =
    `The value converter:${converter} is not supported with schematization. ` +
    'Take a converter that gives fields (org.apache.kafka.connect.json.JsonConverter), or set snowflake.enable.schematization=false.';
  return [{ key: 'value.converter', message }];
};

const missing = /^Missing required configuration/;

/** The Snowflake connector words a missing property of its own so. */
const inSnowflakeWords = ({ key, message }: ConfigProblem): ConfigProblem =>
  missing.test(message) && key.startsWith('snowflake.')
    ? { key, message: `${key} must be provided` }
    : { key, message };

const read = (given: ConnectorConfig): ReadConfig => {
  const { config } = understand(given);
  const named = config['connector.class'] ?? '';
  const generation = findConnectorClass(named)?.generation;
  const own = Object.fromEntries(Object.entries(config).filter(([name]) => belongsTo(generation ?? 'own', name)));
  const { values, problems } = snowflakeSinkKeys(generation ?? 'own').parse(own);
  const common = parseSinkConnectorConfig(config);
  const classProblems =
    named === '' || generation !== undefined ? [] : [{ key: 'connector.class', message: unknownConnectorClass(named) }];
  const unresolved = unresolvedProblems(config);
  const found = [...common.problems, ...classProblems, ...problems.map(inSnowflakeWords)];
  const checked = [
    ...found,
    ...accountProblems(values, config),
    ...unsupportedProblems(values),
    ...schematizationProblems(values, config),
  ];
  return {
    generation: generation ?? 'own',
    values,
    common: common.values,
    config,
    problems: [...checked.filter(({ key }) => !unresolved.some((other) => other.key === key)), ...unresolved],
  };
};

/** Everything that is wrong with a resolved config, by property. What only other parts know (key text, table map) is theirs. */
export const sinkConfigProblems = (config: ConnectorConfig): readonly ConfigProblem[] => read(config).problems;

const accountSettings = (values: SnowflakeSinkValues): AccountSettings => {
  const { url, account } = parseSnowflakeUrl(values['snowflake.url.name']) ?? { url: '', account: '' };
  return {
    url,
    account: values['snowflake.account']?.split('.')[0]?.toUpperCase() ?? account,
    user: values['snowflake.user.name'],
    privateKey: values['snowflake.private.key'],
    privateKeyPassphrase: values['snowflake.private.key.passphrase'] || null,
    role: values['snowflake.role.name'],
    database: values['snowflake.database.name'],
    schema: values['snowflake.schema.name'],
  };
};

/** v3 hands over after its client lag (streaming) or its flush time (files); of two given times the shorter one holds. */
const flushSeconds = (generation: Generation, values: SnowflakeSinkValues): number => {
  const streaming = values['snowflake.ingestion.method'].toLowerCase() === 'snowpipe_streaming';
  const lag = generation === 'v3' && !streaming ? null : values['snowflake.streaming.max.client.lag'];
  const given = [values['buffer.flush.time'], lag].filter((seconds) => seconds !== null);
  if (given.length > 0) return Math.min(...given);
  if (generation !== 'v3') return 1;
  return streaming ? 30 : 120;
};

/** The connector's override, or what the worker's consumers do (the worker hands its own key on with the resolved config). */
const offsetReset = (config: ConnectorConfig): SinkSettings['offsetReset'] => {
  const key = 'auto.offset.reset';
  const given = (config[`consumer.override.${key}`] ?? config[`consumer.${key}`])?.trim().toLowerCase();
  return given === 'latest' || given === 'none' ? given : 'earliest';
};

/**
 * What a resolved connector config means. Throws a ConfigError with every problem at once (property, what, why, the fix).
 * Keys of the other generation are ignored, aliases and Confluent Cloud's names understood.
 */
export const parseSinkSettings = (given: ConnectorConfig): SinkSettings => {
  const { generation, values, common, config, problems } = read(given);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    connectorName: common.name,
    generation,
    account: accountSettings(values),
    schematization: values['snowflake.enable.schematization'],
    metadata: {
      all: values['snowflake.metadata.all'],
      topic: values['snowflake.metadata.topic'],
      offsetAndPartition: values['snowflake.metadata.offset.and.partition'],
      createTime: values['snowflake.metadata.createtime'],
      connectorPushTime: values['snowflake.streaming.metadata.connectorPushTime'],
      typedHeaders: values['snowflake.feature.structured.headers'],
    },
    onNullValue: values['behavior.on.null.values'].toLowerCase() === 'ignore' ? 'ignore' : 'default',
    topicToTableMap: values['snowflake.topic2table.map'],
    topicToTableRegexReplacement: values['snowflake.topic2table.map.regex.replacement'],
    sanitizeTableNames: values['snowflake.compatibility.enable.autogenerated.table.name.sanitization'],
    normalizeColumnNames: values['snowflake.compatibility.enable.column.identifier.normalization'],
    channelNameIncludesConnector: values['snowflake.streaming.channel.name.include.connector.name'],
    flush: {
      maxRecords: values['buffer.count.records'],
      maxBytes: values['buffer.size.bytes'],
      maxAgeMs: secondsToMs(flushSeconds(generation, values)),
    },
    compression: values['snowsink.compression'] === 'gzip' ? 'gzip' : 'zstd',
    maxConcurrentAppends: values['snowsink.max.concurrent.appends'],
    commitTimeoutMs: values['snowsink.commit.timeout.ms'],
    onAmbiguousOffset: values['snowsink.on.ambiguous.offset'] as SinkSettings['onAmbiguousOffset'],
    onLoss: values['snowsink.on.loss'] === 'continue' ? 'continue' : 'fail',
    errorsTolerance: common['errors.tolerance'] === 'all' ? 'all' : 'none',
    offsetReset: offsetReset(config),
  };
};

const unknownKeyNotes = (given: ConnectorConfig): readonly string[] => {
  const known = [...sinkConnectorConfigDef.names(), ...snowflakeSinkKeys('own').names()];
  return Object.keys(given)
    .filter(
      (name) => !known.includes(name) && !isAlias(name) && !isForeign(name, isConfluentCloud(given['connector.class'])),
    )
    .map((name) => {
      const meant = closestName(name, known);
      return `${name} is not a known property and has no effect${meant === null ? '' : `; did you mean ${meant}?`}${meant === null ? '.' : ''}`;
    });
};

const modeNotes = ({ generation, values }: ReadConfig): readonly string[] => {
  if (generation !== 'v3' || values['snowflake.ingestion.method'].toLowerCase() === 'snowpipe_streaming') return [];
  const seconds = flushSeconds(generation, values);
  return [
    `snowflake.ingestion.method=${values['snowflake.ingestion.method']} is served by Snowpipe Streaming: no stage and no files. Rows are sent after at most ${seconds} s (buffer.flush.time).`,
  ];
};

/** What a person should know about how a config is read: unknown keys, aliases, other ways of working. For the log. */
export const sinkConfigNotes = (given: ConnectorConfig): readonly string[] => {
  const ignored = ignoredConverterKeys(given).map(
    (name) =>
      `${name} has no effect: the connector names no ${name.split('.', 2).join('.')} of its own, so the worker's holds with the worker's settings.`,
  );
  return [...understand(given).notes, ...modeNotes(read(given)), ...ignored, ...unknownKeyNotes(given)];
};
