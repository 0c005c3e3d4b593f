import {
  type Assignment,
  type Clock,
  type CommitResult,
  type CommittableOffset,
  errorMessage,
  type Logger,
  type NextOffset,
  type OffsetCommit,
  type SinkTask,
  type SourceConsumer,
  type TopicPartition,
  topicPartitionKey,
} from '../api/index.ts';
import type { DeadLetterBook } from '../dlq/index.ts';
import { orAborted } from '../util/signals.ts';
import type { FailureLog } from './failure-log.ts';
import { type ConsumedOffset, offsetsToCommit } from './offsets-to-commit.ts';
import type { SinkTaskMetrics } from './sink-task-metrics.ts';
import type { Rewind } from './worker-sink-task-context.ts';

const againMs = 1_000;

export interface OffsetCommitsOptions {
  readonly task: SinkTask;
  readonly consumer: SourceConsumer;
  readonly failures: FailureLog;
  readonly deadLetters: Pick<DeadLetterBook, 'committed'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: SinkTaskMetrics;
  /** The consumed offset, or where a rewind that is not fulfilled yet sets it back to. */
  readonly beforeRewind: (consumed: ConsumedOffset) => NextOffset;
  /** offset.flush.interval.ms */
  readonly intervalMs: number;
  /** offset.flush.timeout.ms */
  readonly timeoutMs: number;
}

/**
 * The book of what a task has consumed and what Kafka holds as committed. A commit is: dead letters durable → `preCommit` → what may
 * be committed goes to Kafka. Its failure is counted and logged and never fails the task: the truth is the destination's token.
 */
export class OffsetCommits {
  readonly #options: OffsetCommitsOptions;
  readonly #consumed = new Map<string, ConsumedOffset>();
  readonly #committed = new Map<string, CommittableOffset>();
  /** Where each partition was begun: what is sought back to while nothing is committed. */
  readonly #begun = new Map<string, NextOffset>();
  #dueAtMs: number;
  #isRequested = false;
  #underWay: { readonly startedAtMs: number; readonly isRequested: boolean } | null = null;

  constructor(options: OffsetCommitsOptions) {
    this.#options = options;
    this.#dueAtMs = options.clock.now() + options.intervalMs;
  }

  /** When the loop must look again: the next commit, or the timeout of the one under way (whose end wakes the loop). */
  get dueAtMs(): number {
    return this.#underWay === null ? this.#dueAtMs : this.#underWay.startedAtMs + this.#options.timeoutMs;
  }

  /** Records that were consumed and are not committed. */
  get activeCount(): number {
    let count = 0n;
    for (const [key, { offset }] of this.#consumed) {
      count += offset - (this.#committed.get(key)?.offset ?? this.#begun.get(key) ?? offset);
    }
    return Number(count);
  }

  /** Commit at the next chance instead of at the interval. */
  request(): void {
    this.#isRequested = true;
    this.#dueAtMs = Math.min(this.#dueAtMs, this.#options.clock.now());
  }

  assigned({ topic, partition, epoch, committed }: Assignment, position: NextOffset | null): void {
    const key = topicPartitionKey({ topic, partition });
    if (committed === null) this.#committed.delete(key);
    else this.#committed.set(key, { offset: committed.offset, metadata: committed.metadata ?? '' });
    if (position === null) return;
    this.#consumed.set(key, { topic, partition, epoch, offset: position });
    this.#begun.set(key, position);
  }

  forget(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      this.#consumed.delete(topicPartitionKey(partition));
      this.#committed.delete(topicPartitionKey(partition));
      this.#begun.delete(topicPartitionKey(partition));
    }
  }

  /** Put, filtered or dead-lettered up to here; a rewind sets it back. */
  consumed({ topic, partition }: TopicPartition, epoch: number, offset: NextOffset): void {
    this.#consumed.set(topicPartitionKey({ topic, partition }), { topic, partition, epoch, offset });
  }

  /** Starts a commit if one is due. Answers what to seek back to if the task refused it (Connect's rule). */
  async commitIfDue(): Promise<readonly Rewind[]> {
    const { clock, intervalMs, logger } = this.#options;
    const now = clock.now();
    this.#checkTimeout(now);
    if (this.#underWay !== null || !this.#isDue(now)) return [];
    this.#dueAtMs = now + intervalMs;
    const isRequested = this.#isRequested;
    this.#isRequested = false;
    await this.#options.failures.settled();
    try {
      const commits = await this.#preCommit(this.#consumed);
      if (commits.length > 0) this.#sendInBackground(commits, isRequested);
      return [];
    } catch (error) {
      logger.error({}, `Offset commit failed, rewinding to last committed offsets: ${errorMessage(error)}`);
      this.#count('failure', now);
      if (isRequested) this.#requestAgain();
      return this.#lastCommitted();
    }
  }

  /** Also where it is further away than an interval: somebody has set the clock back. */
  #isDue(now: number): boolean {
    return now >= this.#dueAtMs || this.#dueAtMs - now > this.#options.intervalMs;
  }

