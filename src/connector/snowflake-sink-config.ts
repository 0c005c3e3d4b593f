import { ConfigError, type ConfigProblem, type ConnectorConfig, type SnowflakeAccount } from '../api/index.ts';
import { mayRoute } from './may-route.ts';
import { proxySettings } from './proxy-settings.ts';
import { readSinkConfig, type SinkConfigReading } from './read-sink-config.ts';
import { signInSettings } from './sign-in-settings.ts';
import type { Generation, SinkSettings } from './sink-settings.ts';
import type { SnowflakeSinkValues } from './snowflake-sink-properties.ts';
import { parseSnowflakeUrl } from './snowflake-url.ts';

const secondsToMs = (seconds: number): number => Math.max(1, Math.round(seconds * 1000));

/** Everything that is wrong with a resolved config, by property. What only other parts know (key text, table map) is theirs. */
export const sinkConfigProblems = (config: ConnectorConfig): readonly ConfigProblem[] =>
  readSinkConfig(config).problems;

const accountSettings = (values: SnowflakeSinkValues, config: ConnectorConfig): SnowflakeAccount => {
  const { url, account } = parseSnowflakeUrl(values['snowflake.url.name'] ?? '') ?? { url: '', account: '' };
  const proxy = proxySettings(config);
  return {
    url,
    ...(proxy === null ? {} : { proxy }),
    signIn: signInSettings(values, url),
    account: values['snowflake.account']?.split('.')[0]?.toUpperCase() ?? account,
    user: values['snowflake.user.name'] ?? '',
    privateKey: values['snowflake.private.key'],
    privateKeyPassphrase: values['snowflake.private.key.passphrase'] || null,
    role: values['snowflake.role.name'],
    database: values['snowflake.database.name'] ?? '',
    schema: values['snowflake.schema.name'] ?? '',
  };
};

/** Rows by COPY INTO from a stage instead of the stream. */
export const isStagedCopy = (values: SnowflakeSinkValues): boolean =>
  values['snowflake.ingestion.method'].toLowerCase() === 'staged_copy';

/** Rows by files that Snowpipe loads: v3's class, and a config that says so. v3 took it for the default; nobody has to mean it who says nothing. */
export const isFileSnowpipe = (generation: Generation, config: ConnectorConfig): boolean =>
  generation === 'v3' && config['snowflake.ingestion.method']?.trim().toLowerCase() === 'snowpipe';

const destinationOf = ({ generation, values, config }: SinkConfigReading): SinkSettings['destination'] => {
  if (isStagedCopy(values)) return 'staged-copy';
  return isFileSnowpipe(generation, config) ? 'file-snowpipe' : 'snowpipe-streaming';
};

/** A load by Snowpipe takes about a minute, and is given up after an hour. */
const fileCommitTimeoutMs = 3_600_000;

const commitTimeoutMs = (values: SnowflakeSinkValues, config: ConnectorConfig, isFiles: boolean): number => {
  const key = 'snowsink.commit.timeout.ms';
  return isFiles && config[key] === undefined ? fileCommitTimeoutMs : values[key];
};

/** v3 hands over after its client lag (streaming) or its flush time (files); of two given times the shorter one holds. */
export const flushSeconds = (generation: Generation, values: SnowflakeSinkValues): number => {
  const streaming = values['snowflake.ingestion.method'].toLowerCase() === 'snowpipe_streaming';
  const lag = generation === 'v3' && !streaming ? null : values['snowflake.streaming.max.client.lag'];
  const given = [values['buffer.flush.time'], lag].filter((seconds) => seconds !== null);
  if (given.length > 0) return Math.min(...given);
  // each COPY takes a second or two of a warehouse
  if (isStagedCopy(values)) return 30;
  if (generation !== 'v3') return 1;
  return streaming ? 30 : 120;
};

/** The connector's override, or what the worker's consumers do (the worker hands its own key on with the resolved config). */
const offsetReset = (config: ConnectorConfig, values: SnowflakeSinkValues): SinkSettings['offsetReset'] => {
  if (values['snowflake.streaming.classic.offset.migration'] === 'strict') return 'none';
  const key = 'auto.offset.reset';
  const given = (config[`consumer.override.${key}`] ?? config[`consumer.${key}`])?.trim().toLowerCase();
  return given === 'latest' || given === 'none' ? given : 'earliest';
};

/**
 * What a resolved connector config means. Throws a ConfigError with every problem at once (property, what, why, the fix).
 * Keys of the other generation are ignored, aliases and Confluent Cloud's names understood.
 */
export const parseSinkSettings = (given: ConnectorConfig): SinkSettings => {
  const reading = readSinkConfig(given);
  const { generation, values, common, config, problems } = reading;
  if (problems.length > 0) throw new ConfigError(problems);
  const destination = destinationOf(reading);
  const isFiles = destination === 'file-snowpipe';
  return {
    connectorName: common.name,
    generation,
    account: accountSettings(values, config),
    destination,
    warehouse: values['snowsink.copy.warehouse'].trim() || null,
    schematization: values['snowflake.enable.schematization'],
    metadata: {
      all: values['snowflake.metadata.all'],
      topic: values['snowflake.metadata.topic'],
      offsetAndPartition: values['snowflake.metadata.offset.and.partition'],
      createTime: values['snowflake.metadata.createtime'],
      connectorPushTime: !isFiles && values['snowflake.streaming.metadata.connectorPushTime'],
      typedHeaders: values['snowflake.feature.structured.headers'],
    },
    autocreate: values['snowflake.autocreate.table.type'] !== 'none',
    iceberg: {
      expected: values['snowflake.streaming.iceberg.enabled'],
      create:
        values['snowflake.autocreate.table.type'] === 'iceberg'
          ? values['snowflake.iceberg.create.table.options'].trim()
          : null,
    },
    validation: generation === 'v4' && values['snowflake.validation'] === 'server_side' ? 'server' : 'client',
    tableFrom: values['snowsink.table.from'],
    columns: values['snowsink.columns'],
    evolution: {
      policy: values['snowsink.schema.evolution'] as SinkSettings['evolution']['policy'],
      widen: values['snowsink.schema.evolution.widen'],
      types: values['snowsink.schema.evolution.types'] === 'schema' ? 'schema' : 'connector',
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
    compression: isFiles || values['snowsink.compression'] === 'gzip' ? 'gzip' : 'zstd',
    maxConcurrentAppends: values['snowsink.max.concurrent.appends'],
    // The names of files tell what a partition has sent, not over which channel.
    lanes: isFiles ? 1 : values['snowsink.channels.per.partition'],
    commitTimeoutMs: commitTimeoutMs(values, config, isFiles),
    onAmbiguousOffset: values['snowsink.on.ambiguous.offset'] as SinkSettings['onAmbiguousOffset'],
    onLoss: values['snowsink.on.loss'] === 'continue' ? 'continue' : 'fail',
    lateRejections: values['snowsink.late.rejections'] === 'count' ? 'count' : 'dead-letter',
    errorsTolerance: common['errors.tolerance'] === 'all' ? 'all' : 'none',
    oversize: values['snowsink.oversize.policy'] as SinkSettings['oversize'],
    severalTables: mayRoute(given),
    offsetReset: offsetReset(config, values),
  };
};
