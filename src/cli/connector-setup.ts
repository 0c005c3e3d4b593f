import type { ConnectorConfig } from '../api/index.ts';
import type { ConnectorFile, WorkerConfig } from '../config/index.ts';
import type { SinkSettings } from '../connector/sink-settings.ts';
import { parseSinkSettings } from '../connector/snowflake-sink-config.ts';
import { createPlugins } from '../plugins.ts';
import type { Plugins, TaskProperties, WorkerSettings } from '../runtime/index.ts';
import { validateConnectorConfig } from '../runtime/validate-connector-config.ts';
import { UsageError } from './arguments.ts';
import type { CommandLine } from './command.ts';
import { namingSource, readWorkerConfig, settingsOf } from './run-worker.ts';
import { readStandaloneArguments } from './standalone-arguments.ts';

/** The files of a command that looks at connectors without running them. */
export interface GivenFiles {
  readonly worker: WorkerSettings;
  readonly workerConfig: WorkerConfig;
  readonly plugins: Plugins;
  readonly connectors: readonly ConnectorFile[];
  /** The worker's config has bootstrap.servers, so no default stands in. */
  readonly namesBrokers: boolean;
}

/** One connector as the worker would run it. */
export interface ConnectorSetup {
  readonly name: string;
  readonly path: string;
  /** Resolved. */
  readonly config: ConnectorConfig;
  readonly settings: SinkSettings;
  /** Of its first task: consumer (with group.id), producer, admin, converters. */
  readonly properties: TaskProperties;
}

/** `[worker.properties] connector.json …` as connect-standalone takes them. @throws ConfigError */
export const readGivenFiles = (files: readonly string[], io: CommandLine): GivenFiles => {
  const given = readStandaloneArguments(files, io.environment);
  const workerConfig = readWorkerConfig(given, io);
  return {
    worker: settingsOf(workerConfig),
    workerConfig,
    plugins: createPlugins(),
    connectors: given.connectors,
    namesBrokers: given.worker['bootstrap.servers'] !== undefined,
  };
};

/** @throws ConfigError that names the file, with everything that is wrong */
export const setUpConnector = async (
  { worker, plugins }: Pick<GivenFiles, 'worker' | 'plugins'>,
  { name, path, config: given }: ConnectorFile,
): Promise<ConnectorSetup> => {
  try {
    await validateConnectorConfig(worker, plugins, given);
    const config = await plugins.resolve(worker, given);
    const properties = plugins.taskProperties(worker, config, { connector: name, task: 0 });
    return { name, path, config, settings: parseSinkSettings(config), properties };
  } catch (error) {
    throw namingSource(error, path);
  }
};

/** What a command looks at that is about one connector and asks Kafka. @throws UsageError, ConfigError */
export const setUpOneConnector = async (
  command: string,
  files: readonly string[],
  io: CommandLine,
): Promise<{ readonly given: GivenFiles; readonly setup: ConnectorSetup }> => {
  const given = readGivenFiles(files, io);
  const [file] = given.connectors;
  if (file === undefined || given.connectors.length > 1)
    throw new UsageError(`Name one connector file. snowsink ${command} --help says more.`);
  if (!given.namesBrokers)
    io.err(
      'No worker file was given, and CONNECT_BOOTSTRAP_SERVERS is not set: Kafka is looked for at localhost:9092, the default of bootstrap.servers.',
    );
  return { given, setup: await setUpConnector(given, file) };
};
