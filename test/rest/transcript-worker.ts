import {
  type CommittableOffset,
  ConfigError,
  type NextOffset,
  type SinkTask,
  silentLogger,
  type TopicPartition,
} from '../../src/api/index.ts';
import { createBudgetCounter } from '../../src/buffer/index.ts';
import { ConfigDef, parseWorkerConfig, string } from '../../src/config/index.ts';
import { unknownConnectorClass } from '../../src/connector/connector-class.ts';
import { createPlugins, createPorts } from '../../src/plugins.ts';
import { type RestServer, startRestServer } from '../../src/rest/index.ts';
import { type ConnectorPlugin, Herder, type Plugins, type WorkerSettings } from '../../src/runtime/index.ts';
import { noTables, plainConnector } from '../support/plain-connector.ts';

const javaClass = 'org.apache.kafka.connect.file.FileStreamSinkConnector';
const names = [javaClass, 'FileStreamSinkConnector', 'FileStreamSink'];

/** Durable at once: what it is given is what may be committed. */
class DiscardingTask implements SinkTask {
  async start(): Promise<void> {}
  async open(): Promise<void> {}
  async put(): Promise<void> {}
  async flush(): Promise<void> {}
  async preCommit(
    consumed: ReadonlyMap<string, TopicPartition & { readonly offset: NextOffset }>,
  ): Promise<ReadonlyMap<string, TopicPartition & CommittableOffset>> {
    return new Map([...consumed].map(([key, offset]) => [key, { ...offset, metadata: '' }]));
  }
  async close(): Promise<void> {}
  async stop(): Promise<void> {}
}

const plugin: ConnectorPlugin = {
  javaClass,
  version: '3.9.1',
  configDef: new ConfigDef({ file: string({ default: null, importance: 'HIGH', documentation: 'Path of the file.' }) }),
  validate: () => [],
  createConnector: plainConnector,
  createTask: () => new DiscardingTask(),
  createTableService: () => noTables,
};

const plugins = (): Plugins => ({
  ...createPlugins(),
  connectors: () => [plugin],
  connector: (name) => {
    if (names.includes(name.trim())) return plugin;
    throw new ConfigError([{ key: '', message: unknownConnectorClass(name) }]);
  },
});

export interface TranscriptWorker {
  readonly rest: RestServer;
  readonly herder: Herder;
}

/** The real worker and its REST server; only the connector is the transcripts' own, whose one key is `file`. */
export const startTranscriptWorker = async (bootstrapServers: string): Promise<TranscriptWorker> => {
  const { properties, values } = parseWorkerConfig({
    'bootstrap.servers': bootstrapServers,
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'key.converter.schemas.enable': 'false',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'false',
    'offset.flush.interval.ms': '1000',
  });
  const worker: WorkerSettings = {
    properties,
    offsetFlushIntervalMs: values['offset.flush.interval.ms'],
    offsetFlushTimeoutMs: values['offset.flush.timeout.ms'],
    gracefulShutdownTimeoutMs: values['task.shutdown.graceful.timeout.ms'],
  };
  const ports = {
    ...createPorts({ worker, memoryCounter: createBudgetCounter(), thread: 'main' }),
    logger: silentLogger,
  };
  const herder = new Herder({
    worker,
    plugins: plugins(),
    ports,
    threads: null,
    version: '0.1.0',
    commit: 'unknown',
  });
  await herder.start();
  const rest = await startRestServer({
    properties: { ...properties, listeners: 'http://127.0.0.1:0' },
    herder,
    logger: silentLogger,
  });
  return { rest, herder };
};
