import type { Clock, FetchedBatch, Labels, Metrics, SourceConsumer, TaskId, TopicPartition } from '../api/index.ts';

const refreshMs = 1000;

/** The metrics that the runtime itself knows about a sink task. */
export class SinkTaskMetrics {
  readonly #labels: { readonly connector: string; readonly task: string };
  readonly #metrics: Metrics;
  readonly #clock: Clock;
  readonly #consumer: Pick<SourceConsumer, 'assignment' | 'highWatermark' | 'position'>;
  #refreshAtMs = 0;

  constructor(id: TaskId, metrics: Metrics, clock: Clock, consumer: SourceConsumer) {
    this.#labels = { connector: id.connector, task: String(id.task) };
    this.#metrics = metrics;
    this.#clock = clock;
    this.#consumer = consumer;
  }

  consumed({ topic, recordCount }: FetchedBatch): void {
    this.#metrics.increment('snowsink_records_consumed_total', { ...this.#labels, topic }, recordCount);
  }

  rebalanced(kind: 'assigned' | 'revoked' | 'lost', partitionCount: number): void {
    this.#metrics.increment('snowsink_rebalances_total', { ...this.#labels, kind });
    this.#metrics.set('snowsink_partitions_assigned', this.#labels, partitionCount);
  }

  paused(partitionCount: number): void {
    this.#metrics.set('snowsink_partitions_paused', { ...this.#labels, reason: 'connector' }, partitionCount);
  }

  /** Lag of every partition, at most once a second. */
  refresh(): void {
    const now = this.#clock.now();
    if (now < this.#refreshAtMs) return;
    this.#refreshAtMs = now + refreshMs;
    for (const assigned of this.#consumer.assignment()) {
      const position = this.#consumer.position(assigned);
      const end = this.#consumer.highWatermark(assigned);
      if (position === null || end === null) continue;
      const lag = end > position ? Number(end - position) : 0;
      this.#metrics.set('snowsink_consumer_lag_records', this.#partitionLabels(assigned), lag);
    }
  }

  /** Partitions that are no longer ours have no lag of ours. */
  forget(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      this.#metrics.remove('snowsink_consumer_lag_records', this.#partitionLabels(partition));
    }
  }

  #partitionLabels({ topic, partition }: TopicPartition): Labels<'snowsink_consumer_lag_records'> {
    return { ...this.#labels, topic, partition: String(partition) };
  }
}
