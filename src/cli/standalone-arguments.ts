import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { ConfigError } from '../api/index.ts';
import {
  type ConnectorFile,
  connectorFilesIn,
  isKafkaConnectorResource,
  type Properties,
  readConnectorFile,
  readPropertiesFile,
  workerPropertiesFromEnvironment,
} from '../config/index.ts';
import { UsageError } from './arguments.ts';

export interface StandaloneArguments {
  /** Worker properties as given. */
  readonly worker: Properties;
  /** For messages: the file, or the environment. */
  readonly workerSource: string;
  readonly connectors: readonly ConnectorFile[];
}

const fail = (message: string): never => {
  throw new ConfigError([{ key: '', message }]);
};
const misuse = (message: string): never => {
  throw new UsageError(message);
};

interface Options {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

const readOptions = (args: readonly string[]): Options => {
  const files: string[] = [];
  const folders: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const [option = '', inline] = (args[at] ?? '').split('=', 2);
    if (option === '--connectors') folders.push(inline ?? args[++at] ?? misuse('--connectors needs a folder.'));
    else if (option === '-daemon')
      misuse('-daemon is not supported: run the command under a supervisor or with docker run -d.');
    else if (option.startsWith('-')) misuse(`Unknown option ${option}. Run the command with --help.`);
    else files.push(args[at] ?? '');
  }
  return { files, folders };
};

/** A first file that is no connector is the worker's, as in connect-standalone.sh. */
export const isWorkerFile = (path: string | undefined): path is string => {
  if (path === undefined || extname(path) === '.json' || !existsSync(path)) return false;
  if (isKafkaConnectorResource(path)) return false;
  const properties = readPropertiesFile(path);
  return properties['connector.class'] === undefined && properties['config.connector.class'] === undefined;
};

const refuseTwins = (connectors: readonly ConnectorFile[]): readonly ConnectorFile[] => {
  const byName = new Map<string, string>();
  for (const { name, path } of connectors) {
    const twin = byName.get(name);
    if (twin !== undefined) {
      fail(`${twin} and ${path} are both named ${name}: connector names must be unique, change "name" in one of them.`);
    }
    byName.set(name, path);
  }
  return connectors;
};

/** `[worker.properties] [connector.json|.properties|.yaml …] [--connectors DIR]`; without a worker file CONNECT_*. @throws UsageError, ConfigError */
export const readStandaloneArguments = (
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): StandaloneArguments => {
  const { files, folders } = readOptions(args);
  const workerFile = isWorkerFile(files[0]) ? files[0] : null;
  const connectorFiles = [...(workerFile === null ? files : files.slice(1)), ...folders.flatMap(connectorFilesIn)];
  return {
    worker: workerFile === null ? workerPropertiesFromEnvironment(environment) : readPropertiesFile(workerFile),
    workerSource: workerFile ?? 'the CONNECT_* environment variables',
    connectors: refuseTwins(connectorFiles.map(readConnectorFile)),
  };
};

/** The config with `initial_state` as the herder's target state. */
export const targetStateOf = ({ initialState }: ConnectorFile): 'STARTED' | 'PAUSED' | 'STOPPED' =>
  initialState === undefined || initialState === 'RUNNING' ? 'STARTED' : initialState;
