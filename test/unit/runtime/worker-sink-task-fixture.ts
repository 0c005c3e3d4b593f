import {
  type ConnectorConfig,
  type Converter,
  DataError,
  type HeaderConverter,
  type Logger,
  type Metrics,
  type Predicate,
  RetriableError,
  type SinkRecord,
  type Transformation,
} from '../../../src/api/index.ts';
import { ConfigDef } from '../../../src/config/index.ts';
import { buildWorkerSinkTask } from '../../../src/runtime/build-worker-sink-task.ts';
import type { Plugins, Ports } from '../../../src/runtime/plugins.ts';
import type { WorkerSinkTask } from '../../../src/runtime/worker-sink-task.ts';
import type { Status } from '../../../src/storage/index.ts';
import { LoggerLevels } from '../../../src/util/logger-levels.ts';
import { noTables } from '../../support/plain-connector.ts';
import { settled, VirtualClock } from '../../support/virtual-clock.ts';
import { InMemoryKafka, InMemorySourceConsumer } from './in-memory-kafka.ts';
import { RecordingSinkTask } from './recording-sink-task.ts';

export const id = { connector: 'orders', task: 0 } as const;
export const p0 = { topic: 't', partition: 0 } as const;
export const p1 = { topic: 't', partition: 1 } as const;

const decoder = new TextDecoder();

/** Text; `bad` is a DataError, `away` a RetriableError for as long as `retriableFailures` lasts. */
export class TextConverter implements Converter {
  readonly javaClass = 'org.apache.kafka.connect.storage.StringConverter';
  readonly passesJsonThrough: boolean;
  readonly passesTextThrough = true;
  retriableFailures = 0;
  constructor(passesJsonThrough = false) {
    this.passesJsonThrough = passesJsonThrough;
  }
  toConnectData(_topic: string, _headers: unknown, bytes: Uint8Array | null) {
    const value = bytes === null ? null : decoder.decode(bytes);
    if (value === 'bad') throw new DataError('The value is bad.');
    if (value === 'away' && this.retriableFailures-- > 0) throw new RetriableError('The registry is away.');
    return { schema: null, value };
  }
  fromConnectData(): Uint8Array | null {
    return null;
  }
}

const headerConverter: HeaderConverter = {
  javaClass: 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
  toConnectHeader: (_topic, _name, bytes) => ({ schema: null, value: bytes === null ? null : decoder.decode(bytes) }),
};

/** Drops values that begin with `drop`, and routes the rest to another topic, as RegexRouter would. */
const dropAndRoute: Transformation = {
  javaClass: 'test.DropAndRoute',
  apply: (record) => (String(record.value).startsWith('drop') ? null : { ...record, topic: 'routed', partition: 7 }),
  close: () => {},
};

const isKept: Predicate = { javaClass: 'test.IsKept', test: (record: SinkRecord) => record.key === 'keep' };

export interface Started {
  readonly kafka: InMemoryKafka;
  readonly clock: VirtualClock;
  readonly task: RecordingSinkTask;
  readonly worker: WorkerSinkTask;
  readonly consumer: InMemorySourceConsumer;
  readonly statuses: Status[];
  readonly logs: { readonly level: string; readonly message: string }[];
  readonly counters: Map<string, number>;
  readonly value: TextConverter;
  readonly ended: Promise<void>;
  /** Stops and waits for the end. */
  stop(): Promise<void>;
}

export interface FixtureOptions {
  readonly config?: ConnectorConfig;
  readonly kafka?: InMemoryKafka;
  readonly json?: boolean;
  readonly paused?: boolean;
  readonly prepare?: (task: RecordingSinkTask) => void;
}

const recordingLogger = (logs: { level: string; message: string }[]): Logger => {
  const at = (level: string) => (_fields: object, message: string) => {
    logs.push({ level, message });
  };
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  return logger;
};

