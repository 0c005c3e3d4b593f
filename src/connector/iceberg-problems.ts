import type { ConfigProblem, ConnectorConfig } from '../api/index.ts';
import type { Generation } from './sink-settings.ts';
import type { SnowflakeSinkValues } from './snowflake-sink-properties.ts';

const tableType = 'snowflake.autocreate.table.type';
const options = 'snowflake.iceberg.create.table.options';
const singleBuffer = 'snowflake.streaming.enable.single.buffer';
const method = 'snowflake.ingestion.method';
const metadataKeys = [
  'snowflake.metadata.all',
  'snowflake.metadata.topic',
  'snowflake.metadata.offset.and.partition',
  'snowflake.metadata.createtime',
  'snowflake.streaming.metadata.connectorPushTime',
] as const;

/** What the connectors want of a config for Iceberg tables, in their words. */
export const icebergProblems = (
  values: SnowflakeSinkValues,
  config: ConnectorConfig,
  generation: Generation,
): readonly ConfigProblem[] => [
  ...existingTableProblems(values, config, generation),
  ...createdTableProblems(values, generation),
];

/** snowflake.streaming.iceberg.enabled (v3). */
const existingTableProblems = (
  values: SnowflakeSinkValues,
  config: ConnectorConfig,
  generation: Generation,
): readonly ConfigProblem[] => {
  if (!values['snowflake.streaming.iceberg.enabled']) return [];
  const problems: ConfigProblem[] = [];
  const given = values[method].toLowerCase();
  if (generation === 'v3' && given !== 'snowpipe_streaming' && given !== 'staged_copy') {
    const message = 'Ingestion to Iceberg table is supported only for Snowpipe Streaming';
    problems.push({ key: method, message });
  }
  if (generation === 'v3' && config[singleBuffer]?.trim().toLowerCase() === 'false') {
    const message = `Ingestion to Iceberg table is supported only with ${singleBuffer} enabled.`;
    problems.push({ key: singleBuffer, message });
  }
  return problems;
};

/** snowflake.autocreate.table.type=iceberg (v4). */
const createdTableProblems = (values: SnowflakeSinkValues, generation: Generation): readonly ConfigProblem[] => {
  const type = values[tableType];
  if (type !== 'iceberg') {
    if (values[options].trim() === '') return [];
    return [{ key: options, message: `${options} is only valid when ${tableType}=iceberg (got table.type=${type})` }];
  }
  const problems: ConfigProblem[] = [];
  if (generation === 'v4' && values['snowflake.validation'] === 'client_side') {
    problems.push({
      key: 'snowflake.validation',
      message:
        'snowflake.validation=client_side is not supported for managed Iceberg tables. RECORD_METADATA is a structured OBJECT handled server-side; client-side validation cannot model it. Set snowflake.validation=server_side.',
    });
  }
  if (metadataKeys.some((key) => !values[key])) {
    problems.push({
      key: tableType,
      message: `${tableType}=iceberg requires all record metadata to be enabled (RECORD_METADATA is cast to a fixed structured schema for managed Iceberg). Remove any ${metadataKeys
        .map((key) => `${key}=false`)
        .join(', ')
        .replace(/, (?=[^,]*$)/, ', or ')} settings.`,
    });
  }
  return problems;
};
