import { ConfigError, type ConfigProblem } from '../api/index.ts';
import type { ConnectorFile } from '../config/index.ts';
import { endEarly } from '../early-start.ts';
import type { Herder, Plugins, WorkerSettings } from '../runtime/index.ts';
import { validateConnectorConfig } from '../runtime/validate-connector-config.ts';
import type { Command, CommandLine } from './command.ts';
import { namingSource, runWorker } from './run-worker.ts';
import { readStandaloneArguments, targetStateOf } from './standalone-arguments.ts';

const usage = `Usage: snowsink connect-standalone [worker.properties] [connector.json|connector.properties ...] [--connectors DIR]

Runs connectors in this process until SIGTERM or SIGINT, which drain it; a second signal ends it at once.

  worker.properties   The worker's config, as Kafka Connect's. Without it CONNECT_* environment variables are the config:
                      CONNECT_BOOTSTRAP_SERVERS=kafka:9092 is bootstrap.servers=kafka:9092.
  connector files     Connector configs: JSON or YAML (a map with "name", or {"name", "config"}, or Strimzi's KafkaConnector) or
                      Java properties.
  --connectors DIR    Every .json, .yaml and .properties file of DIR.

Exit codes: 0 drained; 1 a mistake in a config or an unreachable service, with one message that says what to change;
2 the command line is wrong.`;

/** Before Kafka is asked for anything: all mistakes of all files at once. */
const checkConnectors = async (
  worker: WorkerSettings,
  plugins: Plugins,
  files: readonly ConnectorFile[],
): Promise<void> => {
  const problems: ConfigProblem[] = [];
  for (const { path, config } of files) {
    try {
      await validateConnectorConfig(worker, plugins, config);
    } catch (error) {
      const named = namingSource(error, path);
      if (!(named instanceof ConfigError)) throw named;
      problems.push(...named.problems);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
};

const startConnectors = async (herder: Herder, files: readonly ConnectorFile[]): Promise<void> => {
  for (const file of files) {
    try {
      const targetState = targetStateOf(file);
      await herder.putConnectorConfig(file.name, file.config, { replace: false, targetState });
    } catch (error) {
      throw namingSource(error, file.path);
    }
  }
};

const run = async (args: readonly string[], io: CommandLine): Promise<number> => {
  const { worker, workerSource, connectors } = readStandaloneArguments(args, io.environment);
  if (connectors.length === 0) await endEarly();
  const mode = {
    worker,
    workerSource,
    check: (_: unknown, settings: WorkerSettings, plugins: Plugins) => checkConnectors(settings, plugins, connectors),
    stores: async () => ({}),
    started: (herder: Herder) => startConnectors(herder, connectors),
  };
  return runWorker(mode, io);
};

/** Kafka Connect's standalone worker. */
export const connectStandalone: Command = {
  name: 'connect-standalone',
  summary: 'run connectors in this process, as Kafka Connect’s standalone worker does',
  usage,
  run,
};
