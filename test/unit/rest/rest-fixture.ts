import { type SinkTask, silentLogger } from '../../../src/api/index.ts';
import { ConfigDef } from '../../../src/config/index.ts';
import { startRestServer } from '../../../src/rest/index.ts';
import { Herder, type Plugins } from '../../../src/runtime/index.ts';
import { noTables, plainConnector } from '../../support/plain-connector.ts';
import { InMemoryKafka } from '../runtime/in-memory-kafka.ts';
import { plainPlugins, portsOn } from '../runtime/in-memory-ports.ts';
import { RecordingSinkTask } from '../runtime/recording-sink-task.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface RestFixture extends AsyncDisposable {
  readonly url: string;
  readonly urls: readonly string[];
  /** Errors of ours that calls ran into. */
  readonly unexpected: readonly string[];
  readonly host: string;
  readonly herder: Herder;
  readonly tasks: RecordingSinkTask[];
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

/** What a config provider would replace. */
export const variable = `\${env:PW}`;

/** `fails`: the tasks of this connector fail at start as long as it is set. */
export const faults = { startFailure: null as string | null };

const plugin = (tasks: RecordingSinkTask[]): ReturnType<Plugins['connector']> => ({
  javaClass: 'com.example.TestSinkConnector',
  version: '1',
  configDef: new ConfigDef({}),
  validate: () => [],
  createConnector: plainConnector,
  createTask: (context): SinkTask => {
    const task = new RecordingSinkTask(context);
    tasks.push(task);
    const start = task.start.bind(task);
    task.start = async (config) => {
      if (faults.startFailure !== null) throw new Error(faults.startFailure);
      await start(config);
    };
    return task;
  },
  createTableService: () => noTables,
});

/** The real REST server, herder, worker and task loop, with a connector of our own and no Kafka. */
export const startRest = async (
  properties: Readonly<Record<string, string>> = {},
  environment: Readonly<Record<string, string>> = {},
): Promise<RestFixture> => {
  const kafka = new InMemoryKafka();
  const tasks: RecordingSinkTask[] = [];
  const testPlugin = plugin(tasks);
  const plugins: Plugins = {
    ...plainPlugins,
    connector: () => testPlugin,
    connectors: () => [testPlugin],
    others: () => [{ class: 'com.example.TestConverter', type: 'converter', version: '1' }],
    resolve: async (_worker, config) =>
      Object.fromEntries(Object.entries(config).map(([key, value]) => [key, value.replace(variable, 'resolved')])),
  };
  const ports = portsOn(kafka, { text: async () => '# HELP snowsink_up\n' });
  const herder = new Herder({
    worker: {
      properties: {},
      offsetFlushIntervalMs: 1000,
      offsetFlushTimeoutMs: 1000,
      gracefulShutdownTimeoutMs: 1000,
    },
    plugins,
    ports,
    threads: null,
    version: '0.1.0',
    commit: 'abc',
  });
  const unexpected: string[] = [];
  const logger = {
    ...silentLogger,
    error: (fields: object, message: string) => {
      if (message.startsWith('Uncaught')) unexpected.push(JSON.stringify(fields));
    },
  };
  const server = await startRestServer({
    properties: { listeners: 'http://127.0.0.1:0', ...properties },
    environment,
    herder,
    logger,
  });
  await herder.start();
  const url = server.urls[0] ?? '';
  return {
    url,
    urls: server.urls,
    unexpected,
    host: new URL(url).host,
    herder,
    tasks,
    call: async (method, path, body, headers) => {
      const json = body === undefined ? {} : { 'content-type': 'application/json' };
      const response = await fetch(url + path, {
        method,
        headers: { ...json, ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') === true;
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
    },
    [Symbol.asyncDispose]: async () => {
      await herder.stop();
      await server.close();
    },
  };
};
