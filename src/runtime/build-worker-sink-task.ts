import {
  type BytesPath,
  ConfigError,
  type ConnectorConfig,
  type Logger,
  type SinkTask,
  type SourceConsumer,
  type TableService,
  type TaskId,
} from '../api/index.ts';
import { noDeadLetters } from '../dlq/index.ts';
import { createErrorReporters, type ErrorReporters } from './create-error-reporters.ts';
import { Deliveries } from './deliveries.ts';
import { type ErrorHandlingSettings, parseErrorHandlingSettings } from './error-handling-settings.ts';
import { FailureLog } from './failure-log.ts';
import { OffsetCommits } from './offset-commits.ts';
import { PartitionLifeCycle } from './partition-life-cycle.ts';
import type { Plugins, Ports, TaskProperties, WorkerSettings } from './plugins.ts';
import { type Converters, RecordConverter } from './record-converter.ts';
import { RetryWithToleranceOperator } from './retry-with-tolerance-operator.ts';
import { SinkTaskMetrics } from './sink-task-metrics.ts';
import type { TaskListener } from './task-state.ts';
import { TopicNews } from './topic-news.ts';
import { topicsOf } from './topics-of.ts';
import { createTransformationStages, TransformationChain, type TransformationStage } from './transformation-chain.ts';
import { watchBreakers } from './watch-breakers.ts';
import { WorkerErrantRecordReporter } from './worker-errant-record-reporter.ts';
import { WorkerSinkTask } from './worker-sink-task.ts';
import { WorkerSinkTaskContext } from './worker-sink-task-context.ts';

/** `topics=,` passes validation, as in Connect up to 4.1, and fails the task. */
const subscription = (config: ConnectorConfig): readonly string[] | RegExp => {
  const topics = topicsOf(config);
  if (topics instanceof RegExp || topics.length > 0 || !config['topics']?.includes(',')) return topics;
  throw new ConfigError([
    { key: 'topics', message: 'holds commas only; list topics, or set topics.regex in its place.' },
  ]);
};

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

/** Of task.shutdown.graceful.timeout.ms; the rest is for the last commit and for leaving the group. */
const flushShare = 0.8;

/** Makes a task with everything around it. Rejects with what is wrong (config, dead letter queue); nothing is left open then. */
export const buildWorkerSinkTask = async (
  spec: TaskSpec,
  surroundings: TaskSurroundings,
  listener: TaskListener,
): Promise<WorkerSinkTask> => {
  const { id } = spec;
  const { worker, plugins, ports } = surroundings;
  const named = { logger: 'org.apache.kafka.connect.runtime.WorkerSinkTask' };
  const logger = ports.logger.child({ ...named, connector: id.connector, task: id.task });
  const config = await plugins.resolve(worker, spec.config);
  const settings = parseErrorHandlingSettings(config);
  const properties = plugins.taskProperties(worker, config, id);
  const stages = createTransformationStages(config, plugins);
  const converters = createConverters(plugins, properties);
  const topics = subscription(config);
  const errors = await createErrorReporters(id, settings, properties, ports, logger);
  try {
    const parts = { config, settings, properties, stages, converters, topics, errors, logger, listener };
    return await assemble(spec, surroundings, parts);
  } catch (error) {
    await errors.close();
    throw error;
  }
};

interface Parts {
  readonly config: ConnectorConfig;
  readonly settings: ErrorHandlingSettings;
  readonly properties: TaskProperties;
  readonly stages: readonly TransformationStage[];
  readonly converters: Converters;
  readonly topics: readonly string[] | RegExp;
  readonly errors: ErrorReporters;
  readonly logger: Logger;
  readonly listener: TaskListener;
}

