import {
  ConfigError,
  type ConfigProblem,
  type ConnectorConfig,
  type Logger,
  type MemoryBudget,
  type SinkConnector,
  silentLogger,
} from './api/index.ts';
import { createMemoryBudget } from './buffer/index.ts';
import { createLogger, createLoggerLevels, logFormat } from './cli/logger.ts';
import {
  adminProperties,
  consumerProperties,
  converterConfig,
  createConfigProviders,
  type PluginClass,
  producerProperties,
  resolveProviders,
} from './config/index.ts';
import {
  type ConnectorClass,
  connectorClasses,
  findConnectorClass,
  unknownConnectorClass,
} from './connector/connector-class.ts';
import { forgetChannels } from './connector/forget-channels.ts';
import { type ConfigNote, understand } from './connector/property-aliases.ts';
import { sinkConfigNotes } from './connector/sink-config-notes.ts';
import { parseSinkSettings } from './connector/snowflake-sink-config.ts';
import { SnowflakeSinkConnector } from './connector/snowflake-sink-connector.ts';
import { snowflakeSinkConfigDef } from './connector/snowflake-sink-properties.ts';
import { validateSinkConfig } from './connector/validate-sink-config.ts';
import {
  converterClasses,
  createConverter,
  createHeaderConverter,
  headerConverterClasses,
} from './converters/index.ts';
import { parsePrivateKey } from './destinations/private-key.ts';
import { tableProcess } from './early-start.ts';
import { createSourceConsumer } from './kafka/source-consumer.ts';
import { createMetrics, createProcessMetrics } from './metrics/index.ts';
import { encodeCommitMetadata } from './offsets/index.ts';
import { readVersion } from './program-files.ts';
import { SchemaRegistries } from './registry/index.ts';
import {
  type ConnectorPlugin,
  type ExternalOffsets,
  type MetricsRegistry,
  type PluginInfo,
  type Plugins,
  type PluginType,
  type Ports,
  type PortsOptions,
  pluginTypes,
  problemsOf,
  TableProcess,
  unknownPluginKeys,
} from './runtime/index.ts';
import {
  createPredicate,
  createTransformation,
  predicateClasses,
  transformationClasses,
  transformationNotes,
} from './transforms/index.ts';
import { systemClock } from './util/system-clock.ts';

/** What only the part that signs with it can tell of a key's text. A key that is missing is told of elsewhere. */
const keyProblems = (config: ConnectorConfig): readonly ConfigProblem[] =>
  problemsOf(() =>
    parsePrivateKey(config['snowflake.private.key'] ?? '', config['snowflake.private.key.passphrase'] || null),
  );

/** How a config is read: what was understood as what, and what in it has no effect. */
export const connectorNotes = (config: ConnectorConfig): readonly ConfigNote[] => {
  const noEffect = unknownPluginKeys(config, (type) => pluginClasses[type]);
  const ofPlugins = [...transformationNotes(config), ...noEffect];
  return [...sinkConfigNotes(config), ...ofPlugins.map((text) => ({ level: 'warn', text }) as const)];
};

/** Says once, at the connector's start, how its config is read. */
class NotingConnector extends SnowflakeSinkConnector {
  readonly #logger: Logger;
  constructor(logger: Logger) {
    super();
    this.#logger = logger;
  }
  override async start(config: ConnectorConfig): Promise<void> {
    for (const { level, text } of connectorNotes(config)) this.#logger[level]({ connector: config['name'] }, text);
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
    const { createDestination } = await import('./create-task.ts');
    const destination = createDestination(settings, {
      clock: systemClock,
      random: Math.random,
      logger: logger.child({ logger: 'com.snowflake.ingest', connector: settings.connectorName }),
      metrics: createMetrics(),
      taskId: { connector: settings.connectorName, task: 0 },
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

const connectorPlugin = (
  { javaClass, generation }: ConnectorClass,
  version: string,
  logger: Logger,
  tables: TableProcess,
): ConnectorPlugin => ({
  javaClass,
  version,
  configDef: snowflakeSinkConfigDef(generation),
  validate: (config) => validateSinkConfig(config, keyProblems),
  createConnector: (): SinkConnector => new NotingConnector(logger),
  createTask: async (context, resources) => (await import('./create-task.ts')).createTask(context, resources),
  createTableService: (config) => tables.service(config),
  offsets: channelOffsets(logger),
});

const sorted = (classes: readonly PluginClass[]): readonly PluginClass[] =>
  [...classes].sort((a, b) => (a.javaClass < b.javaClass ? -1 : 1));

/** What configs may name besides connectors. */
const pluginClasses: Readonly<Record<PluginType, readonly PluginClass[]>> = {
  transformation: sorted(transformationClasses),
  predicate: sorted(predicateClasses),
  converter: sorted(converterClasses),
  header_converter: sorted(headerConverterClasses),
};

const otherPlugins = (version: string): readonly PluginInfo[] =>
  pluginTypes.flatMap((type) =>
    pluginClasses[type].flatMap(({ javaClass, refused }) =>
      refused === undefined ? [{ class: javaClass, type, version }] : [],
    ),
  );

/** auto.offset.reset of the worker's consumers, which the sink task must know; the connector's own override wins there. */
const inheritedKey = 'consumer.auto.offset.reset';

/** The classes that configs may name. One call for each thread; the logger is for notes on configs. */
export const createPlugins = ({ logger = silentLogger }: { readonly logger?: Logger } = {}): Plugins => {
  const version = readVersion();
  const tables = new TableProcess(tableProcess, systemClock);
  const registries = new SchemaRegistries(systemClock, Math.random);
  const plugins = connectorClasses.map((connectorClass) => connectorPlugin(connectorClass, version, logger, tables));
  return {
    connector: (name) => {
      const javaClass = findConnectorClass(name)?.javaClass;
      const plugin = plugins.find((candidate) => candidate.javaClass === javaClass);
      if (plugin !== undefined) return plugin;
      throw new ConfigError([{ key: '', message: unknownConnectorClass(name) }]);
    },
    connectors: () => plugins,
    others: () => otherPlugins(version),
    classes: (type) => pluginClasses[type],
    createConverter: (javaClass, config, isKey) => createConverter(javaClass, config, isKey, registries),
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

/** What a thread may never need is loaded when it does. */
const kafka = () => import('./kafka/index.ts');
const kernel = () => import('./kernel/index.ts');

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
    createProducer: async (options) => (await kafka()).createRecordProducer(withClientLogger(options)),
    createDeadLetterLog: async (options) => (await kafka()).createDeadLetterLog(withClientLogger(options)),
    createAdmin: async (options) => (await kafka()).createKafkaAdmin(withClientLogger(options)),
    createTopicReader: async (options) => {
      const { createTopicReader } = await kafka();
      const { RecordReader } = await kernel();
      const reader = new RecordReader({ checkCrcs: true });
      const recordsOf = reader.read.bind(reader);
      return createTopicReader({ ...withClientLogger(options), recordsOf });
    },
    createRecordReader: async (options) => new (await kernel()).RecordReader(options),
  };
};
