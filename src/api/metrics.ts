/** Every metric, once: what it means, its labels. Names end in their unit; counters in `_total`. The docs page is printed from here. */
export const metricCatalogue = {
  snowsink_records_consumed_total: {
    type: 'counter',
    help: 'Records handed over by Kafka, by topic.',
    labels: ['connector', 'task', 'topic'],
  },
  snowsink_records_filtered_total: {
    type: 'counter',
    help: 'Records that a transform dropped.',
    labels: ['connector', 'task', 'topic'],
  },
  snowsink_records_already_durable_total: {
    type: 'counter',
    help: 'Records skipped because the channel holds them already.',
    labels: ['connector', 'task', 'topic'],
  },
  snowsink_tombstones_ignored_total: {
    type: 'counter',
    help: 'Null values skipped by behavior.on.null.values=ignore.',
    labels: ['connector', 'task', 'topic'],
  },
  snowsink_rows_buffered_total: {
    type: 'counter',
    help: 'Rows put into a buffer.',
    labels: ['connector', 'task', 'topic'],
  },
  snowsink_rows_appended_total: {
    type: 'counter',
    help: 'Rows accepted by Snowflake (not yet durable).',
    labels: ['connector', 'task', 'topic'],
  },
  snowsink_rows_rejected_total: {
    type: 'counter',
    help: 'Rows that Snowflake dropped after accepting them (rows_error_count).',
    labels: ['connector', 'task', 'topic'],
  },
  snowsink_tables_altered_total: {
    type: 'counter',
    help: 'Times that a table was altered because records needed it (schema evolution).',
    labels: ['connector', 'task', 'table'],
  },
  snowsink_raw_bytes_appended_total: {
    type: 'counter',
    help: 'Bytes of rows before compression, accepted by Snowflake: what is billed.',
    labels: ['connector', 'task', 'topic'],
  },
  snowsink_wire_bytes_appended_total: {
    type: 'counter',
    help: 'Bytes of append requests after compression.',
    labels: ['connector', 'task', 'topic'],
  },
  snowsink_appends_total: {
    type: 'counter',
    help: 'Append requests by outcome.',
    labels: ['connector', 'task', 'outcome'],
  },
  snowsink_append_seconds: {
    type: 'histogram',
    help: 'Time of an accepted append, retries included.',
    labels: ['connector', 'task'],
  },
  snowsink_flush_total: {
    type: 'counter',
    help: 'Buffer flushes by reason: count, bytes, wire (the largest request), age, memory (snowsink.memory.bytes is used up), compressor (others need the one that the rows have), evolution, close.',
    labels: ['connector', 'task', 'reason'],
  },
  snowsink_commit_lag_records: {
    type: 'gauge',
    help: 'Records between the position and the durable offset.',
    labels: ['connector', 'task', 'topic', 'partition'],
  },
  snowsink_consumer_lag_records: {
    type: 'gauge',
    help: 'Records between log end and position.',
    labels: ['connector', 'task', 'topic', 'partition'],
  },
  snowsink_committed_offset: {
    type: 'gauge',
    help: 'Last durable offset (channel token).',
    labels: ['connector', 'task', 'topic', 'partition'],
  },
  snowsink_processed_offset: {
    type: 'gauge',
    help: 'Last offset that was put to the task.',
    labels: ['connector', 'task', 'topic', 'partition'],
  },
  snowsink_latest_consumer_offset: {
    type: 'gauge',
    help: 'Last offset that Kafka has told of.',
    labels: ['connector', 'task', 'topic', 'partition'],
  },
  snowsink_latency_seconds: {
    type: 'histogram',
    help: 'From the first buffered row of a batch to durable.',
    labels: ['connector', 'task'],
  },
  snowsink_channel_recoveries_total: {
    type: 'counter',
    help: 'Channels reopened and partitions rewound, by cause.',
    labels: ['connector', 'task', 'cause'],
  },
  snowsink_offset_commits_total: {
    type: 'counter',
    help: 'Offset commits to Kafka by outcome.',
    labels: ['connector', 'task', 'outcome'],
  },
  snowsink_rebalances_total: {
    type: 'counter',
    help: 'Group rebalances seen: assigned, revoked, lost.',
    labels: ['connector', 'task', 'kind'],
  },
  snowsink_partitions_assigned: {
    type: 'gauge',
    help: 'Partitions assigned to the task.',
    labels: ['connector', 'task'],
  },
  snowsink_partitions_paused: {
    type: 'gauge',
    help: 'Partitions paused, by reason: memory, breaker, backlog, recovery, connector.',
    labels: ['connector', 'task', 'reason'],
  },
  snowsink_breaker_open: {
    type: 'gauge',
    help: '1 while the circuit breaker of an endpoint is open.',
    labels: ['connector', 'task', 'endpoint'],
  },
  snowsink_memory_used_bytes: { type: 'gauge', help: 'Buffered row bytes in use by this process.', labels: [] },
  snowsink_memory_limit_bytes: { type: 'gauge', help: 'The memory budget for buffered rows.', labels: [] },
  snowsink_task_state: {
    type: 'gauge',
    help: '1 for the state that the task is in.',
    labels: ['connector', 'task', 'state'],
  },
  snowsink_connector_state: {
    type: 'gauge',
    help: '1 for the state that the connector is in.',
    labels: ['connector', 'state'],
  },
  snowsink_total_record_failures_total: {
    type: 'counter',
    help: 'total-record-failures: failed attempts of a record at a stage.',
    labels: ['connector', 'task', 'stage'],
  },
  snowsink_total_record_errors_total: {
    type: 'counter',
    help: 'total-record-errors: records that failed for good.',
    labels: ['connector', 'task', 'stage'],
  },
  snowsink_total_records_skipped_total: {
    type: 'counter',
    help: 'total-records-skipped: records skipped by errors.tolerance=all.',
    labels: ['connector', 'task', 'stage'],
  },
  snowsink_total_retries_total: {
    type: 'counter',
    help: 'total-retries: retries of a record at a stage.',
    labels: ['connector', 'task', 'stage'],
  },
  snowsink_total_errors_logged_total: {
    type: 'counter',
    help: 'total-errors-logged: failed records that errors.log.enable logged.',
    labels: ['connector', 'task'],
  },
  snowsink_deadletterqueue_produce_requests_total: {
    type: 'counter',
    help: 'deadletterqueue-produce-requests.',
    labels: ['connector', 'task'],
  },
  snowsink_deadletterqueue_produce_failures_total: {
    type: 'counter',
    help: 'deadletterqueue-produce-failures.',
    labels: ['connector', 'task'],
  },
  snowsink_last_error_timestamp_ms: {
    type: 'gauge',
    help: 'last-error-timestamp: epoch ms of the last failed record.',
    labels: ['connector', 'task'],
  },
  kafka_connect_sink_task_metrics_sink_record_read_rate: {
    type: 'gauge',
    help: 'Records read from Kafka a second, before transforms.',
    labels: ['connector', 'task'],
  },
  kafka_connect_sink_task_metrics_sink_record_read_total: {
    type: 'gauge',
    help: 'Records read from Kafka, before transforms.',
    labels: ['connector', 'task'],
  },
  kafka_connect_sink_task_metrics_sink_record_send_rate: {
    type: 'gauge',
    help: 'Records put to the task a second, after transforms.',
    labels: ['connector', 'task'],
  },
  kafka_connect_sink_task_metrics_sink_record_send_total: {
    type: 'gauge',
    help: 'Records put to the task, after transforms.',
    labels: ['connector', 'task'],
  },
  kafka_connect_sink_task_metrics_sink_record_active_count: {
    type: 'gauge',
    help: 'Records read and not yet committed.',
    labels: ['connector', 'task'],
  },
  kafka_connect_sink_task_metrics_sink_record_active_count_max: {
    type: 'gauge',
    help: 'Its maximum of late.',
    labels: ['connector', 'task'],
  },
  kafka_connect_sink_task_metrics_sink_record_active_count_avg: {
    type: 'gauge',
    help: 'Its average of late.',
    labels: ['connector', 'task'],
  },
  kafka_connect_sink_task_metrics_partition_count: {
    type: 'gauge',
    help: 'Partitions assigned to the task.',
    labels: ['connector', 'task'],
  },
  kafka_connect_sink_task_metrics_offset_commit_seq_no: {
    type: 'gauge',
    help: 'Number of the last offset commit.',
    labels: ['connector', 'task'],
  },
  kafka_connect_sink_task_metrics_offset_commit_completion_rate: {
    type: 'gauge',
    help: 'Offset commits completed a second.',
    labels: ['connector', 'task'],
  },
  kafka_connect_sink_task_metrics_offset_commit_completion_total: {
    type: 'gauge',
    help: 'Offset commits completed.',
    labels: ['connector', 'task'],
  },
  kafka_connect_sink_task_metrics_offset_commit_skip_rate: {
    type: 'gauge',
    help: 'Offset commits a second that came too late to count.',
    labels: ['connector', 'task'],
  },
  kafka_connect_sink_task_metrics_offset_commit_skip_total: {
    type: 'gauge',
    help: 'Offset commits that came too late to count.',
    labels: ['connector', 'task'],
  },
  kafka_connect_sink_task_metrics_put_batch_avg_time_ms: {
    type: 'gauge',
    help: 'Average time of a put.',
    labels: ['connector', 'task'],
  },
  kafka_connect_sink_task_metrics_put_batch_max_time_ms: {
    type: 'gauge',
    help: 'Longest time of a put.',
    labels: ['connector', 'task'],
  },
  kafka_connect_connector_task_metrics_running_ratio: {
    type: 'gauge',
    help: 'Share of its time that the task was running.',
    labels: ['connector', 'task'],
  },
  kafka_connect_connector_task_metrics_pause_ratio: {
    type: 'gauge',
    help: 'Share of its time that the task was paused.',
    labels: ['connector', 'task'],
  },
  kafka_connect_connector_task_metrics_batch_size_avg: {
    type: 'gauge',
    help: 'Average records of a fetched batch.',
    labels: ['connector', 'task'],
  },
  kafka_connect_connector_task_metrics_batch_size_max: {
    type: 'gauge',
    help: 'Most records of a fetched batch.',
    labels: ['connector', 'task'],
  },
  kafka_connect_connector_task_metrics_offset_commit_avg_time_ms: {
    type: 'gauge',
    help: 'Average time of an offset commit.',
    labels: ['connector', 'task'],
  },
  kafka_connect_connector_task_metrics_offset_commit_max_time_ms: {
    type: 'gauge',
    help: 'Longest time of an offset commit.',
    labels: ['connector', 'task'],
  },
  kafka_connect_connector_task_metrics_offset_commit_success_percentage: {
    type: 'gauge',
    help: 'Share (0 to 1) of offset commits that succeeded.',
    labels: ['connector', 'task'],
  },
  kafka_connect_connector_task_metrics_offset_commit_failure_percentage: {
    type: 'gauge',
    help: 'Share (0 to 1) of offset commits that failed.',
    labels: ['connector', 'task'],
  },
} as const satisfies Record<
  string,
  { type: 'counter' | 'gauge' | 'histogram'; help: string; labels: readonly string[] }
>;

type Catalogue = typeof metricCatalogue;
export type MetricName = keyof Catalogue;
type NamesOf<T extends 'counter' | 'gauge' | 'histogram'> = {
  [N in MetricName]: Catalogue[N]['type'] extends T ? N : never;
}[MetricName];
export type Labels<N extends MetricName> = Readonly<Record<Catalogue[N]['labels'][number], string>>;

export interface Metrics {
  increment<N extends NamesOf<'counter'>>(name: N, labels: Labels<N>, by?: number): void;
  set<N extends NamesOf<'gauge'>>(name: N, labels: Labels<N>, value: number): void;
  /** Takes a series away (a partition that is no longer ours). */
  remove<N extends NamesOf<'gauge'>>(name: N, labels: Labels<N>): void;
  /** Takes all gauges of a task away that has ended: another thread may have it next, and threads are added up. Its counters stay. */
  forgetTask(task: { readonly connector: string; readonly task: string }): void;
  /** Seconds. */
  observe<N extends NamesOf<'histogram'>>(name: N, labels: Labels<N>, value: number): void;
}

export const noMetrics: Metrics = {
  increment: () => {},
  set: () => {},
  remove: () => {},
  forgetTask: () => {},
  observe: () => {},
};
