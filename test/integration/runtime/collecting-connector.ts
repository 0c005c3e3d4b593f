import {
  type CommittableOffset,
  JsonNumber,
  type NextOffset,
  type SinkRecord,
  type SinkTask,
  silentLogger,
  type TopicPartition,
} from '../../../src/api/index.ts';
import { createBudgetCounter } from '../../../src/buffer/index.ts';
import { ConfigDef, parseWorkerConfig } from '../../../src/config/index.ts';
import { createPlugins, createPorts } from '../../../src/plugins.ts';
import { type ConnectorPlugin, Herder, type WorkerSettings } from '../../../src/runtime/index.ts';
import { noTables, plainConnector } from '../../support/plain-connector.ts';

export interface Collected {
  readonly task: number;
  readonly partition: number;
  readonly offset: bigint;
  readonly n: number;
}

/** A sink that keeps `n` of each JSON value. Durable at once, so that what it is given is what may be committed. */
class CollectingTask implements SinkTask {
  readonly #task: number;
  readonly #collected: Collected[];

  constructor(task: number, collected: Collected[]) {
    this.#task = task;
    this.#collected = collected;
  }

  async start(): Promise<void> {}
  async open(): Promise<void> {}

  async put(records: readonly SinkRecord[]): Promise<void> {
    for (const { value, original } of records) {
      const field = value instanceof Map ? value.get('n') : undefined;
      const n = field instanceof JsonNumber ? Number(field.text) : Number(field);
      this.#collected.push({ task: this.#task, partition: original.partition, offset: original.record.offset, n });
    }
  }

  async flush(): Promise<void> {}

  async preCommit(
    consumed: ReadonlyMap<string, TopicPartition & { readonly offset: NextOffset }>,
  ): Promise<ReadonlyMap<string, TopicPartition & CommittableOffset>> {
    return new Map([...consumed].map(([key, offset]) => [key, { ...offset, metadata: 'collected' }]));
  }

  async close(): Promise<void> {}
  async stop(): Promise<void> {}
}

const connector = (collected: Collected[]): ConnectorPlugin => ({
  javaClass: 'test.CollectingConnector',
  version: '1',
  configDef: new ConfigDef({}),
  validate: () => [],
  createConnector: plainConnector,
  createTask: ({ id }) => new CollectingTask(id.task, collected),
  createTableService: () => noTables,
});

/** The real herder, worker, task loop, converters and Kafka clients; only the sink is the test's. */
export const startCollecting = async (
  bootstrapServers: string,
): Promise<{ readonly herder: Herder; readonly collected: Collected[] }> => {
  const { properties, values } = parseWorkerConfig({
    'bootstrap.servers': bootstrapServers,
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'false',
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'offset.flush.interval.ms': '500',
    'log.level': 'error',
  });
  const worker: WorkerSettings = {
    properties,
    offsetFlushIntervalMs: values['offset.flush.interval.ms'],
    offsetFlushTimeoutMs: values['offset.flush.timeout.ms'],
    gracefulShutdownTimeoutMs: values['task.shutdown.graceful.timeout.ms'],
  };
  const collected: Collected[] = [];
  const plugin = connector(collected);
  const ports = createPorts({ worker, memoryCounter: createBudgetCounter(), thread: 'main' });
  const herder = new Herder({
    worker,
    plugins: { ...createPlugins(), connector: () => plugin },
    ports: { ...ports, logger: silentLogger },
    threads: null,
    version: '0',
    commit: 'test',
  });
  await herder.start();
  return { herder, collected };
};
