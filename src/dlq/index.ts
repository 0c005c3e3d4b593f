export { type DeadLetterBook, noDeadLetters } from './dead-letter-book.ts';
export { DeadLetterQueueReporter } from './dead-letter-queue-reporter.ts';
export { createDeadLetterQueueTopic } from './dead-letter-queue-topic.ts';
export type { ErrorReporter, FailedRecord } from './failed-record.ts';
export { LogReporter } from './log-reporter.ts';
export { unfencedDeadLetters } from './unfenced-dead-letters.ts';
