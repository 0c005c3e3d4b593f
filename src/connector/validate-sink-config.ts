import { ConfigError, type ConfigProblem, type ConnectorConfig } from '../api/index.ts';
import { sinkConnectorConfigDef } from '../config/index.ts';
import { understand } from './property-aliases.ts';
import { parseSinkSettings, sinkConfigProblems } from './snowflake-sink-config.ts';
import { TopicToTable } from './topic-to-table.ts';

/** Connector.validate: what is wrong with the connector's own keys; the framework tells of those that every sink has. */
export const validateSinkConfig = (
  given: ConnectorConfig,
  keyProblems: (config: ConnectorConfig) => readonly ConfigProblem[],
): readonly ConfigProblem[] => {
  const all = sinkConfigProblems(given);
  const framework = new Set<string>([...sinkConnectorConfigDef.names()]);
  const own = all.filter(({ key, message }) => !framework.has(key) || isAcrossKeys(key, message));
  const isKeyKnown = own.some(({ key }) => key.startsWith('snowflake.private.key'));
  return [
    ...own,
    ...(isKeyKnown ? [] : keyProblems(understand(given).config)),
    ...(all.length === 0 ? mapProblems(given) : []),
  ];
};

/** The connector's rules about keys of the framework. */
const isAcrossKeys = (key: string, message: string): boolean =>
  key.endsWith('.converter') && !message.startsWith('Invalid value');

const mapProblems = (config: ConnectorConfig): readonly ConfigProblem[] => {
  try {
    new TopicToTable(parseSinkSettings(config));
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};
