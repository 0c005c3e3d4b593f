import type { OriginalRecord, Stage } from '../api/index.ts';

/** A record that failed for good: where, by whose doing, and why. The record is a view, valid only during the call. */
export interface FailedRecord {
  readonly original: OriginalRecord;
  readonly stage: Stage;
  /** The Java class that was executing: a converter, a transform, or the sink task. */
  readonly executingClass: string;
  readonly error: Error;
}

/** org.apache.kafka.connect.runtime.errors.ErrorReporter. Resolves when the report is durable; copies what it keeps before it returns. */
export interface ErrorReporter {
  report(failed: FailedRecord): Promise<void>;
}
