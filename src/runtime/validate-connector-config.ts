import { ConfigError, type ConfigProblem, type ConnectorConfig } from '../api/index.ts';
import type { Plugins, WorkerSettings } from './plugins.ts';

/** Connect's own texts name their property; ours may not. */
const named = ({ key, message }: ConfigProblem): string => (message.includes(key) ? message : `${key}: ${message}`);

/** A connector config that POST or PUT refuses (400); its text is Connect's. */
export class InvalidConnectorConfigError extends ConfigError {
  override readonly name: string = 'InvalidConnectorConfigError';
  override readonly message: string;
  constructor(problems: readonly ConfigProblem[]) {
    super(problems);
    this.message =
      `Connector configuration is invalid and contains the following ${problems.length} error(s):\n` +
      `${problems.map(named).join('\n')}\n` +
      'You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`';
  }
}

/** Connect's order: variables, then the class, then everything else at once. Throws; touches neither Kafka nor Snowflake. */
export const validateConnectorConfig = async (
  worker: WorkerSettings,
  plugins: Plugins,
  config: ConnectorConfig,
): Promise<void> => {
  const resolved = await plugins.resolve(worker, config);
  const javaClass = resolved['connector.class']?.trim() ?? '';
  if (javaClass === '') {
    throw new ConfigError([{ key: '', message: `Connector config ${keysOf(config)} contains no connector type` }]);
  }
  const problems = await plugins.connector(javaClass).validate(worker, resolved);
  if (problems.length > 0) throw new InvalidConnectorConfigError(problems);
};

/** Java's print of the map, but for the values, which may be secrets. */
const keysOf = (config: ConnectorConfig): string =>
  `{${Object.entries(config)
    .map(([key, value]) => `${key}=${key === 'name' ? value : '[hidden]'}`)
    .join(', ')}}`;
