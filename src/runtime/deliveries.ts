import {
  type Clock,
  errorMessage,
  type FetchedBatch,
  type Logger,
  type Random,
  RetriableError,
  type SinkTask,
  type TopicPartition,
  topicPartitionKey,
} from '../api/index.ts';
import type { DeadLetterBook } from '../dlq/index.ts';
import { backoffMs } from '../util/backoff.ts';
import { Delivery, type SettledRecords } from './delivery.ts';
import type { FailureLog } from './failure-log.ts';
import type { OffsetCommits } from './offset-commits.ts';
import type { PartitionPauses } from './partition-pauses.ts';
import type { RecordReader } from './plugins.ts';
import type { RecordConverter } from './record-converter.ts';
import type { SinkTaskMetrics } from './sink-task-metrics.ts';
import type { TopicNews } from './topic-news.ts';
import type { WorkerSinkTaskContext } from './worker-sink-task-context.ts';

/** Dead letters under way before the loop waits for them: bounds the memory of their copies, small ones and large ones. */
const maxPendingReports = 5000;
const maxPendingReportBytes = 8 * 1024 * 1024;
/** Connect has no such back-off of its own: it asks again at its next poll, up to offset.flush.interval.ms later. */
const redelivery = { initialMs: 100, maxMs: 10_000, jitter: 0.2 };

export interface DeliveriesOptions {
  readonly task: SinkTask;
  readonly context: WorkerSinkTaskContext;
  readonly converter: RecordConverter;
  readonly reader: RecordReader;
  readonly commits: OffsetCommits;
  readonly topicNews: TopicNews;
  readonly failures: FailureLog;
  readonly deadLetters: DeadLetterBook;
  readonly settled: SettledRecords;
  readonly pauses: PartitionPauses;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: SinkTaskMetrics;
  readonly stopping: AbortSignal;
}

/**
 * Batches between `poll` and `put`. Usually empty; after a RetriableError they wait here, with all partitions paused, and the
 * very same records are put again, for ever if need be (Connect's rule), while the loop goes on polling and committing.
 */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #queue: Delivery[] = [];
  #attempts = 0;
  #nextAtMs = 0;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /** When the loop must come back for a redelivery; null: it need not. */
  get dueAtMs(): number | null {
    return this.#queue.length === 0 ? null : this.#nextAtMs;
  }

  add(batch: FetchedBatch): void {
    const { task, converter, reader, context, metrics, topicNews, settled } = this.#options;
    metrics.consumed(batch);
    if (batch.recordCount > 0) topicNews.read(batch.topic);
    this.#queue.push(new Delivery(batch, task, converter, reader, context.bytes !== null, settled));
  }

  /** Puts what is here, oldest first; where nothing is, an empty list, which tasks use as a tick (Connect does so at each poll). */
  async put(): Promise<void> {
    const { clock, pauses, task } = this.#options;
    if (this.#queue.length > 0 && clock.now() < this.#nextAtMs) return;
    try {
      if (this.#queue.length === 0) await task.put([]);
      for (let delivery = this.#queue[0]; delivery !== undefined; delivery = this.#queue[0]) {
        if (!this.#hasRoomFor(delivery)) return this.#waitForRoom();
        await this.#run(delivery);
        this.#queue.shift();
        delivery.release();
      }
      this.#attempts = 0;
      pauses.setRedelivering(false);
    } catch (error) {
      if (!(error instanceof RetriableError)) throw error;
      this.#putAgainLater(error);
    }
  }

  /** Fetched before a rewind, or for an owner that we no longer are: nobody may put it any more. */
  drop(partitions: readonly TopicPartition[]): void {
    const keys = new Set(partitions.map(topicPartitionKey));
    for (const delivery of this.#queue.filter(({ batch }) => keys.has(topicPartitionKey(batch)))) {
      this.#queue.splice(this.#queue.indexOf(delivery), 1);
      delivery.release();
    }
    if (this.#queue.length === 0) this.#options.pauses.setRedelivering(false);
  }

  dropAll(): void {
    this.drop(this.#queue.map(({ batch }) => batch));
  }

  #hasRoomFor({ batch }: Delivery): boolean {
    return this.#options.deadLetters.hasRoomFor(batch, batch.recordCount);
  }

  /** Bad records among good ones, more than can be noted: the good ones before must become durable and be committed. */
  #waitForRoom(): void {
    const { clock, context, pauses } = this.#options;
    context.requestCommit();
    this.#nextAtMs = clock.now() + redelivery.initialMs;
    pauses.setRedelivering(true);
  }

  async #run(delivery: Delivery): Promise<void> {
    const { clock, context, commits, failures, metrics, stopping } = this.#options;
    const { batch } = delivery;
    const isAbandoned = (): boolean => context.isRewinding(batch) || stopping.aborted;
    if (isAbandoned()) return;
    const startedAtMs = clock.now();
    await delivery.run((next) => commits.consumed(batch, batch.epoch, next), isAbandoned);
    metrics.put(delivery.putCount, clock.now() - startedAtMs);
    if (failures.pendingCount > maxPendingReports || failures.pendingBytes > maxPendingReportBytes) {
      await failures.settled();
    }
  }

  #putAgainLater(error: RetriableError): void {
    const { clock, random, logger, pauses } = this.#options;
    this.#attempts++;
    this.#nextAtMs = clock.now() + backoffMs(redelivery, this.#attempts, random);
    logger.error({ attempt: this.#attempts }, `RetriableException from SinkTask: ${errorMessage(error)}`);
    if (this.#queue.length > 0) pauses.setRedelivering(true);
  }
}
