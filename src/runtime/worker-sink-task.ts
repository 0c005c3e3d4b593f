import {
  type Clock,
  ConnectError,
  type ConnectorConfig,
  errorMessage,
  javaTrace,
  type Logger,
  type SinkTask,
  type SourceConsumer,
  type TaskId,
} from '../api/index.ts';
import { orAborted } from '../util/signals.ts';
import { deadline } from './deadline.ts';
import type { Deliveries } from './deliveries.ts';
import type { FailureLog } from './failure-log.ts';
import type { OffsetCommits } from './offset-commits.ts';
import type { PartitionLifeCycle } from './partition-life-cycle.ts';
import type { PartitionPauses } from './partition-pauses.ts';
import type { SinkTaskMetrics } from './sink-task-metrics.ts';
import type { Status } from './task-state.ts';
import type { WorkerSinkTaskContext } from './worker-sink-task-context.ts';

/** `poll` sleeps no longer than this, so that the task's ticks and gauges stay fresh. */
const maxPollMs = 1000;

export interface WorkerSinkTaskOptions {
  readonly id: TaskId;
  /** Resolved. */
  readonly config: ConnectorConfig;
  readonly task: SinkTask;
  readonly context: WorkerSinkTaskContext;
  readonly consumer: SourceConsumer;
  readonly partitions: PartitionLifeCycle;
  readonly deliveries: Deliveries;
  readonly commits: OffsetCommits;
  readonly pauses: PartitionPauses;
  readonly failures: FailureLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: SinkTaskMetrics;
  /** task.shutdown.graceful.timeout.ms */
  readonly gracefulShutdownTimeoutMs: number;
  readonly onStatus: (status: Status) => void;
  /** Runs last: transforms, dead letter queue producer. */
  readonly closeResources: () => Promise<void>;
  /** `stop` aborts it, which ends every wait for a retry. */
  readonly stopping: AbortController;
}

/**
 * org.apache.kafka.connect.runtime.WorkerSinkTask: drives one SinkTask. All that the task sees happens in this one loop, a call at a
 * time: rebalances come inside `poll`; what the task wishes for in between is noted by its context and fulfilled here.
 * `run` resolves when the task has ended, in whatever way; it never rejects.
 */
export class WorkerSinkTask {
  readonly #options: WorkerSinkTaskOptions;
  #paused: boolean;
  #resumed: PromiseWithResolvers<void> | null = null;
  #failed = false;

  constructor(options: WorkerSinkTaskOptions, paused: boolean) {
    this.#options = options;
    this.#paused = paused;
  }

  get hasFailed(): boolean {
    return this.#failed;
  }

  async run(): Promise<void> {
    try {
      await this.#start();
      while (!this.#isStopping) await this.#iterate();
    } catch (error) {
      // a wait that `stop` ended rejects with the signal's plain reason: no failure
      if (!this.#isStopping || error instanceof ConnectError) this.#fail(error);
    }
    await this.#end();
  }

  /** One turn of the loop: commit if due · poll · convert and put. */
  async #iterate(): Promise<void> {
    const { commits, consumer, context, deliveries, metrics, partitions } = this.#options;
    context.throwIfFailed();
    partitions.rewind(context.takeRewinds());
    if (context.takeCommitRequest()) commits.request();
    partitions.rewind(await commits.commitIfDue());
    const batch = await consumer.poll(this.#pollMs());
    context.throwIfFailed();
    if (batch !== null) deliveries.add(batch);
    await deliveries.put();
    metrics.refresh(() => commits.activeCount);
  }

  /** Ends the loop at its next turn; `run` then flushes, commits and closes within the graceful timeout. */
  stop(): void {
    this.#options.stopping.abort(new Error('The task is stopping.'));
    this.#resumed?.resolve();
    this.#options.consumer.wakeup();
  }

  /** A paused task stays in its group and commits what becomes durable. */
  setPaused(paused: boolean): void {
    if (this.#paused === paused || this.#failed || this.#isStopping) return;
    this.#paused = paused;
    if (this.#resumed !== null) {
      this.#resumed.resolve();
      return;
    }
    this.#options.pauses.setConnectorPaused(paused);
    this.#options.context.requestCommit();
    this.#reportRunning();
  }

  get #isStopping(): boolean {
    return this.#options.stopping.signal.aborted;
  }

  async #start(): Promise<void> {
    const { task, consumer, config, pauses, partitions } = this.#options;
    await this.#untilResumed();
    if (this.#isStopping) return;
    await task.start(config);
    await consumer.start(partitions);
    pauses.setConnectorPaused(this.#paused);
    this.#reportRunning();
  }

  /** A task that is paused from the beginning joins no group yet (Connect's rule). */
  async #untilResumed(): Promise<void> {
    if (this.#paused) this.#report({ state: 'PAUSED', trace: null });
    while (this.#paused && !this.#isStopping) {
      this.#resumed = Promise.withResolvers<void>();
      await this.#resumed.promise;
    }
    this.#resumed = null;
  }

  #pollMs(): number {
    const { clock, commits, context, deliveries } = this.#options;
    if (context.hasWishes) return 0;
    const now = clock.now();
    const wakeAtMs = Math.min(now + maxPollMs, commits.dueAtMs, deliveries.dueAtMs ?? Number.POSITIVE_INFINITY);
    return Math.max(0, wakeAtMs - now);
  }

  /** Dead letters durable → flush, commit and close (inside the consumer's close) → stop. Each step is tried, all are bounded. */
  async #end(): Promise<void> {
    const { clock, consumer, deliveries, failures, partitions, task } = this.#options;
    deliveries.dropAll(); // the consumer closes when nobody holds its batches
    const until = deadline(clock, this.#options.gracefulShutdownTimeoutMs, 'The orderly end of the task');
    await this.#step('Dead letters', () => orAborted(failures.settled(), until.signal));
    await this.#step('Closing the consumer', () => consumer.close(until.signal));
    await this.#step('Closing partitions', () => partitions.closeRemaining());
    await this.#step('Stopping the task', () => task.stop());
    await this.#step('Closing resources', () => this.#options.closeResources());
    until.cancel();
    this.#options.metrics.close();
  }

  async #step(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.logger.warn({}, `${what}: ${errorMessage(error)}`);
    }
  }

  #fail(error: unknown): void {
    this.#failed = true;
    const trace = javaTrace(error);
    this.#options.logger.error(
      { trace },
      'Task threw an uncaught and unrecoverable exception. Task is being killed and will not recover until manually ' +
        `restarted. Error: ${errorMessage(error)}`,
    );
    this.#report({ state: 'FAILED', trace });
  }

  #reportRunning(): void {
    const { consumer, metrics } = this.#options;
    metrics.paused(this.#paused ? consumer.assignment().length : 0);
    this.#report({ state: this.#paused ? 'PAUSED' : 'RUNNING', trace: null });
  }

  #report(status: Status): void {
    this.#options.metrics.state(status.state);
    this.#options.onStatus(status);
  }
}
