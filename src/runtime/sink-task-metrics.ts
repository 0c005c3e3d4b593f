import type {
  Assignment,
  Clock,
  FetchedBatch,
  Labels,
  Metrics,
  SourceConsumer,
  TaskId,
  TopicPartition,
} from '../api/index.ts';
import type { State } from '../storage/index.ts';
import { ConnectTaskMetrics } from './connect-task-metrics.ts';

const refreshMs = 1000;
/** Thousands of partitions are looked at less often: each look goes through all of them. */
const refreshMsPerPartition = 2;
const partitionGauges = [
  'snowsink_consumer_lag_records',
  'snowsink_processed_offset',
  'snowsink_latest_consumer_offset',
] as const;

/** The metrics that the runtime itself knows about a sink task. */
export class SinkTaskMetrics {
  readonly #labels: { readonly connector: string; readonly task: string };
  readonly #metrics: Metrics;
  readonly #clock: Clock;
  readonly #consumer: Pick<SourceConsumer, 'assignment' | 'highWatermark' | 'position'>;
  readonly #connect: ConnectTaskMetrics;
  #refreshedAtMs = Number.NEGATIVE_INFINITY;
  #everyMs = refreshMs;
  /** What the gauges of a partition were set from: of thousands of idle ones nothing is set anew. */
  readonly #shown = new WeakMap<Assignment, { readonly position: bigint; readonly end: bigint }>();

  constructor(id: TaskId, metrics: Metrics, clock: Clock, consumer: SourceConsumer) {
    this.#labels = { connector: id.connector, task: String(id.task) };
    this.#metrics = metrics;
    this.#clock = clock;
    this.#consumer = consumer;
    this.#connect = new ConnectTaskMetrics(this.#labels, metrics, clock);
  }

  consumed({ topic, recordCount }: FetchedBatch): void {
    this.#metrics.increment('snowsink_records_consumed_total', { ...this.#labels, topic }, recordCount);
    this.#connect.read(recordCount);
  }

  put(recordCount: number, tookMs: number): void {
    this.#connect.put(recordCount, tookMs);
  }

  offsetCommit(outcome: 'success' | 'failure' | 'timeout' | 'stale', tookMs: number): void {
    if (outcome !== 'stale') this.#metrics.increment('snowsink_offset_commits_total', { ...this.#labels, outcome });
    // in Connect a commit that timed out counts when its answer comes
    if (outcome !== 'timeout') this.#connect.committed(outcome, tookMs);
  }

  state(current: State): void {
    this.#connect.entered(current);
  }

  /** The task has ended. */
  close(): void {
    this.#metrics.forgetTask(this.#labels);
  }

  rebalanced(kind: 'assigned' | 'revoked' | 'lost', partitionCount: number): void {
    this.#metrics.increment('snowsink_rebalances_total', { ...this.#labels, kind });
    this.#metrics.set('snowsink_partitions_assigned', this.#labels, partitionCount);
  }

  paused(partitionCount: number): void {
    this.#metrics.set('snowsink_partitions_paused', { ...this.#labels, reason: 'connector' }, partitionCount);
  }

  /** Gauges, at most once a second, with thousands of partitions every few seconds. `activeCount`: records that were read and are not committed. */
  refresh(activeCount: () => number): void {
    const now = this.#clock.now();
    if (Math.abs(now - this.#refreshedAtMs) < this.#everyMs) return;
    this.#refreshedAtMs = now;
    const assignment = this.#consumer.assignment();
    this.#everyMs = Math.max(refreshMs, assignment.length * refreshMsPerPartition);
    this.#connect.publish(assignment.length, activeCount());
    for (const assigned of assignment) {
      const position = this.#consumer.position(assigned);
      const end = this.#consumer.highWatermark(assigned);
      if (position === null || end === null) continue;
      const shown = this.#shown.get(assigned);
      if (shown?.position === position && shown.end === end) continue;
      this.#shown.set(assigned, { position, end });
      const lag = end > position ? Number(end - position) : 0;
      const labels = this.#partitionLabels(assigned);
      this.#metrics.set('snowsink_consumer_lag_records', labels, lag);
      this.#metrics.set('snowsink_processed_offset', labels, Number(position) - 1);
      this.#metrics.set('snowsink_latest_consumer_offset', labels, Number(end) - 1);
    }
  }

  /** Partitions that are no longer ours have no lag of ours. */
  forget(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      const labels = this.#partitionLabels(partition);
      for (const gauge of partitionGauges) this.#metrics.remove(gauge, labels);
    }
  }

  #partitionLabels({ topic, partition }: TopicPartition): Labels<'snowsink_consumer_lag_records'> {
    return { ...this.#labels, topic, partition: String(partition) };
  }
}
