import { fork } from 'node:child_process';
import { extname } from 'node:path';
import {
  ConfigError,
  type ConfigProblem,
  type ConnectorConfig,
  type Destination,
  type Logger,
  type MemoryBudget,
  type SinkConnector,
  type SinkTask,
  type SinkTaskContext,
  silentLogger,
} from './api/index.ts';
import { createMemoryBudget } from './buffer/index.ts';
import { createLogger, createLoggerLevels, logFormat } from './cli/logger.ts';
import { readVersion } from './cli/version.ts';
import {
  adminProperties,
  consumerProperties,
  converterConfig,
  createConfigProviders,
  originalsWithPrefix,
  overrideProblems,
  producerProperties,
  resolveProviders,
} from './config/index.ts';
import { connectorClasses, findConnectorClass, unknownConnectorClass } from './connector/connector-class.ts';
import { forgetChannels } from './connector/forget-channels.ts';
import { understand } from './connector/property-aliases.ts';
import { sinkConfigNotes } from './connector/sink-config-notes.ts';
import type { SinkSettings } from './connector/sink-settings.ts';
import { parseSinkSettings, sinkConfigProblems } from './connector/snowflake-sink-config.ts';
import { SnowflakeSinkConnector } from './connector/snowflake-sink-connector.ts';
import { SnowflakeSinkTask } from './connector/snowflake-sink-task.ts';
import { TopicToTable } from './connector/topic-to-table.ts';
import {
  converterClasses,
  createConverter,
  createHeaderConverter,
  headerConverterClasses,
} from './converters/index.ts';
import { createSnowpipeStreaming, parsePrivateKey } from './destinations/index.ts';
import { createKafkaAdmin, createRecordProducer, createSourceConsumer } from './kafka/index.ts';
import { RecordReader } from './kernel/index.ts';
import { createMetrics, createProcessMetrics } from './metrics/index.ts';
import { encodeCommitMetadata } from './offsets/index.ts';
import {
  type ConnectorPlugin,
  createTransformationStages,
  type ExternalOffsets,
  type MetricsRegistry,
  type PluginInfo,
  type Plugins,
  type Ports,
  type PortsOptions,
  TableProcess,
  type TaskResources,
  type WorkerSettings,
} from './runtime/index.ts';
import {
  createPredicate,
  createTransformation,
  predicateClasses,
  transformationClasses,
  transformationNotes,
} from './transforms/index.ts';
import { systemClock } from './util/system-clock.ts';

