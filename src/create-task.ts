import type { Destination, SinkTask, SinkTaskContext } from './api/index.ts';
import { connectorObjectName } from './connector/channel-name.ts';
import type { SinkSettings } from './connector/sink-settings.ts';
import { parseSinkSettings } from './connector/snowflake-sink-config.ts';
import { SnowflakeSinkTask } from './connector/snowflake-sink-task.ts';
import { TopicToTable } from './connector/topic-to-table.ts';
import {
  createFileSnowpipe,
  createLargeRows,
  createSnowpipeStreaming,
  createStagedCopy,
  type SnowpipeStreamingOptions,
} from './destinations/index.ts';
import type { TaskResources } from './runtime/index.ts';

/** What only threads of tasks need, kernel and destinations: the main thread loads none of it. */

/** Keys and secrets that are exchanged while a task runs. */
const rereadAccount = ({ reread }: TaskResources) =>
  reread === undefined ? {} : { reread: async () => parseSinkSettings(await reread()).account };

/** Rows too large for the stream are rare, and each session is a login. */
const largeRowSessions = 2;

/** By what the config's method says. */
export const createDestination = (
  settings: SinkSettings,
  options: Pick<SnowpipeStreamingOptions, 'clock' | 'random' | 'logger' | 'metrics' | 'taskId' | 'reread'>,
): Destination => {
  const { account, maxConcurrentAppends, warehouse, oversize } = settings;
  if (settings.destination === 'staged-copy')
    return createStagedCopy({ ...options, account, maxConcurrentAppends, warehouse });
  if (settings.destination === 'file-snowpipe') {
    const tables = new TopicToTable(settings);
    return createFileSnowpipe({
      ...{ ...options, account, maxConcurrentAppends, connectorObject: connectorObjectName(settings) },
      isShared: (topic) => settings.severalTables || settings.tableFrom !== '' || tables.mayShare(topic),
    });
  }
  const stream = createSnowpipeStreaming({ ...options, account, maxConcurrentAppends });
  if (oversize !== 'stage') return stream;
  const copy = createStagedCopy({ ...options, account, maxConcurrentAppends: largeRowSessions, warehouse });
  return createLargeRows({ ...options, stream, copy });
};

const openDestination = (settings: SinkSettings, context: SinkTaskContext, resources: TaskResources): Destination =>
  createDestination(settings, {
    ...rereadAccount(resources),
    clock: context.clock,
    random: resources.random,
    logger: context.logger.child({ logger: 'com.snowflake.ingest' }),
    metrics: context.metrics,
    taskId: context.id,
  });

export const createTask = (context: SinkTaskContext, resources: TaskResources): SinkTask =>
  new SnowflakeSinkTask(context, {
    settings: parseSinkSettings(context.config),
    tables: resources.tables,
    memoryBudget: resources.memoryBudget,
    random: resources.random,
    openDestination: (settings, taskContext) => openDestination(settings, taskContext, resources),
  });
