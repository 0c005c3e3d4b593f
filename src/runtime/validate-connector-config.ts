import { ConfigError, type ConfigProblem, type ConnectorConfig, problemText } from '../api/index.ts';
import type { Plugins, WorkerSettings } from './plugins.ts';
import { type GivenConfig, validatedConfig } from './validated-config.ts';

/** A connector config that POST or PUT refuses (400); its text is Connect's. */
export class InvalidConnectorConfigError extends ConfigError {
  override readonly name: string = 'InvalidConnectorConfigError';
  override readonly message: string;
  constructor(problems: readonly ConfigProblem[]) {
    super(problems);
    this.message =
      `Connector configuration is invalid and contains the following ${problems.length} error(s):\n` +
      `${problems.map(problemText).join('\n')}\n` +
      'You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`';
  }
}

const isSound = (_config: GivenConfig, problems: readonly ConfigProblem[]): _config is ConnectorConfig =>
  problems.length === 0;

/** A config that may be kept, with no null in it. Throws InvalidConnectorConfigError with everything that is wrong at once. */
export const validateConnectorConfig = async (
  worker: WorkerSettings,
  plugins: Plugins,
  given: GivenConfig,
): Promise<ConnectorConfig> => {
  const { problems } = await validatedConfig(worker, plugins, given);
  if (isSound(given, problems)) return given;
  throw new InvalidConnectorConfigError(problems);
};
