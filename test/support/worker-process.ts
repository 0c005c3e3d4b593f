import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildEnd, ChildServer } from './child-server.ts';
import { spawnNode, startChildServer } from './child-server.ts';
import { freePort } from './free-port.ts';
import type { SnowflakeLogin } from './snowflake.ts';

export type Properties = Readonly<Record<string, string>>;

export interface WorkerOptions {
  /** worker.properties; listeners is a free port of 127.0.0.1 unless given. */
  readonly properties: Properties;
  /** Connector configs, each with its `name`, or paths of files. */
  readonly connectors: readonly (Properties | string)[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Left out: connect-standalone. */
  readonly command?: 'connect-standalone' | 'connect-distributed';
  /** The program: the checkout's source unless given; `dist/main.js` after a build is what the image runs. */
  readonly program?: string;
}

export interface TaskStatus {
  readonly id: number;
  readonly state: string;
  readonly trace?: string;
}

export interface ConnectorStatus {
  readonly name: string;
  readonly connector: { readonly state: string; readonly trace?: string };
  readonly tasks: readonly TaskStatus[];
}

/** The real worker as a child process. */
export interface WorkerProcess {
  /** Of its REST API. */
  readonly url: string;
  readonly process: ChildServer;
  /** JSON of a GET, whatever the status code. */
  get(path: string): Promise<unknown>;
  status(connector: string): Promise<ConnectorStatus>;
  metrics(): Promise<string>;
  /** SIGTERM: it drains. */
  terminate(): Promise<ChildEnd>;
  /** SIGKILL. */
  kill(): Promise<ChildEnd>;
}

const propertiesFile = (properties: Properties): string =>
  Object.entries(properties)
    .map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`)
    .join('');

const writeFiles = (options: WorkerOptions): { folder: string; args: string[] } => {
  const folder = mkdtempSync(join(tmpdir(), 'snowsink-worker-'));
  const worker = join(folder, 'worker.properties');
  writeFileSync(worker, propertiesFile(options.properties));
  const connectors = options.connectors.map((config, index) => {
    if (typeof config === 'string') return config;
    const file = join(folder, `${config['name'] ?? `connector-${index}`}.json`);
    writeFileSync(file, JSON.stringify(config, null, 2));
    return file;
  });
  const { program = 'src/main.ts', command = 'connect-standalone' } = options;
  return { folder, args: [program, command, worker, ...connectors] };
};

/** Resolves when REST answers that the worker is healthy; connectors may still be joining their groups. */
export const startWorker = async (options: WorkerOptions): Promise<WorkerProcess> => {
  const url = options.properties['listeners'] ?? `http://127.0.0.1:${await freePort()}`;
  const { folder, args } = writeFiles({ ...options, properties: { listeners: url, ...options.properties } });
  const child = await startChildServer({
    name: 'worker',
    args,
    ...(options.env === undefined ? {} : { env: options.env }),
    ready: async () => (await fetch(`${url}/health`)).ok,
    readyWithinMs: 60_000,
  }).catch((error: unknown) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  void child.ended.then(() => rmSync(folder, { recursive: true, force: true }));
  const get = async (path: string): Promise<unknown> => (await fetch(`${url}${path}`)).json();
  return {
    url,
    process: child,
    get,
    status: async (connector) => (await get(`/connectors/${connector}/status`)) as ConnectorStatus,
    metrics: async () => (await fetch(`${url}/metrics`)).text(),
    terminate: () => child.stop(60_000),
    kill: () => child.kill(),
  };
};

export interface CommandResult extends ChildEnd {
  readonly output: string;
}

/** Runs the command to its end: for what it says about bad input. */
export const runSnowsink = async (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<CommandResult> => {
  const child = spawnNode({ name: 'snowsink', args: ['src/main.ts', ...args], env });
  return { ...(await child.ended), output: child.output() };
};

export interface SinkOptions {
  readonly name: string;
  readonly topics: string;
  readonly login: SnowflakeLogin;
  /** Dead-letter topic; none by default, and then the task fails at the first bad record. */
  readonly deadLetterTopic?: string;
  /** On top of and instead of all others. */
  readonly overrides?: Properties;
}

/** A connector config as a user of the Snowflake connector (v3) writes it, tuned for short tests. */
export const sinkConfig = ({ name, topics, login, deadLetterTopic, overrides }: SinkOptions): Properties => ({
  name,
  'connector.class': 'com.snowflake.kafka.connector.SnowflakeSinkConnector',
  'tasks.max': '1',
  topics,
  'snowflake.url.name': login.url,
  'snowflake.user.name': login.user,
  'snowflake.private.key': login.privateKey,
  'snowflake.database.name': login.database,
  'snowflake.schema.name': login.schema,
  'snowflake.role.name': login.role,
  'snowflake.ingestion.method': 'SNOWPIPE_STREAMING',
  'buffer.flush.time': '0.5',
  'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter.schemas.enable': 'false',
  ...(deadLetterTopic === undefined
    ? {}
    : {
        'errors.tolerance': 'all',
        'errors.deadletterqueue.topic.name': deadLetterTopic,
        'errors.deadletterqueue.topic.replication.factor': '1',
        'errors.deadletterqueue.context.headers.enable': 'true',
      }),
  ...overrides,
});
