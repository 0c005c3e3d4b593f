import type { ConnectorConfig } from '../api/index.ts';
import type { ConnectorFile, WorkerConfig } from '../config/index.ts';
import type { SinkSettings } from '../connector/sink-settings.ts';
import { parseSinkSettings } from '../connector/snowflake-sink-config.ts';
import { createPlugins } from '../plugins.ts';
import type { Plugins, TaskProperties, WorkerSettings } from '../runtime/index.ts';
import { validateConnectorConfig } from '../runtime/validate-connector-config.ts';
import type { CommandLine } from './command.ts';
import { namingSource, readWorkerConfig, settingsOf } from './run-worker.ts';
import { readStandaloneArguments } from './standalone-arguments.ts';

/** The files of a command that looks at connectors without running them. */
export interface GivenFiles {
  readonly worker: WorkerSettings;
  readonly workerConfig: WorkerConfig;
  readonly plugins: Plugins;
  readonly connectors: readonly ConnectorFile[];
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
  return { worker: settingsOf(workerConfig), workerConfig, plugins: createPlugins(), connectors: given.connectors };
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
