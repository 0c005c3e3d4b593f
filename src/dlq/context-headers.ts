import { ConnectError, javaTrace, type RawHeader, type TaskId } from '../api/index.ts';
import type { FailedRecord } from './failed-record.ts';

const prefix = '__connect.errors.';
const encoder = new TextEncoder();

const javaClassOf = (error: Error): string =>
  error instanceof ConnectError ? error.javaClass : 'java.lang.RuntimeException';

/**
 * What `errors.deadletterqueue.context.headers.enable` appends behind a dead letter's own headers, all UTF-8 text, in Connect's
 * order (KIP-298, DeadLetterQueueReporter). A record that failed before carries an older set; readers take the last.
 */
export const contextHeaders = (failed: FailedRecord, id: TaskId): readonly RawHeader[] => {
  const { original, stage, executingClass, error } = failed;
  const texts: readonly (readonly [string, string | null])[] = [
    ['topic', original.topic],
    ['partition', String(original.partition)],
    ['offset', String(original.record.offset)],
    ['connector.name', id.connector],
    ['task.id', String(id.task)],
    ['stage', stage],
    ['class.name', executingClass],
    ['exception.class.name', javaClassOf(error)],
    ['exception.message', error.message === '' ? null : error.message],
    ['exception.stacktrace', javaTrace(error)],
  ];
  return texts.map(([name, text]) => [prefix + name, text === null ? null : encoder.encode(text)]);
};
