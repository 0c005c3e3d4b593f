import { errorMessage, javaTrace, type Logger, type Metrics, type TaskId } from '../api/index.ts';
import type { ErrorReporter, FailedRecord } from './failed-record.ts';

/** errors.log.enable: one ERROR line for each failed record, in Connect's words; where it lay only if asked, key and value never. */
export class LogReporter implements ErrorReporter {
  readonly #id: TaskId;
  readonly #logger: Logger;
  readonly #includeMessages: boolean;
  readonly #metrics: Metrics;

  constructor(id: TaskId, logger: Logger, includeMessages: boolean, metrics: Metrics) {
    this.#id = id;
    this.#logger = logger;
    this.#includeMessages = includeMessages;
    this.#metrics = metrics;
  }

  async report(failed: FailedRecord): Promise<void> {
    const { connector, task } = this.#id;
    this.#metrics.increment('snowsink_total_errors_logged_total', { connector, task: String(task) });
    this.#logger.error({ trace: javaTrace(failed.error) }, `${this.#message(failed)} ${errorMessage(failed.error)}`);
  }

  #message({ original, stage, executingClass }: FailedRecord): string {
    const what =
      `Error encountered in task ${this.#id.connector}-${this.#id.task}. ` +
      `Executing stage '${stage}' with class '${executingClass}'`;
    if (!this.#includeMessages) return `${what}.`;
    const { topic, partition, record } = original;
    const at =
      `{topic='${topic}', partition=${partition}, offset=${record.offset}, ` +
      `timestamp=${record.timestamp}, timestampType=${record.timestampType}}`;
    return `${what}, where consumed record is ${at}.`;
  }
}
