import type { Logger, RecordProducer, TaskId } from '../api/index.ts';
import { createDeadLetterQueueTopic, DeadLetterQueueReporter, type ErrorReporter, LogReporter } from '../dlq/index.ts';
import type { ErrorHandlingSettings } from './error-handling-settings.ts';
import type { Ports, TaskProperties } from './plugins.ts';

export interface ErrorReporters {
  readonly reporters: readonly ErrorReporter[];
  /** The dead letter queue's, to be closed after the last report; null where there is no queue. */
  readonly producer: RecordProducer | null;
}

/** Makes sure that the dead letter queue exists, before the first record is read. */
export const createErrorReporters = async (
  id: TaskId,
  { deadLetterQueue, log }: ErrorHandlingSettings,
  properties: TaskProperties,
  ports: Ports,
  logger: Logger,
): Promise<ErrorReporters> => {
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
