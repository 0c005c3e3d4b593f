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
    help: 'Buffer flushes by reason: count, bytes, wire, age, evolution, close.',
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
  /** Seconds. */
  observe<N extends NamesOf<'histogram'>>(name: N, labels: Labels<N>, value: number): void;
}

export const noMetrics: Metrics = { increment: () => {}, set: () => {}, remove: () => {}, observe: () => {} };
