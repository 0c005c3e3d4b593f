import { silentLogger } from '../../../src/api/index.ts';
import type { Plugins, Ports } from '../../../src/runtime/plugins.ts';
import { LoggerLevels } from '../../../src/util/logger-levels.ts';
import { systemClock } from '../../../src/util/system-clock.ts';
import { type InMemoryKafka, InMemorySourceConsumer } from './in-memory-kafka.ts';
import { noBudget, TextConverter } from './worker-sink-task-fixture.ts';

const none = { javaClass: '', config: {} };

/** Plugins that pass everything through, but for the connector, which is the test's. */
export const plainPlugins: Omit<Plugins, 'connector' | 'connectors'> = {
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
    keyConverter: none,
    valueConverter: none,
    headerConverter: none,
  }),
};

/** A worker's ports on Kafka in memory. */
export const portsOn = (
  kafka: InMemoryKafka,
  reading: Partial<Pick<Ports['metrics'], 'text' | 'snapshot'>>,
): Ports => ({
  clock: systemClock,
  random: () => 0.5,
  logger: silentLogger,
  metrics: {
    increment: () => {},
    set: () => {},
    remove: () => {},
    forgetTask: () => {},
    observe: () => {},
    text: async () => '',
    snapshot: async () => [],
    merge: () => {},
    ...reading,
  },
  memoryBudget: noBudget,
  createConsumer: () => new InMemorySourceConsumer(kafka, systemClock),
  createProducer: async () => kafka.producer(),
  createDeadLetterLog: async () => kafka.deadLetterLog(),
  createAdmin: async () => kafka.admin(),
  createRecordReader: () => kafka.reader(),
  createTopicReader: () => Promise.reject(new Error('no topics of the worker’s own here')),
  loggerLevels: new LoggerLevels('INFO', () => 0),
});
