import type { DeadLetterLog, Logger, TaskId } from '../api/index.ts';
import {
  createDeadLetterQueueTopic,
  type DeadLetterBook,
  DeadLetterQueueReporter,
  type ErrorReporter,
  LogReporter,
  noDeadLetters,
  unfencedDeadLetters,
} from '../dlq/index.ts';
import type { DeadLetterQueueSettings, ErrorHandlingSettings } from './error-handling-settings.ts';
import type { Ports, TaskProperties } from './plugins.ts';

export interface ErrorReporters {
  readonly reporters: readonly ErrorReporter[];
  readonly deadLetters: DeadLetterBook;
  /** After the last report. */
  readonly close: () => Promise<void>;
}

/** Makes sure that the dead letter queue exists, before the first record is read. */
export const createErrorReporters = async (
  id: TaskId,
  { deadLetterQueue, log: lines }: ErrorHandlingSettings,
  properties: TaskProperties,
  ports: Ports,
  logger: Logger,
): Promise<ErrorReporters> => {
  const logReporters = lines.enabled ? [new LogReporter(id, logger, lines.includeMessages, ports.metrics)] : [];
  if (deadLetterQueue === null) return { reporters: logReporters, deadLetters: noDeadLetters, close: async () => {} };
  const { topic, replicationFactor, withContextHeaders } = deadLetterQueue;
  const admin = await ports.createAdmin({ properties: properties.admin, logger });
  try {
    await createDeadLetterQueueTopic(admin, topic, replicationFactor, logger);
  } finally {
    await admin.close();
  }
  const log = await openLog(deadLetterQueue, properties, ports, logger);
  const { clock, metrics } = ports;
  const letters = new DeadLetterQueueReporter({ id, topic, withContextHeaders, log, clock, logger, metrics });
  return { reporters: [letters, ...logReporters], deadLetters: letters, close: () => log.close() };
};

const openLog = async (
  { guarantee }: DeadLetterQueueSettings,
  { producer, consumer }: TaskProperties,
  { clock, createProducer, createDeadLetterLog }: Ports,
  logger: Logger,
): Promise<DeadLetterLog> => {
  const options = { properties: producer, clock, logger };
  if (guarantee === 'at-least-once') return unfencedDeadLetters(await createProducer(options));
  return createDeadLetterLog({ ...options, groupId: consumer['group.id'] ?? '' });
};
