import { ConfigError, type ConfigProblem, type ConnectorConfig } from '../api/index.ts';
import { sinkConnectorConfigDef } from '../config/index.ts';
import { understand } from './property-aliases.ts';
import { parseSinkSettings, sinkConfigProblems } from './snowflake-sink-config.ts';
import { channelCollisions, listedTopics } from './topic-collisions.ts';
import { TopicToTable } from './topic-to-table.ts';

/** Connector.validate: what is wrong with the connector's own keys; the framework tells of those that every sink has. */
export const validateSinkConfig = (
  given: ConnectorConfig,
  keyProblems: (config: ConnectorConfig) => readonly ConfigProblem[],
): readonly ConfigProblem[] => {
  const { config } = understand(given);
  const all = sinkConfigProblems(given);
  const framework = new Set<string>([...sinkConnectorConfigDef.names()]);
  const own = all.filter(({ key, message }) => !framework.has(key) || isAcrossKeys(key, message));
  const isKeyKnown = own.some(({ key }) => key.startsWith('snowflake.private.key'));
  return [
    ...own,
    ...(isKeyKnown || !usesKeyPair(config)
      ? []
      : keyProblems(config).flatMap((problem) => inSnowflakeWords(problem, config))),
    ...(all.length === 0 ? mapProblems(given) : []),
  ];
};

const usesKeyPair = (config: ConnectorConfig): boolean =>
  ['', 'snowflake_jwt'].includes(config['snowflake.authenticator']?.trim().toLowerCase() ?? '');

const privateKey = 'snowflake.private.key';
const passphrase = 'snowflake.private.key.passphrase';

/** The Snowflake connector cannot tell a wrong passphrase from a broken key, and marks both. */
const inSnowflakeWords = ({ key, message: what }: ConfigProblem, config: ConnectorConfig): readonly ConfigProblem[] => {
  const advice = `${key} ${what}`;
  if (key !== passphrase || (config[passphrase] ?? '') === '') {
    return [{ key: privateKey, message: `${privateKey} must be a valid PEM RSA private key`, advice }];
  }
  return [
    { key: passphrase, message: `${passphrase} is not valid`, advice },
    { key: privateKey, message: `${privateKey} is not valid` },
  ];
};

/** The connector's rules about keys of the framework. */
const isAcrossKeys = (key: string, message: string): boolean =>
  key.endsWith('.converter') && !message.startsWith('Invalid value');

const mapProblems = (config: ConnectorConfig): readonly ConfigProblem[] => {
  try {
    const settings = parseSinkSettings(config);
    new TopicToTable(settings);
    return channelCollisions(settings, listedTopics(config)).map((message) => ({ key: 'topics', message }));
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};