/** Counts by `name` and by `name/stage`, `name/outcome`, `name/kind`. */
const countingMetrics = (counters: Map<string, number>): Metrics => {
  const add = (key: string, by: number): void => {
    counters.set(key, (counters.get(key) ?? 0) + by);
  };
  return {
    increment: (name, labels, by = 1) => {
      add(name, by);
      for (const [label, value] of Object.entries(labels)) {
        if (['stage', 'outcome', 'kind'].includes(label)) add(`${name}/${value}`, by);
      }
    },
    set: () => {},
    remove: () => {},
    forgetTask: () => {},
    observe: () => {},
  };
};

export const noBudget: Ports['memoryBudget'] = {
  limitBytes: 1,
  usedBytes: () => 0,
  reserve: () => {},
  release: () => {},
  isExhausted: () => false,
  hasRoom: () => true,
};

/** Builds the real task with everything around it real but Kafka, the clock, the converters and the connector's own task. */
export const startTask = async (options: FixtureOptions = {}): Promise<Started> => {
  const kafka = options.kafka ?? new InMemoryKafka();
  const clock = new VirtualClock();
  const consumer = new InMemorySourceConsumer(kafka, clock);
  const statuses: Status[] = [];
  const logs: { level: string; message: string }[] = [];
  const counters = new Map<string, number>();
  const value = new TextConverter(options.json ?? false);
  let task: RecordingSinkTask | null = null;
  const plugins: Plugins = {
    connector: (javaClass) => ({
      javaClass,
      version: '1',
      configDef: new ConfigDef({}),
      validate: () => [],
      createConnector: () => ({ start: async () => {}, taskConfigs: () => [], stop: async () => {} }),
      createTask: (context) => {
        task = new RecordingSinkTask(context);
        options.prepare?.(task);
        return task;
      },
      createTableService: () => noTables,
    }),
    connectors: () => [],
    classes: () => [],
    others: () => [],
    createConverter: (_javaClass, _config, isKey) => (isKey ? new TextConverter() : value),
    createHeaderConverter: () => headerConverter,
    createTransformation: () => dropAndRoute,
    createPredicate: () => isKept,
    resolve: async (_worker, config) => config,
    taskProperties: () => {
      const converter = { javaClass: '', config: {} };
      return {
        consumer: {},
        producer: {},
        admin: {},
        keyConverter: converter,
        valueConverter: converter,
        headerConverter: converter,
      };
    },
  };
  const ports: Ports = {
    clock,
    random: () => 0.5,
    logger: recordingLogger(logs),
    metrics: {
      ...countingMetrics(counters),
      text: async () => '',
      snapshot: async () => [],
      merge: () => {},
    },
    memoryBudget: noBudget,
    createConsumer: () => consumer,
    createProducer: async () => kafka.producer(),
    createDeadLetterLog: async () => kafka.deadLetterLog(),
    createAdmin: async () => kafka.admin(),
    createRecordReader: () => kafka.reader(),
    createTopicReader: () => Promise.reject(new Error('no topics of the worker’s own here')),
    loggerLevels: new LoggerLevels('INFO', () => 0),
  };
  const worker = await buildWorkerSinkTask(
    {
      id,
      config: { 'connector.class': 'test.Sink', topics: 't', ...options.config },
      paused: options.paused ?? false,
    },
    {
      worker: {
        properties: {},
        offsetFlushIntervalMs: 10_000,
        offsetFlushTimeoutMs: 5000,
        gracefulShutdownTimeoutMs: 5000,
      },
      plugins,
      ports,
      tables: noTables,
    },
    { onStatus: (_id, status) => statuses.push(status), onBreaker: () => {}, onTopic: () => {} },
  );
  if (task === null) throw new Error('the connector made no task');
  const ended = worker.run();
  await settled();
  return {
    kafka,
    clock,
    task,
    worker,
    consumer,
    statuses,
    logs,
    counters,
    value,
    ended,
    stop: async () => {
      worker.stop();
      await ended;
    },
  };
};

export { settled };
