export { DeadLetterQueueReporter } from './dead-letter-queue-reporter.ts';
export { createDeadLetterQueueTopic } from './dead-letter-queue-topic.ts';
export type { ErrorReporter, FailedRecord } from './failed-record.ts';
export { LogReporter } from './log-reporter.ts';
