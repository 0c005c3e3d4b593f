import { ConfigError, type ConfigProblem, type ConnectorConfig } from '../api/index.ts';
import { ConfigDef, parseSinkConnectorConfig, type SinkConnectorConfig, unresolvedVariable } from '../config/index.ts';
import { acceptedProperties } from './accepted-properties.ts';
import { findConnectorClass, unknownConnectorClass } from './connector-class.ts';
import { columnsKey, ExtraColumns } from './extra-columns.ts';
import { icebergProblems } from './iceberg-problems.ts';
import { loginProblems } from './login-problems.ts';
import { understand } from './property-aliases.ts';
import { RecordRoute, routeKey } from './record-route.ts';
import type { Generation } from './sink-settings.ts';
import { belongsTo, type SnowflakeSinkValues, snowflakeSinkKeys } from './snowflake-sink-properties.ts';

export interface SinkConfigReading {
  readonly generation: Generation;
  readonly values: SnowflakeSinkValues;
  readonly common: SinkConnectorConfig;
  readonly config: ConnectorConfig;
  readonly problems: readonly ConfigProblem[];
}

/** Problems with the text itself would only hide that a variable was never filled in. */
const unresolvedProblems = (config: ConnectorConfig): readonly ConfigProblem[] =>
  Object.entries(config).flatMap(([key, value]) => {
    const variable = key.startsWith('snowflake.') ? unresolvedVariable(value) : null;
    if (variable === null) return [];
    const message = `${variable} was not replaced in ${key}: set that variable (or file entry) where the worker runs, or declare its provider in the worker's config.providers.`;
    return [{ key, message }];
  });

const scalarConverter =
  /^(?:org\.apache\.kafka\.connect\.(?:storage|converters)\.)?(?:String|ByteArray)(?:Converter)?$/;

/** One column per field needs fields. */
const schematizationProblems = (values: SnowflakeSinkValues, config: ConnectorConfig): readonly ConfigProblem[] => {
  const converter = config['value.converter']?.trim() ?? '';
  if (!values['snowflake.enable.schematization'] || !scalarConverter.test(converter)) return [];
  return [
    {
      key: 'value.converter',
      message: `The value converter:${converter} is not supported with schematization`,
      advice:
        'Take a converter that gives fields (org.apache.kafka.connect.json.JsonConverter), or set snowflake.enable.schematization=false',
    },
  ];
};

/** Files are loaded into RECORD_CONTENT and RECORD_METADATA. */
const fileProblems = (
  values: SnowflakeSinkValues,
  config: ConnectorConfig,
  generation: Generation,
): readonly ConfigProblem[] => {
  const method = config['snowflake.ingestion.method']?.trim().toLowerCase();
  if (generation !== 'v3' || method !== 'snowpipe' || !values['snowflake.enable.schematization']) return [];
  return [
    {
      key: 'snowflake.enable.schematization',
      message: 'Schematization is only available with snowpipe_streaming.',
      advice: 'Set snowflake.ingestion.method=SNOWPIPE_STREAMING',
    },
  ];
};

/** Records that are to become dead letters must not fail the task. */
const evolutionProblems = (values: SnowflakeSinkValues, common: SinkConnectorConfig): readonly ConfigProblem[] => {
  if (values['snowsink.schema.evolution'] !== 'dlq' || common['errors.tolerance'] === 'all') return [];
  return [
    {
      key: 'snowsink.schema.evolution',
      message:
        'dlq needs errors.tolerance=all (and errors.deadletterqueue.topic.name); or take freeze, which stops the task.',
    },
  ];
};

const columnProblems = (values: SnowflakeSinkValues): readonly ConfigProblem[] => {
  const columns = values[columnsKey];
  if (columns !== '' && !values['snowflake.enable.schematization'])
    return [
      { key: columnsKey, message: 'needs snowflake.enable.schematization=true: without it a row has two columns.' },
    ];
  const route = values[routeKey];
  return problemsOf(() => {
    new ExtraColumns(columns);
    if (route !== '') new RecordRoute(route);
  });
};

const problemsOf = (check: () => void): readonly ConfigProblem[] => {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

/** Reads a config by its generation’s definitions and gathers everything that is wrong with it. Never throws. */
export const readSinkConfig = (given: ConnectorConfig): SinkConfigReading => {
  const { config } = understand(given);
  const named = config['connector.class'] ?? '';
  const generation = findConnectorClass(named)?.generation;
  const own = Object.fromEntries(Object.entries(config).filter(([name]) => belongsTo(generation ?? 'own', name)));
  const { values, problems } = snowflakeSinkKeys(generation ?? 'own').parse(own);
  const common = parseSinkConnectorConfig(config);
  const classProblems =
    named === '' || generation !== undefined ? [] : [{ key: 'connector.class', message: unknownConnectorClass(named) }];
  const unresolved = unresolvedProblems(config);
  const accepted = new ConfigDef(acceptedProperties(generation ?? 'own')).parse(config);
  const login = loginProblems(values, config, generation ?? 'own');
  const found = [...common.problems, ...classProblems, ...problems, ...accepted.problems];
  const checked = [
    ...found,
    ...login,
    ...icebergProblems(values, config, generation ?? 'own'),
    ...schematizationProblems(values, config),
    ...evolutionProblems(values, common.values),
    ...columnProblems(values),
    ...fileProblems(values, config, generation ?? 'own'),
  ];
  return {
    generation: generation ?? 'own',
    values,
    common: common.values,
    config,
    problems: [...checked.filter(({ key }) => !unresolved.some((other) => other.key === key)), ...unresolved],
  };
};
