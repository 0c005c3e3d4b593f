import type { ErrantRecordReporter, OriginalRecord, TopicPartition } from '../api/index.ts';
import type { DeadLetterBook } from '../dlq/index.ts';
import type { FailureLog } from './failure-log.ts';
import { toleranceExceeded } from './retry-with-tolerance-operator.ts';

/** The class that Connect names for records that a sink task reports itself (KIP-610). */
const executingClass = 'org.apache.kafka.connect.sink.SinkTask';

/**
 * KIP-610's reporter: stage TASK_PUT. With errors.tolerance=none the dead letter is written first, then the promise rejects and
 * the task fails, even if the task swallows the rejection.
 */
export class WorkerErrantRecordReporter implements ErrantRecordReporter {
  readonly #failures: FailureLog;
  readonly #deadLetters: Pick<DeadLetterBook, 'droppedRowsWithin'>;
  readonly #tolerance: 'none' | 'all';
  readonly #failTask: (error: Error) => void;

  constructor(
    failures: FailureLog,
    deadLetters: Pick<DeadLetterBook, 'droppedRowsWithin'>,
    tolerance: 'none' | 'all',
    failTask: (error: Error) => void,
  ) {
    this.#failures = failures;
    this.#deadLetters = deadLetters;
    this.#tolerance = tolerance;
    this.#failTask = failTask;
  }

  report(original: OriginalRecord, error: Error): Promise<void> {
    const failed = { original, stage: 'TASK_PUT', executingClass, error } as const;
    this.#failures.countFailedAttempt(failed.stage);
    const durable = this.#failures.report(failed);
    const outcome = this.#tolerance === 'all' ? durable : this.#refuse(durable, toleranceExceeded(failed));
    outcome.catch(this.#failTask);
    return outcome;
  }

  droppedRowsWithin(partition: TopicPartition, from: bigint, to: bigint): readonly bigint[] {
    return this.#deadLetters.droppedRowsWithin(partition, from, to);
  }

  settled(): Promise<void> {
    return this.#failures.settled();
  }

  async #refuse(durable: Promise<void>, error: Error): Promise<never> {
    this.#failures.countError('TASK_PUT');
    this.#failures.refuse(error);
    await durable;
    throw error;
  }
}
