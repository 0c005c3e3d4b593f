import { type ConnectorConfig, type SinkTask, silentLogger } from '../../../src/api/index.ts';
import { ConfigDef } from '../../../src/config/index.ts';
import { startRestServer } from '../../../src/rest/index.ts';
import { Herder, type Plugins, type Ports } from '../../../src/runtime/index.ts';
import { LoggerLevels } from '../../../src/util/logger-levels.ts';
import { systemClock } from '../../../src/util/system-clock.ts';
import { InMemoryKafka, InMemorySourceConsumer } from '../runtime/in-memory-kafka.ts';
import { RecordingSinkTask } from '../runtime/recording-sink-task.ts';
import { TextConverter } from '../runtime/worker-sink-task-fixture.ts';

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
  createConnector: () => {
    let config: ConnectorConfig = {};
    return {
      start: async (given) => {
        config = given;
      },
      taskConfigs: (maxTasks) => Array.from({ length: maxTasks }, () => config),
      stop: async () => {},
    };
  },
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
  createTableService: () => ({
    describe: async () => null,
    create: async () => {},
    evolution: async () => 'disabled',
    isIceberg: async () => false,
    alter: async () => {},
    plan: async () => [],
    offsets: async () => [],
    close: async () => {},
  }),
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
    connector: () => testPlugin,
    connectors: () => [testPlugin],
    classes: () => [],
    others: () => [{ class: 'com.example.TestConverter', type: 'converter', version: '1' }],
    createConverter: () => new TextConverter(),
    createHeaderConverter: () => ({ javaClass: '', toConnectHeader: () => ({ schema: null, value: null }) }),
    createTransformation: () => ({ javaClass: '', apply: (record) => record, close: () => {} }),
    createPredicate: () => ({ javaClass: '', test: () => true }),
    resolve: async (_worker, config) =>
      Object.fromEntries(Object.entries(config).map(([key, value]) => [key, value.replace(variable, 'resolved')])),
    taskProperties: () => {
      const none = { javaClass: '', config: {} };
      return {
        consumer: {},
        producer: {},
        admin: {},
        keyConverter: none,
        valueConverter: none,
        headerConverter: none,
      };
    },
  };
  const ports: Ports = {
    clock: systemClock,
    random: () => 0.5,
    logger: silentLogger,
    metrics: {
      increment: () => {},
      set: () => {},
      remove: () => {},
      observe: () => {},
      text: async () => '# HELP snowsink_up\n',
      snapshot: async () => [],
      merge: () => {},
    },
    memoryBudget: {
      limitBytes: 1,
      usedBytes: () => 0,
      reserve: () => {},
      release: () => {},
      isExhausted: () => false,
      hasRoom: () => true,
    },
    createConsumer: () => new InMemorySourceConsumer(kafka, systemClock),
    createProducer: async () => kafka.producer(),
    createDeadLetterLog: async () => kafka.deadLetterLog(),
    createAdmin: async () => kafka.admin(),
    createRecordReader: () => kafka.reader(),
    createTopicReader: () => Promise.reject(new Error('no topics of the worker’s own here')),
    loggerLevels: new LoggerLevels('INFO', () => 0),
  };
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
