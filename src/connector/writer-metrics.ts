import type { Assignment, LastOffset, RowBatch, SinkTaskContext } from '../api/index.ts';

type FlushReason = 'count' | 'bytes' | 'wire' | 'age' | 'memory' | 'compressor' | 'close' | 'evolution';

/** What a topic partition's writer tells of itself: the metrics' names and labels, and nothing else. */
export class WriterMetrics {
  readonly #metrics: SinkTaskContext['metrics'];
  readonly #task: { readonly connector: string; readonly task: string };
  readonly #topic: { readonly connector: string; readonly task: string; readonly topic: string };
  readonly #partition: string;

  constructor({ metrics, id }: SinkTaskContext, { topic, partition }: Assignment) {
    this.#metrics = metrics;
    this.#task = { connector: id.connector, task: String(id.task) };
    this.#topic = { ...this.#task, topic };
    this.#partition = String(partition);
  }

  buffered(rows: number): void {
    this.#metrics.increment('snowsink_rows_buffered_total', this.#topic, rows);
  }

  flushed(reason: FlushReason): void {
    this.#metrics.increment('snowsink_flush_total', { ...this.#task, reason });
  }

  appended({ rowCount, rawBytes, wireBytes }: RowBatch, seconds: number): void {
    this.#metrics.increment('snowsink_rows_appended_total', this.#topic, rowCount);
    this.#metrics.increment('snowsink_raw_bytes_appended_total', this.#topic, rawBytes);
    this.#metrics.increment('snowsink_wire_bytes_appended_total', this.#topic, wireBytes);
    this.#metrics.observe('snowsink_append_seconds', this.#task, seconds);
  }

  durable(secondsSinceBuffered: number): void {
    this.#metrics.observe('snowsink_latency_seconds', this.#task, secondsSinceBuffered);
  }

  committed(offset: LastOffset): void {
    const labels = { ...this.#topic, partition: this.#partition };
    this.#metrics.set('snowsink_committed_offset', labels, Number(offset));
  }

  rejected(rows: number): void {
    if (rows > 0) this.#metrics.increment('snowsink_rows_rejected_total', this.#topic, rows);
  }

  recovering(cause: string): void {
    this.#metrics.increment('snowsink_channel_recoveries_total', { ...this.#task, cause });
  }
}
