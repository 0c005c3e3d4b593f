import {
  type Clock,
  ConnectError,
  errorMessage,
  type Metrics,
  type OriginalRecord,
  type Random,
  RetriableError,
  type Stage,
  type TaskId,
} from '../api/index.ts';
import type { FailedRecord } from '../dlq/index.ts';
import type { ErrorHandlingSettings } from './error-handling-settings.ts';
import type { FailureLog } from './failure-log.ts';

/** A record that failed and was tolerated: reported and counted, and nothing is left to do for it. */
export const skipped: unique symbol = Symbol('skipped');
export type Skipped = typeof skipped;

/** One step of a record's conversion, made once for all records. */
export interface Step<Input, Output> {
  readonly stage: Stage;
  /** Java class, which dead letters name. */
  readonly executingClass: string;
  run(input: Input): Output | Promise<Output>;
}

const retryDelayMinMs = 300;

/** Delay before retry `attempt` (1-based): 300 ms doubling; past the maximum uniformly random in [0, maximum) (Connect's rule). */
export const retryDelayMs = (attempt: number, maxMs: number, random: Random): number => {
  const delay = retryDelayMinMs * 2 ** (attempt - 1);
  return delay > maxMs ? Math.floor(random() * maxMs) : delay;
};

export interface RetryWithToleranceOptions {
  readonly id: TaskId;
  readonly settings: ErrorHandlingSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly failures: FailureLog;
  /** Aborts when the task stops: ends waiting for a retry. */
  readonly stopping: AbortSignal;
}

/**
 * org.apache.kafka.connect.runtime.errors.RetryWithToleranceOperator: runs one step of a record's conversion. A RetriableError
 * is retried while errors.retry.timeout lasts; what fails for good is reported, then skipped (errors.tolerance=all) or thrown.
 * Exhausted retries obey tolerance like any other failure (KAFKA-18073). Synchronous where the step is.
 */
export class RetryWithToleranceOperator {
  readonly #options: RetryWithToleranceOptions;

  constructor(options: RetryWithToleranceOptions) {
    this.#options = options;
  }

  execute<I, O>(step: Step<I, O>, input: I, original: OriginalRecord): O | Skipped | Promise<O | Skipped> {
    try {
      const result = step.run(input);
      if (!(result instanceof Promise)) return result;
      return result.catch((error: unknown) => this.#failed(step, input, original, error));
    } catch (error) {
      return this.#failed(step, input, original, error);
    }
  }

  #failed<I, O>(
    { stage, executingClass, run }: Step<I, O>,
    input: I,
    original: OriginalRecord,
    thrown: unknown,
  ): Skipped | Promise<O | Skipped> {
    const step = { original, stage, executingClass };
    const error = asError(thrown);
    this.#options.failures.countFailedAttempt(step.stage);
    if (error instanceof RetriableError && this.#options.settings.retryTimeoutMs !== 0) {
      return this.#retry(step, error, () => run(input));
    }
    return this.#giveUp({ ...step, error });
  }

  async #retry<T>(
    step: Omit<FailedRecord, 'error'>,
    first: RetriableError,
    operation: () => T | Promise<T>,
  ): Promise<T | Skipped> {
    const { clock, random, settings, stopping, metrics, id } = this.#options;
    const deadline = settings.retryTimeoutMs < 0 ? Number.POSITIVE_INFINITY : clock.now() + settings.retryTimeoutMs;
    let error: Error = first;
    for (let attempt = 1; error instanceof RetriableError && clock.now() < deadline; attempt++) {
      const delay = retryDelayMs(attempt, settings.retryDelayMaxMs, random);
      metrics.increment('snowsink_total_retries_total', {
        connector: id.connector,
        task: String(id.task),
        stage: step.stage,
      });
      await clock.sleep(Math.min(delay, deadline - clock.now()), stopping);
      try {
        return await operation();
      } catch (again) {
        error = asError(again);
        this.#options.failures.countFailedAttempt(step.stage);
      }
    }
    return this.#giveUp({ ...step, error });
  }

  #giveUp(failed: FailedRecord): Skipped {
    const { failures, settings } = this.#options;
    void failures.report(failed); // commits wait for it: FailureLog.settled
    failures.countError(failed.stage);
    if (settings.tolerance === 'none') throw toleranceExceeded(failed);
    failures.countSkipped(failed.stage);
    return skipped;
  }
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new ConnectError(String(thrown)));

/** Connect's wrappers end with a colon: what they wrap says why. */
const reasonOf = (error: Error): string => {
  const said = errorMessage(error).trimEnd();
  if (said.endsWith(':') && error.cause instanceof Error) return `${said} ${reasonOf(error.cause)}`;
  return said.replace(/[.:]$/, '');
};

/** Begins with Connect's own words, which people search for, then says where and what to do. */
export const toleranceExceeded = ({ original, stage, executingClass, error }: FailedRecord): ConnectError =>
  new ConnectError(
    `Tolerance exceeded in error handler: the record at topic ${original.topic}, partition ${original.partition}, offset ` +
      `${original.record.offset} failed at ${stage} (${executingClass}): ${reasonOf(error)}. Nothing after it is read until the ` +
      'task restarts. Mend the record or the config; or set errors.tolerance=all to skip bad records, with ' +
      'errors.deadletterqueue.topic.name to keep them.',
    { cause: error },
  );
