import { parentPort, workerData } from 'node:worker_threads';
import { silentLogger } from '../../../src/api/index.ts';
import { ConfigDef } from '../../../src/config/index.ts';
import type { Plugins, Ports } from '../../../src/runtime/plugins.ts';
import { runTaskThread } from '../../../src/runtime/run-task-thread.ts';
import { LoggerLevels } from '../../../src/util/logger-levels.ts';
import { systemClock } from '../../../src/util/system-clock.ts';
import { InMemoryKafka, InMemorySourceConsumer } from './in-memory-kafka.ts';
import { RecordingSinkTask } from './recording-sink-task.ts';
import { TextConverter } from './worker-sink-task-fixture.ts';

/**
 * A real task thread with a connector of the test's: at start it asks its table service about the table that `test.table` names and fails
 * with what that answers; `test.die` ends the thread.
 */
const kafka = new InMemoryKafka();
const converter = { javaClass: '', config: {} };
const plugins: Plugins = {
  connector: (javaClass) => ({
    javaClass,
    version: '1',
    configDef: new ConfigDef({}),
    validate: () => [],
    createConnector: () => ({ start: async () => {}, taskConfigs: () => [], stop: async () => {} }),
    createTask: (context, { tables }) => {
      const task = new RecordingSinkTask(context);
      const { connector, task: number } = context.id;
      context.metrics.set('snowsink_breaker_open', { connector, task: String(number), endpoint: 'ingest' }, 1);
      task.start = async (config) => {
        if (config['test.die'] === 'true') process.exit(7);
        if (config['test.block'] === 'true') for (;;);
        const columns = await tables.describe(config['test.table'] ?? 'T');
        if (columns !== null) throw new Error(`columns: ${columns.map(({ name }) => name).join()}`);
      };
      return task;
    },
    createTableService: () => {
      throw new Error('table services live in the main thread');
    },
  }),
  connectors: () => [],
  classes: () => [],
  others: () => [],
  createConverter: () => new TextConverter(),
  createHeaderConverter: () => ({ javaClass: '', toConnectHeader: () => ({ schema: null, value: null }) }),
  createTransformation: () => ({ javaClass: '', apply: (record) => record, close: () => {} }),
  createPredicate: () => ({ javaClass: '', test: () => true }),
  resolve: async (_worker, config) => config,
  taskProperties: () => ({
    consumer: {},
    producer: {},
    admin: {},
    keyConverter: converter,
    valueConverter: converter,
    headerConverter: converter,
  }),
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
    text: async () => '',
    snapshot: async () => ['a snapshot'],
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

if (parentPort !== null) runTaskThread({ port: parentPort, worker: workerData.worker, plugins, ports });
