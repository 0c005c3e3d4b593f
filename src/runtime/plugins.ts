import type {
  Clock,
  ConfigProblem,
  ConnectorConfig,
  Converter,
  DeadLetterLog,
  HeaderConverter,
  KafkaAdmin,
  Logger,
  MemoryBudget,
  Metrics,
  Predicate,
  Random,
  RecordBatch,
  RecordProducer,
  RecordView,
  SinkConnector,
  SinkTask,
  SinkTaskContext,
  SourceConsumer,
  TableService,
  TaskId,
  TopicPartition,
  TopicReader,
  Transformation,
} from '../api/index.ts';
import type { ConfigDef, ConfigKeys, PluginClass } from '../config/index.ts';
import type { LoggerLevels } from '../util/logger-levels.ts';
import type { PluginInfo } from './connector-info.ts';

/**
 * All that the runtime asks of the rest of the program: classes by their Connect name (`Plugins`) and the outside world (`Ports`).
 * src/plugins.ts is the implementation; it exports `createPlugins(): Plugins` and `createPorts(options: PortsOptions): Ports`, and is
 * called once in the main thread and once in each task thread. Tests and the simulator pass their own.
 */
export interface Plugins {
  /** By full class name, simple name, or simple name without `Connector`. Throws a ConfigError that lists what exists. */
  connector(javaClassOrAlias: string): ConnectorPlugin;
  connectors(): readonly ConnectorPlugin[];
  /** Transforms, predicates, converters, header converters: Connect's order. */
  others(): readonly PluginInfo[];
  /** The same classes with their keys. */
  classes(type: PluginType): readonly PluginClass[];
  /** `config`: the sub-keys, prefix taken off (`schemas.enable`). Unknown class: ConfigError that lists what exists. */
  createConverter(javaClass: string, config: ConnectorConfig, isKey: boolean): Converter;
  createHeaderConverter(javaClass: string, config: ConnectorConfig): HeaderConverter;
  createTransformation(javaClass: string, config: ConnectorConfig): Transformation;
  createPredicate(javaClass: string, config: ConnectorConfig): Predicate;
  /** Config with every `${provider:[path:]key}` replaced that can be; what cannot stays as it is (Connect's rule). */
  resolve(worker: WorkerSettings, config: ConnectorConfig): Promise<ConnectorConfig>;
  /** What a task's clients and converters are made with. Pure; `config` is resolved already. */
  taskProperties(worker: WorkerSettings, config: ConnectorConfig, id: TaskId): TaskProperties;
}

/** Kinds of plugins besides connectors, in Connect's order. */
export const pluginTypes = ['transformation', 'predicate', 'converter', 'header_converter'] as const;
export type PluginType = (typeof pluginTypes)[number];

export interface ConnectorPlugin {
  readonly javaClass: string;
  readonly version: string;
  /** Its own keys, beside those that every sink has. */
  readonly configDef: ConfigDef<ConfigKeys>;
  /**
   * What is wrong with its own keys in a resolved config, and across keys; the framework checks what every sink has. A key is
   * told of under its name in the config. Empty: valid. Touches neither Kafka nor Snowflake.
   */
  validate(config: ConnectorConfig): readonly ConfigProblem[];
  /** Its `start` gets the config as it was given (variables unresolved), so that task configs can be shown over REST. */
  createConnector(): SinkConnector;
  /** Its `start` gets the resolved config. */
  createTask(context: SinkTaskContext, resources: TaskResources): SinkTask | Promise<SinkTask>;
  /** Runs in the main thread only: one session per connector serves all its tasks. `config` is resolved. */
  createTableService(config: ConnectorConfig): TableService;
  /** Left out: Kafka's committed offsets are all there is. */
  readonly offsets?: ExternalOffsets;
}

/** Offsets that a destination keeps beside Kafka's, for an operator who alters or resets them (KIP-875). */
export interface ExternalOffsets {
  /** Written beside an altered offset, so that the next start takes it at its word. */
  readonly commitMetadata: string;
  /** Forgets what the destination keeps of these partitions; what it keeps nothing of is no error. `config` is resolved, `metadata` the last commit's. */
  forget(
    config: ConnectorConfig,
    partitions: readonly (TopicPartition & { readonly metadata: string | null })[],
  ): Promise<void>;
  /** What was done, for people. */
  forgotten(partitions: number): string;
}

