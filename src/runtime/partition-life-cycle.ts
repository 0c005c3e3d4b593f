import {
  type Assignment,
  type Clock,
  ConnectError,
  errorMessage,
  type Logger,
  type RebalanceListener,
  type SinkTask,
  type SourceConsumer,
  sameTopicPartition,
  type TopicPartition,
  topicPartitionKey,
} from '../api/index.ts';
import type { DeadLetterBook } from '../dlq/index.ts';
import { deadline } from './deadline.ts';
import type { Deliveries } from './deliveries.ts';
import type { OffsetCommits } from './offset-commits.ts';
import type { PartitionPauses } from './partition-pauses.ts';
import type { SinkTaskMetrics } from './sink-task-metrics.ts';
import type { Rewind, WorkerSinkTaskContext } from './worker-sink-task-context.ts';

export interface PartitionLifeCycleOptions {
  readonly task: SinkTask;
  readonly consumer: SourceConsumer;
  readonly context: WorkerSinkTaskContext;
  readonly commits: OffsetCommits;
  readonly deliveries: Deliveries;
  readonly deadLetters: DeadLetterBook;
  readonly pauses: PartitionPauses;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: SinkTaskMetrics;
  /** A failed task writes nothing more: no flush, but what is durable is still committed. */
  readonly hasFailed: () => boolean;
  /** The longest that a flush may take. */
  readonly flushTimeoutMs: number;
}

/**
 * open → rewind* → close of a task's partitions. Assigned: `open`, then start where it says. Revoked: flush → preCommit → commit
 * → close. Lost: close only, nothing is committed. What goes wrong in here fails the task from its loop, not the group's join.
 */
export class PartitionLifeCycle implements RebalanceListener {
  readonly #options: PartitionLifeCycleOptions;
  readonly #opened = new Map<string, TopicPartition>();

  constructor(options: PartitionLifeCycleOptions) {
    this.#options = options;
  }

  onPartitionsAssigned(partitions: readonly Assignment[]): Promise<void> {
    return this.#guarded(() => this.#open(partitions));
  }

  onPartitionsRevoked(partitions: readonly TopicPartition[], deadline: AbortSignal): Promise<void> {
    return this.#guarded(() => this.#close(partitions, deadline));
  }

  onPartitionsLost(partitions: readonly TopicPartition[]): Promise<void> {
    return this.#guarded(() => this.#lose(partitions));
  }

  /** Sets partitions back (or on). What was fetched before is never put; partitions that are no longer ours are left alone. */
  rewind(rewinds: Iterable<Rewind>): void {
    const { commits, consumer, deadLetters, deliveries } = this.#options;
    for (const rewind of rewinds) {
      const assigned = consumer.assignment().find((assignment) => sameTopicPartition(assignment, rewind));
      if (assigned === undefined) continue;
      deliveries.drop([rewind]);
      consumer.seek(rewind, rewind.offset);
      commits.consumed(rewind, assigned.epoch, rewind.offset);
      deadLetters.rewound(rewind, rewind.offset);
    }
  }

  /** After the consumer has closed: whatever it did not take away in order. */
  async closeRemaining(): Promise<void> {
    if (this.#opened.size > 0) await this.#lose([...this.#opened.values()]);
  }

  async #open(partitions: readonly Assignment[]): Promise<void> {
    const { task, context, commits, consumer, deadLetters, pauses, metrics } = this.#options;
    for (const partition of partitions) this.#opened.set(topicPartitionKey(partition), partition);
    metrics.rebalanced('assigned', this.#opened.size);
    pauses.assigned(partitions);
    await Promise.all([task.open(partitions), deadLetters.open(partitions)]);
    this.rewind(context.takeRewinds());
    for (const assignment of partitions) commits.assigned(assignment, consumer.position(assignment));
    for (const assignment of partitions) {
      const committed = assignment.committed?.offset ?? null;
      const start = consumer.position(assignment) ?? committed ?? assignment.logStart;
      // Until Kafka's commit has passed them, whoever comes next may read the records between, and must know of their letters.
      deadLetters.begin(assignment, committed !== null && committed < start ? committed : start);
    }
  }

  async #close(partitions: readonly TopicPartition[], end: AbortSignal): Promise<void> {
    const { commits, deliveries, hasFailed } = this.#options;
    deliveries.drop(partitions);
    if (!hasFailed()) await this.#flush(partitions, end);
    await commits.commitClosing(partitions, end);
    await this.#forget(partitions, 'revoked');
  }

  /** Leaves time for the commit: what is durable by then must not be read again because of what is not. */
  async #flush(partitions: readonly TopicPartition[], end: AbortSignal): Promise<void> {
    const { task, clock, flushTimeoutMs, logger } = this.#options;
    const own = deadline(clock, flushTimeoutMs, 'Flushing what is buffered');
    try {
      await task.flush(partitions, AbortSignal.any([end, own.signal]));
    } catch (error) {
      logger.warn({}, `Not every row was durable when partitions closed, they are read again: ${errorMessage(error)}`);
    } finally {
      own.cancel();
    }
  }

  async #lose(partitions: readonly TopicPartition[]): Promise<void> {
    this.#options.deliveries.drop(partitions);
    await this.#forget(partitions, 'lost');
  }

  async #forget(partitions: readonly TopicPartition[], kind: 'revoked' | 'lost'): Promise<void> {
    const { task, context, commits, deadLetters, pauses, metrics } = this.#options;
    context.forgetRewinds(partitions);
    commits.forget(partitions);
    pauses.unassigned(partitions);
    for (const partition of partitions) this.#opened.delete(topicPartitionKey(partition));
    metrics.rebalanced(kind, this.#opened.size);
    metrics.forget(partitions);
    await task.close(partitions);
    deadLetters.close(partitions);
  }

  async #guarded(callback: () => Promise<void>): Promise<void> {
    try {
      await callback();
    } catch (error) {
      this.#options.context.fail(error instanceof Error ? error : new ConnectError(String(error)));
    }
  }
}
