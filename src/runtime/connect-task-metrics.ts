import type { Clock, Labels, MetricName, Metrics } from '../api/index.ts';
import type { State } from '../storage/index.ts';
import { SampledStat } from './sampled-stat.ts';

type Gauge = Extract<MetricName, `kafka_connect_${string}`>;

/**
 * Connect's sink-task-metrics and connector-task-metrics (org.apache.kafka.connect.runtime.WorkerSinkTask.SinkTaskMetricsGroup,
 * WorkerTask.TaskMetricsGroup) of one task: recorded a batch at a time, published when the gauges are refreshed. A figure that nothing was
 * recorded for is NaN, as in JMX.
 */
export class ConnectTaskMetrics {
  readonly #labels: Labels<Gauge>;
  readonly #metrics: Metrics;
  readonly #clock: Clock;
  readonly #read = new SampledStat();
  readonly #sent = new SampledStat();
  readonly #putTime = new SampledStat();
  readonly #commitTime = new SampledStat();
  /** 1 for a commit that succeeded, 0 for one that failed. */
  readonly #commitSuccess = new SampledStat();
  readonly #completed = new SampledStat();
  readonly #skipped = new SampledStat();
  readonly #active = new SampledStat();
  readonly #totals = { read: 0, sent: 0, completed: 0, skipped: 0 };
  #commits = 0;
  #state: State | null = null;
  #stateSinceMs = 0;
  readonly #stateMs = new Map<State, number>();

  constructor(labels: Labels<Gauge>, metrics: Metrics, clock: Clock) {
    this.#labels = labels;
    this.#metrics = metrics;
    this.#clock = clock;
  }

  read(recordCount: number): void {
    this.#totals.read += recordCount;
    this.#read.record(recordCount, this.#clock.now());
  }

  put(recordCount: number, tookMs: number): void {
    const now = this.#clock.now();
    this.#totals.sent += recordCount;
    this.#sent.record(recordCount, now);
    this.#putTime.record(tookMs, now);
  }

  /** `stale`: its answer came after its time had run out. */
  committed(outcome: 'success' | 'failure' | 'stale', tookMs: number): void {
    const now = this.#clock.now();
    this.#commits++;
    this.#commitTime.record(tookMs, now);
    this.#commitSuccess.record(outcome === 'success' ? 1 : 0, now);
    if (outcome === 'success') {
      this.#totals.completed++;
      this.#completed.record(1, now);
    } else if (outcome === 'stale') {
      this.#totals.skipped++;
      this.#skipped.record(1, now);
    }
  }

  entered(state: State): void {
    this.#countState();
    this.#state = state;
  }

  /** @param active records that were read and are not committed */
  publish(partitionCount: number, active: number): void {
    const now = this.#clock.now();
    this.#countState();
    this.#active.record(active, now);
    const set = (name: Gauge, value: number): void => this.#metrics.set(name, this.#labels, value);
    set('kafka_connect_sink_task_metrics_sink_record_read_rate', this.#read.ratePerSecond(now));
    set('kafka_connect_sink_task_metrics_sink_record_read_total', this.#totals.read);
    set('kafka_connect_sink_task_metrics_sink_record_send_rate', this.#sent.ratePerSecond(now));
    set('kafka_connect_sink_task_metrics_sink_record_send_total', this.#totals.sent);
    set('kafka_connect_sink_task_metrics_sink_record_active_count', active);
    set('kafka_connect_sink_task_metrics_sink_record_active_count_max', this.#active.max(now));
    set('kafka_connect_sink_task_metrics_sink_record_active_count_avg', this.#active.average(now));
    set('kafka_connect_sink_task_metrics_partition_count', partitionCount);
    set('kafka_connect_sink_task_metrics_offset_commit_seq_no', this.#commits);
    set('kafka_connect_sink_task_metrics_offset_commit_completion_rate', this.#completed.ratePerSecond(now));
    set('kafka_connect_sink_task_metrics_offset_commit_completion_total', this.#totals.completed);
    set('kafka_connect_sink_task_metrics_offset_commit_skip_rate', this.#skipped.ratePerSecond(now));
    set('kafka_connect_sink_task_metrics_offset_commit_skip_total', this.#totals.skipped);
    set('kafka_connect_sink_task_metrics_put_batch_avg_time_ms', this.#putTime.average(now));
    set('kafka_connect_sink_task_metrics_put_batch_max_time_ms', this.#putTime.max(now));
    set('kafka_connect_connector_task_metrics_running_ratio', this.#share('RUNNING'));
    set('kafka_connect_connector_task_metrics_pause_ratio', this.#share('PAUSED'));
    set('kafka_connect_connector_task_metrics_batch_size_avg', this.#read.average(now));
    set('kafka_connect_connector_task_metrics_batch_size_max', this.#read.max(now));
    set('kafka_connect_connector_task_metrics_offset_commit_avg_time_ms', this.#commitTime.average(now));
    set('kafka_connect_connector_task_metrics_offset_commit_max_time_ms', this.#commitTime.max(now));
    const success = this.#commitSuccess.average(now);
    set('kafka_connect_connector_task_metrics_offset_commit_success_percentage', success);
    set('kafka_connect_connector_task_metrics_offset_commit_failure_percentage', 1 - success);
  }

  #countState(): void {
    const now = this.#clock.now();
    if (this.#state !== null) {
      const before = this.#stateMs.get(this.#state) ?? 0;
      this.#stateMs.set(this.#state, before + Math.max(0, now - this.#stateSinceMs));
    }
    this.#stateSinceMs = now;
  }

  #share(state: State): number {
    const total = [...this.#stateMs.values()].reduce((sum, ms) => sum + ms, 0);
    return total === 0 ? 0 : (this.#stateMs.get(state) ?? 0) / total;
  }
}