/** What a task shares with the process around it. */
export interface TaskResources {
  readonly memoryBudget: MemoryBudget;
  readonly random: Random;
  /** The connector's config with its variables read anew: keys and secrets are exchanged while a task runs. */
  readonly reread?: () => Promise<ConnectorConfig>;
  /** The connector's one SQL session, reached over the thread border. Errors keep their class. Never close it. */
  readonly tables: TableService;
}

/** A worker's own config, as far as the runtime needs it parsed. Structured-cloneable: it goes to each task thread. */
export interface WorkerSettings {
  /** Worker properties with defaults, variables resolved: what client and converter properties are merged from. */
  readonly properties: ConnectorConfig;
  /** offset.flush.interval.ms */
  readonly offsetFlushIntervalMs: number;
  /** offset.flush.timeout.ms */
  readonly offsetFlushTimeoutMs: number;
  /** task.shutdown.graceful.timeout.ms */
  readonly gracefulShutdownTimeoutMs: number;
}

/** A class and its own sub-keys, chosen by Connect's rule: a connector that sets the class inherits no worker sub-key. */
export interface PluginConfig {
  readonly javaClass: string;
  readonly config: ConnectorConfig;
}

export interface TaskProperties {
  /** group.id, client.id and all: worker `consumer.*`, then `consumer.override.*`. */
  readonly consumer: ConnectorConfig;
  /** For the dead letter queue. */
  readonly producer: ConnectorConfig;
  readonly admin: ConnectorConfig;
  readonly keyConverter: PluginConfig;
  readonly valueConverter: PluginConfig;
  readonly headerConverter: PluginConfig;
}

/** src/kernel's RecordReader: views are valid until the batch is released or, for compressed batches, until the next read. */
export interface RecordReader {
  /** Records at or above `from`. A corrupt batch: ConnectError naming topic, partition and base offset. */
  read(batch: RecordBatch, from: bigint, where: TopicPartition): Iterable<RecordView>;
}

export interface SourceConsumerOptions {
  readonly properties: Readonly<Record<string, string>>;
  readonly topics: readonly string[] | RegExp;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Room for a fetch response of so many bytes, or null: see SinkTask.place. */
  readonly place?: (bytes: number) => Uint8Array | null;
}

/** Metrics of one thread; the main thread's registry also takes in what the task threads send. */
export interface MetricsRegistry extends Metrics {
  /** Prometheus text of everything, merged snapshots included. */
  text(): Promise<string>;
  /** This registry's own series, structured-cloneable; null: nothing changed since the last call. */
  snapshot(): Promise<unknown>;
  /** Replaces what `source` (a task thread's name) sent before. */
  merge(source: string, snapshot: unknown): void;
}

/** The outside world of one thread. */
export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Of this thread's loggers. */
  readonly loggerLevels: LoggerLevels;
  readonly metrics: MetricsRegistry;
  readonly memoryBudget: MemoryBudget;
  createConsumer(options: SourceConsumerOptions): SourceConsumer;
  createProducer(options: {
    readonly properties: Readonly<Record<string, string>>;
    readonly clock: Clock;
    readonly logger: Logger;
  }): Promise<RecordProducer>;
  /** The dead letter queue's, exactly once: see src/api/dead-letter-log.ts. */
  createDeadLetterLog(options: {
    readonly properties: Readonly<Record<string, string>>;
    /** Of the task's consumer. */
    readonly groupId: string;
    readonly clock: Clock;
    readonly logger: Logger;
  }): Promise<DeadLetterLog>;
  createAdmin(options: {
    readonly properties: Readonly<Record<string, string>>;
    readonly logger: Logger;
  }): Promise<KafkaAdmin>;
  /** For topics that hold the worker's own data. */
  createTopicReader(options: {
    readonly properties: Readonly<Record<string, string>>;
    readonly topic: string;
    readonly clock: Clock;
    readonly logger: Logger;
  }): Promise<TopicReader>;
  createRecordReader(options: { readonly checkCrcs: boolean }): RecordReader | Promise<RecordReader>;
}

/** Bytes of buffered rows: in the whole process, and of this thread. */
export interface MemoryCounter {
  readonly total: SharedArrayBuffer;
  readonly share: SharedArrayBuffer;
}

/** What `createPorts` is called with: by the command line in the main thread, by src/task-thread.ts from its first message. */
export interface PortsOptions {
  readonly worker: WorkerSettings;
  /** The memory budget's: src/buffer's BudgetCounter. */
  readonly memoryCounter: MemoryCounter;
  /** `main` or `task-thread-<n>`: for logs. */
  readonly thread: string;
}
