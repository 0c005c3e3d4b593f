import type { Clock, Metrics, Stage, TaskId } from '../api/index.ts';
import type { ErrorReporter, FailedRecord } from '../dlq/index.ts';

/**
 * What a task has reported about its failed records: hands them to the reporters (dead letter queue, log), counts them
 * (Connect's task-error-metrics) and knows when all reports are durable, which every offset commit waits for.
 */
export class FailureLog {
  readonly #id: TaskId;
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  readonly #reporters: readonly ErrorReporter[];
  readonly #pending = new Set<Promise<void>>();
  #pendingBytes = 0;
  #failure: Error | null = null;

  constructor(id: TaskId, clock: Clock, metrics: Metrics, reporters: readonly ErrorReporter[]) {
    this.#id = id;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#reporters = reporters;
  }

  /** Reports that are not durable yet. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Their keys and values, which the reports hold copies of. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Not tolerated: nothing may be committed past this record any more, whatever the sink task makes of it. */
  refuse(error: Error): void {
    this.#failure ??= error;
  }

  /** Resolves when durable. May be ignored: `settled` tells of it too. */
  report(failed: FailedRecord): Promise<void> {
    const { key, value } = failed.original.record;
    const bytes = (key?.length ?? 0) + (value?.length ?? 0);
    const report = Promise.all(this.#reporters.map((reporter) => reporter.report(failed))).then(() => {});
    this.#pending.add(report);
    this.#pendingBytes += bytes;
    const over = (): void => {
      this.#pending.delete(report);
      this.#pendingBytes -= bytes;
    };
    report.then(over, (error: Error) => {
      over();
      this.#failure ??= error;
    });
    return report;
  }

  /** Resolves when everything reported so far is durable; rejects with the first failure ever, again and again. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#pending);
    if (this.#failure !== null) throw this.#failure;
  }

  countFailedAttempt(stage: Stage): void {
    this.#metrics.increment('snowsink_total_record_failures_total', this.#labels(stage));
    const { connector, task } = this.#labels(stage);
    this.#metrics.set('snowsink_last_error_timestamp_ms', { connector, task }, this.#clock.now());
  }

  countError(stage: Stage): void {
    this.#metrics.increment('snowsink_total_record_errors_total', this.#labels(stage));
  }

  countSkipped(stage: Stage): void {
    this.#metrics.increment('snowsink_total_records_skipped_total', this.#labels(stage));
  }

  #labels(stage: Stage): { readonly connector: string; readonly task: string; readonly stage: string } {
    return { connector: this.#id.connector, task: String(this.#id.task), stage };
  }
}