const assemble = async (
  { id, paused, config: given }: TaskSpec,
  { worker, plugins, ports, tables }: TaskSurroundings,
  { config, settings, properties, stages, converters, topics, errors, logger, listener }: Parts,
): Promise<WorkerSinkTask> => {
  const { clock, random, metrics } = ports;
  const stopping = new AbortController();
  const failures = new FailureLog(id, clock, metrics, errors.reporters);
  const retries = { id, settings, clock, random, metrics, failures, stopping: stopping.signal };
  const operator = new RetryWithToleranceOperator(retries);
  const converter = new RecordConverter(converters, new TransformationChain(id, stages, operator, metrics), operator);
  const checkCrcs = properties.consumer['check.crcs'] !== 'false';
  const context = new WorkerSinkTaskContext({
    id,
    clock,
    logger: logger.child({ logger: loggerNameOf(config) }),
    metrics: watchBreakers(metrics, (endpoint, isOpen) => listener.onBreaker(id, endpoint, isOpen)),
    config,
    bytes: stages.length === 0 ? bytesPathOf(converters, checkCrcs) : null,
    errantRecordReporter: (fail) =>
      new WorkerErrantRecordReporter(failures, errors.deadLetters, settings.tolerance, fail),
  });
  const connector = plugins.connector(config['connector.class'] ?? '');
  const reread = (): Promise<ConnectorConfig> => plugins.resolve(worker, given);
  const reader = await ports.createRecordReader({ checkCrcs });
  const task = await connector.createTask(context, { memoryBudget: ports.memoryBudget, random, tables, reread });
  const consumer = await createConsumer(task, () =>
    ports.createConsumer({
      properties: properties.consumer,
      topics,
      clock,
      random,
      logger,
      place: (bytes) => task.place?.(bytes) ?? null,
    }),
  );
  const pauses = context.bind(consumer);
  const taskMetrics = new SinkTaskMetrics(id, metrics, clock, consumer);
  const { deadLetters } = errors;
  const shared = {
    id,
    task,
    consumer,
    context,
    pauses,
    failures,
    deadLetters,
    clock,
    random,
    logger,
    metrics: taskMetrics,
  };
  const commits = new OffsetCommits({
    ...shared,
    beforeRewind: (consumed) => context.beforeRewind(consumed),
    intervalMs: worker.offsetFlushIntervalMs,
    timeoutMs: worker.offsetFlushTimeoutMs,
  });
  const topicNews = new TopicNews(clock, (topic) => listener.onTopic(id, topic));
  const deliveries = new Deliveries({
    ...shared,
    converter,
    reader,
    commits,
    topicNews,
    // not tolerated, a record is to fail again, though without a second letter
    settled: settings.tolerance === 'all' ? deadLetters : noDeadLetters,
    stopping: stopping.signal,
  });
  const partitions = new PartitionLifeCycle({
    ...shared,
    commits,
    deliveries,
    hasFailed: () => workerTask.hasFailed,
    flushTimeoutMs: worker.gracefulShutdownTimeoutMs * flushShare,
  });
  const workerTask: WorkerSinkTask = new WorkerSinkTask(
    {
      ...shared,
      config,
      commits,
      deliveries,
      partitions,
      stopping,
      onStatus: (status) => listener.onStatus(id, status),
      gracefulShutdownTimeoutMs: worker.gracefulShutdownTimeoutMs,
      closeResources: async () => {
        converter.close();
        await errors.close();
      },
    },
    paused,
  );
  return workerTask;
};

/** `com.snowflake.kafka.connector` for com.snowflake.kafka.connector.SnowflakeSinkConnector. */
const loggerNameOf = (config: ConnectorConfig): string =>
  (config['connector.class'] ?? '').replace(/\.[^.]*$/, '') || 'connector';

/** The task is there already, because it may lend the consumer memory: it must not be left behind. */
const createConsumer = async (task: SinkTask, create: () => SourceConsumer): Promise<SourceConsumer> => {
  try {
    return create();
  } catch (error) {
    await task.stop();
    throw error;
  }
};

/** The three that a task's properties name. @throws ConfigError */
export const createConverters = (plugins: Plugins, properties: TaskProperties): Converters => {
  const { keyConverter, valueConverter, headerConverter } = properties;
  return {
    key: plugins.createConverter(keyConverter.javaClass, keyConverter.config, true),
    value: plugins.createConverter(valueConverter.javaClass, valueConverter.config, false),
    header: plugins.createHeaderConverter(headerConverter.javaClass, headerConverter.config),
  };
};

const bytesPathOf = ({ key, value, header }: Converters, checkCrcs: boolean): BytesPath | null => {
  const { passesJsonThrough, open = null } = value;
  if (!passesJsonThrough && open === null) return null;
  return {
    open,
    key: key.passesTextThrough ? 'string' : key.passesJsonThrough ? 'json' : 'host',
    headers: header.readsText ?? 'host',
    checkCrcs,
  };
};