  /** The last commit of these partitions: awaited, bounded; a failure only means that they are read again from further back. */
  async commitClosing(partitions: readonly TopicPartition[], deadline: AbortSignal): Promise<void> {
    const startedAtMs = this.#options.clock.now();
    const keys = new Set(partitions.map(topicPartitionKey));
    const consumed = new Map([...this.#consumed].filter(([key]) => keys.has(key)));
    try {
      await orAborted(this.#options.failures.settled(), deadline);
      const commits = await orAborted(this.#preCommit(consumed), deadline);
      if (commits.length === 0) return;
      const done = await orAborted(this.#options.consumer.commit(commits), deadline);
      this.#count(this.#book(commits, done), startedAtMs);
    } catch (error) {
      this.#count('failure', startedAtMs);
      this.#options.logger.warn({}, `The last offset commit of closing partitions failed: ${errorMessage(error)}`);
    }
  }

  async #preCommit(consumed: ReadonlyMap<string, ConsumedOffset>): Promise<readonly OffsetCommit[]> {
    // A rewind that came since the loop's turn began wins at once: the task has forgotten what lay behind it.
    const settledUpTo = new Map(
      [...consumed].map(([key, at]) => [key, { ...at, offset: this.#options.beforeRewind(at) }]),
    );
    if (settledUpTo.size === 0) return [];
    const answered = await this.#options.task.preCommit(settledUpTo);
    const { commits, ignored } = offsetsToCommit(settledUpTo, answered, this.#committed);
    for (const reason of ignored) this.#options.logger.warn({}, reason);
    return commits;
  }

  #sendInBackground(commits: readonly OffsetCommit[], isRequested: boolean): void {
    const mine = { startedAtMs: this.#options.clock.now(), isRequested };
    this.#underWay = mine;
    const done = (outcome: 'success' | 'failure'): void => {
      this.#count(this.#underWay === mine ? outcome : 'stale', mine.startedAtMs);
      if (this.#underWay === mine) {
        this.#underWay = null;
        if (isRequested && outcome === 'failure') this.#requestAgain();
      }
      this.#options.consumer.wakeup();
    };
    this.#options.consumer.commit(commits).then(
      (results) => done(this.#book(commits, results)),
      (error: unknown) => {
        done('failure');
        this.#options.logger.warn({}, `Commit of offsets failed: ${errorMessage(error)} It is tried again.`);
      },
    );
  }

  /** What was asked for at once does not wait for the interval when it fails. */
  #requestAgain(): void {
    this.#isRequested = true;
    this.#dueAtMs = Math.min(this.#dueAtMs, this.#options.clock.now() + againMs);
  }

  #checkTimeout(now: number): void {
    const { timeoutMs, logger } = this.#options;
    if (this.#underWay === null || now < this.#underWay.startedAtMs + timeoutMs) return;
    this.#count('timeout', this.#underWay.startedAtMs);
    if (this.#underWay.isRequested) this.#requestAgain();
    this.#underWay = null;
    logger.warn({ timeoutMs }, 'Commit of offsets timed out. It is tried again.');
  }

  #book(commits: readonly OffsetCommit[], results: readonly CommitResult[]): 'success' | 'failure' {
    const outcomes = new Map(results.map((result) => [topicPartitionKey(result), result]));
    for (const { topic, partition, epoch, offset, metadata } of commits) {
      const key = topicPartitionKey({ topic, partition });
      const result = outcomes.get(key);
      if (result?.outcome === 'committed') {
        if (this.#consumed.get(key)?.epoch !== epoch) continue;
        this.#committed.set(key, { offset, metadata });
        this.#options.deadLetters.committed({ topic, partition }, offset);
        this.#options.task.committed?.({ topic, partition });
      } else {
        const why = result === undefined ? 'no answer' : `${result.outcome} ${result.reason ?? ''}`.trim();
        this.#options.logger.warn({ topic, partition, offset: String(offset) }, `Offset was not committed: ${why}`);
      }
    }
    const all = commits.every((commit) => outcomes.get(topicPartitionKey(commit))?.outcome === 'committed');
    return all ? 'success' : 'failure';
  }

  #lastCommitted(): readonly Rewind[] {
    return [...this.#consumed].flatMap(([key, { topic, partition }]) => {
      const offset = this.#committed.get(key)?.offset ?? this.#begun.get(key);
      return offset === undefined ? [] : [{ topic, partition, offset }];
    });
  }

  #count(outcome: 'success' | 'failure' | 'timeout' | 'stale', startedAtMs: number): void {
    const { clock, metrics } = this.#options;
    metrics.offsetCommit(outcome, clock.now() - startedAtMs);
  }
}
