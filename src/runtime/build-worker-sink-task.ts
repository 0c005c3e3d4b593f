import {
  type BytesPath,
  ConfigError,
  type ConnectorConfig,
  type Logger,
  type RecordProducer,
  type TableService,
  type TaskId,
} from '../api/index.ts';
import { createDeadLetterQueueTopic, DeadLetterQueueReporter, type ErrorReporter, LogReporter } from '../dlq/index.ts';
import { Deliveries } from './deliveries.ts';
import { type ErrorHandlingSettings, parseErrorHandlingSettings } from './error-handling-settings.ts';
import { FailureLog } from './failure-log.ts';
import { OffsetCommits } from './offset-commits.ts';
import { PartitionLifeCycle } from './partition-life-cycle.ts';
import type { Plugins, Ports, TaskProperties, WorkerSettings } from './plugins.ts';
import { type Converters, RecordConverter } from './record-converter.ts';
import { RetryWithToleranceOperator } from './retry-with-tolerance-operator.ts';
import { SinkTaskMetrics } from './sink-task-metrics.ts';
import type { Status } from './task-state.ts';
import { createTransformationStages, TransformationChain } from './transformation-chain.ts';
import { WorkerErrantRecordReporter } from './worker-errant-record-reporter.ts';
import { WorkerSinkTask } from './worker-sink-task.ts';
import { WorkerSinkTaskContext } from './worker-sink-task-context.ts';

/** One task of a connector, as it crosses from the herder's thread to the one where it runs. Structured-cloneable. */
export interface TaskSpec {
  readonly id: TaskId;
  /** As it is stored: variables unresolved. */
  readonly config: ConnectorConfig;
  readonly paused: boolean;
}

export interface TaskSurroundings {
  readonly worker: WorkerSettings;
  readonly plugins: Plugins;
  readonly ports: Ports;
  /** The connector's one SQL session, wherever it lives. */
  readonly tables: TableService;
}

/** Makes a task with everything around it. Rejects with what is wrong (config, dead letter queue); nothing is left open then. */
export const buildWorkerSinkTask = async (
  spec: TaskSpec,
  { worker, plugins, ports, tables }: TaskSurroundings,
  onStatus: (status: Status) => void,
): Promise<WorkerSinkTask> => {
  const { id } = spec;
  const { clock, random, metrics } = ports;
  const logger = ports.logger.child({ connector: id.connector, task: id.task });
  const config = await plugins.resolve(worker, spec.config);
  const settings = parseErrorHandlingSettings(config);
  const properties = plugins.taskProperties(worker, config, id);
  const stages = createTransformationStages(config, plugins);
  const converters = createConverters(plugins, properties);
  const checkCrcs = properties.consumer['check.crcs'] !== 'false';
  const connector = plugins.connector(config['connector.class'] ?? '');
  const topics = topicsOf(config);

  const { reporters, producer } = await createReporters(id, settings, properties, ports, logger);
  const failures = new FailureLog(id, clock, metrics, reporters);
  const stopping = new AbortController();
  const operator = new RetryWithToleranceOperator({
    id,
    settings,
    clock,
    random,
    metrics,
    failures,
    stopping: stopping.signal,
  });
  const converter = new RecordConverter(converters, new TransformationChain(id, stages, operator, metrics), operator);
  const context = new WorkerSinkTaskContext({
    id,
    clock,
    logger,
    metrics,
    config,
    bytes: stages.length === 0 ? bytesPathOf(converters, checkCrcs) : null,
    errantRecordReporter: (fail) => new WorkerErrantRecordReporter(failures, settings.tolerance, fail),
  });
  const task = connector.createTask(context, { memoryBudget: ports.memoryBudget, random, tables });
  const consumer = ports.createConsumer({
    properties: properties.consumer,
    topics,
    clock,
    random,
    logger,
    place: (bytes) => task.place?.(bytes) ?? null,
  });
  const pauses = context.bind(consumer);
  const reader = ports.createRecordReader({ checkCrcs });
  const taskMetrics = new SinkTaskMetrics(id, metrics, clock, consumer);
  const shared = { task, consumer, context, pauses, failures, clock, random, logger, metrics: taskMetrics };
  const commits = new OffsetCommits({
    ...shared,
    id,
    metrics,
    beforeRewind: (consumed) => context.beforeRewind(consumed),
    intervalMs: worker.offsetFlushIntervalMs,
    timeoutMs: worker.offsetFlushTimeoutMs,
  });
  const deliveries = new Deliveries({ ...shared, converter, reader, commits, stopping: stopping.signal });
  const partitions = new PartitionLifeCycle({
    ...shared,
    commits,
    deliveries,
    hasFailed: () => workerTask.hasFailed,
  });
  const workerTask: WorkerSinkTask = new WorkerSinkTask(
    {
      ...shared,
      id,
      config,
      commits,
      deliveries,
      partitions,
      stopping,
      onStatus,
      gracefulShutdownTimeoutMs: worker.gracefulShutdownTimeoutMs,
      closeResources: async () => {
        converter.close();
        await producer?.close();
      },
    },
    spec.paused,
  );
  return workerTask;
};

const createConverters = (plugins: Plugins, properties: TaskProperties): Converters => {
  const { keyConverter, valueConverter, headerConverter } = properties;
  return {
    key: plugins.createConverter(keyConverter.javaClass, keyConverter.config, true),
    value: plugins.createConverter(valueConverter.javaClass, valueConverter.config, false),
    header: plugins.createHeaderConverter(headerConverter.javaClass, headerConverter.config),
  };
};

const bytesPathOf = ({ key, value }: Converters, checkCrcs: boolean): BytesPath | null => {
  if (!value.passesJsonThrough) return null;
  return { key: key.passesTextThrough ? 'string' : key.passesJsonThrough ? 'json' : 'host', checkCrcs };
};

const topicsKey = 'topics';

/** `topics` as a list, or `topics.regex`, which must match a whole name, as Java's Matcher.matches does. */
const topicsOf = (config: ConnectorConfig): readonly string[] | RegExp => {
  const regex = config['topics.regex']?.trim() ?? '';
  if (regex === '') {
    return (config[topicsKey] ?? '')
      .split(',')
      .map((topic) => topic.trim())
      .filter((topic) => topic !== '');
  }
  try {
    return new RegExp(`^(?:${regex})$`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError([{ key: 'topics.regex', message: `Invalid value for configuration topics.regex: ${why}` }], {
      cause: error,
    });
  }
};

const createReporters = async (
  id: TaskId,
  { deadLetterQueue, log }: ErrorHandlingSettings,
  properties: TaskProperties,
  ports: Ports,
  logger: Logger,
): Promise<{ readonly reporters: readonly ErrorReporter[]; readonly producer: RecordProducer | null }> => {
  const logReporters = log.enabled ? [new LogReporter(id, logger, log.includeMessages)] : [];
  if (deadLetterQueue === null) return { reporters: logReporters, producer: null };
  const { topic, replicationFactor, withContextHeaders } = deadLetterQueue;
  const admin = await ports.createAdmin({ properties: properties.admin, logger });
  try {
    await createDeadLetterQueueTopic(admin, topic, replicationFactor, logger);
  } finally {
    await admin.close();
  }
  const producer = await ports.createProducer({ properties: properties.producer, clock: ports.clock, logger });
  const { metrics } = ports;
  const letters = new DeadLetterQueueReporter({ id, topic, withContextHeaders, producer, logger, metrics });
  return { reporters: [letters, ...logReporters], producer };
};