/** What a check throws, as problems; anything but a ConfigError is a fault of ours and goes on. */
const problemsOf = (check: () => unknown): readonly ConfigProblem[] => {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

const converterKinds = ['key.converter', 'value.converter', 'header.converter'] as const;

/** Only converters that the connector names itself: the worker's are checked when the worker starts. */
const converterProblems = (config: ConnectorConfig): readonly ConfigProblem[] =>
  converterKinds.flatMap((kind) => {
    const javaClass = config[kind];
    if (javaClass === undefined) return [];
    const settings = originalsWithPrefix(config, `${kind}.`);
    return problemsOf(() =>
      kind === 'header.converter'
        ? createHeaderConverter(javaClass, settings)
        : createConverter(javaClass, settings, kind === 'key.converter'),
    );
  });

const transformProblems = (config: ConnectorConfig): readonly ConfigProblem[] =>
  problemsOf(() => createTransformationStages(config, { createTransformation, createPredicate }));

/** What only the part that signs with it can tell of a key's text. A key that is missing is told of elsewhere. */
const keyProblems = (config: ConnectorConfig, known: readonly ConfigProblem[]): readonly ConfigProblem[] => {
  const isKnown = known.some(({ key }) => key.startsWith('snowflake.private.key'));
  const key = config['snowflake.private.key'] ?? '';
  const passphrase = config['snowflake.private.key.passphrase'] || null;
  return isKnown ? [] : problemsOf(() => parsePrivateKey(key, passphrase));
};

/** What the framework checks of every connector besides its ConfigDef: converters, transforms, predicates, client overrides. */
export const frameworkProblems = (worker: WorkerSettings, config: ConnectorConfig): readonly ConfigProblem[] => [
  ...converterProblems(config),
  ...transformProblems(config),
  ...overrideProblems(worker.properties, config),
];

const validate = (worker: WorkerSettings, given: ConnectorConfig): readonly ConfigProblem[] => {
  const { config } = understand(given);
  const problems = sinkConfigProblems(given);
  return [
    ...problems,
    ...keyProblems(config, problems),
    ...(problems.length === 0 ? problemsOf(() => new TopicToTable(parseSinkSettings(given))) : []),
    ...frameworkProblems(worker, config),
  ];
};

const openDestination = (settings: SinkSettings, context: SinkTaskContext, { random }: TaskResources): Destination =>
  createSnowpipeStreaming({
    account: settings.account,
    clock: context.clock,
    random,
    logger: context.logger.child({ logger: 'com.snowflake.ingest' }),
    metrics: context.metrics,
    taskId: context.id,
    maxConcurrentAppends: settings.maxConcurrentAppends,
  });

const createTask = (context: SinkTaskContext, resources: TaskResources): SinkTask =>
  new SnowflakeSinkTask(context, {
    settings: parseSinkSettings(context.config),
    tables: resources.tables,
    memoryBudget: resources.memoryBudget,
    random: resources.random,
    openDestination: (settings, taskContext) => openDestination(settings, taskContext, resources),
  });

/** Says once, at the connector's start, how its config is read. */
class NotingConnector extends SnowflakeSinkConnector {
  readonly #logger: Logger;
  constructor(logger: Logger) {
    super();
    this.#logger = logger;
  }
  override async start(config: ConnectorConfig): Promise<void> {
    for (const { level, text } of sinkConfigNotes(config)) this.#logger[level]({ connector: config['name'] }, text);
    for (const text of transformationNotes(config)) this.#logger.warn({ connector: config['name'] }, text);
    await super.start(config);
  }
}

/** An operator may wait so long for channels to be dropped. */
const forgetLimitMs = 60_000;

/** A channel's token stands above Kafka's offset: only a channel that is made anew starts where Kafka says (KIP-875). */
const channelOffsets = (logger: Logger): ExternalOffsets => ({
  commitMetadata: encodeCommitMetadata({ token: null, topicId: null, incarnation: '' }),
  forget: async (config, partitions) => {
    const settings = parseSinkSettings(config);
    const destination = createSnowpipeStreaming({
      account: settings.account,
      clock: systemClock,
      random: Math.random,
      logger,
      metrics: createMetrics(),
      taskId: { connector: settings.connectorName, task: 0 },
      maxConcurrentAppends: 1,
    });
    try {
      await forgetChannels(settings, destination, partitions, AbortSignal.timeout(forgetLimitMs));
    } finally {
      await destination.close();
    }
  },
  forgotten: (partitions) =>
    `Snowflake: the channels of ${partitions} partition(s) are dropped and their offset tokens forgotten; rows stay in their tables.`,
});

/** The file lies beside this one: TypeScript in the checkout, JavaScript in the built package. */
const forkTableProcess = () => fork(new URL(`./table-process${extname(import.meta.url)}`, import.meta.url));

const connectorPlugin = (
  javaClass: string,
  version: string,
  logger: Logger,
  tables: TableProcess,
): ConnectorPlugin => ({
  javaClass,
  version,
  validate,
  createConnector: (): SinkConnector => new NotingConnector(logger),
  createTask,
  createTableService: (config) => tables.service(config),
  offsets: channelOffsets(logger),
});

const otherPlugins = (version: string): readonly PluginInfo[] => {
  const listed = (type: PluginInfo['type'], classes: readonly string[]): readonly PluginInfo[] =>
    [...classes].sort().map((javaClass) => ({ class: javaClass, type, version }));
  return [
    ...listed('transformation', transformationClasses),
    ...listed('predicate', predicateClasses),
    ...listed('converter', converterClasses),
    ...listed('header_converter', headerConverterClasses),
  ];
};

/** auto.offset.reset of the worker's consumers, which the sink task must know; the connector's own override wins there. */
const inheritedKey = 'consumer.auto.offset.reset';

/** The classes that configs may name. One call for each thread; the logger is for notes on configs. */
export const createPlugins = ({ logger = silentLogger }: { readonly logger?: Logger } = {}): Plugins => {
  const version = readVersion();
  const tables = new TableProcess(forkTableProcess, systemClock);
  const plugins = connectorClasses.map(({ javaClass }) => connectorPlugin(javaClass, version, logger, tables));
  return {
    connector: (name) => {
      const javaClass = findConnectorClass(name)?.javaClass;
      const plugin = plugins.find((candidate) => candidate.javaClass === javaClass);
      if (plugin !== undefined) return plugin;
      throw new ConfigError([{ key: 'connector.class', message: unknownConnectorClass(name) }]);
    },
    connectors: () => plugins,
    others: () => otherPlugins(version),
    createConverter,
    createHeaderConverter,
    createTransformation,
    createPredicate,
    resolve: async (worker, config) => {
      const inherited = worker.properties[inheritedKey];
      const resolved = resolveProviders(config, createConfigProviders(worker.properties, process.env, logger));
      return inherited === undefined ? resolved : { [inheritedKey]: inherited, ...resolved };
    },
    taskProperties: ({ properties }, given, id) => {
      const { config } = understand(given);
      return {
        consumer: consumerProperties(properties, config, id),
        producer: producerProperties(properties, config, id),
        admin: adminProperties(properties, config, id),
        keyConverter: converterConfig(properties, config, 'key.converter'),
        valueConverter: converterConfig(properties, config, 'value.converter'),
        headerConverter: converterConfig(properties, config, 'header.converter'),
      };
    },
  };
};

/** The main thread's registry also tells of the process: memory, CPU, the budget. */
const mainMetrics = (memoryBudget: MemoryBudget): MetricsRegistry => {
  const processMetrics = createProcessMetrics();
  const metrics: MetricsRegistry = createMetrics(() => {
    metrics.set('snowsink_memory_used_bytes', {}, memoryBudget.usedBytes());
    return processMetrics.samples();
  });
  metrics.set('snowsink_memory_limit_bytes', {}, memoryBudget.limitBytes);
  return metrics;
};

/** Under the name that Kafka's own clients log by. */
const withClientLogger = <T extends { readonly logger: Logger }>(options: T): T => ({
  ...options,
  logger: options.logger.child({ logger: 'org.apache.kafka.clients' }),
});

/** The outside world of one thread: real clock, Kafka, logs on stdout. */
export const createPorts = ({ worker, memoryCounter, thread }: PortsOptions): Ports => {
  const { properties } = worker;
  const memoryBudget = createMemoryBudget(Number(properties['snowsink.memory.bytes']), memoryCounter);
  const format = logFormat(properties['log.format'], process.stdout.isTTY === true);
  const loggerLevels = createLoggerLevels(properties['log.level'], () => systemClock.now());
  return {
    clock: systemClock,
    random: Math.random,
    logger: createLogger({ levels: loggerLevels, format, thread }),
    loggerLevels,
    metrics: thread === 'main' ? mainMetrics(memoryBudget) : createMetrics(),
    memoryBudget,
    createConsumer: (options) => createSourceConsumer(withClientLogger(options)),
    createProducer: (options) => createRecordProducer(withClientLogger(options)),
    createAdmin: (options) => createKafkaAdmin(withClientLogger(options)),
    createRecordReader: (options) => new RecordReader(options),
  };
};
