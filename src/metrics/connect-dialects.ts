import type { Sample, SampleValue } from './sample.ts';

/**
 * Kafka Connect has its metrics in JMX; exporters make Prometheus series of them in two ways. Ours are named as Confluent's
 * jmx-monitoring-stacks and Strimzi's Metrics Reporter name them (`kafka_connect_sink_task_metrics_partition_count`); this adds the
 * names of jmx_exporter's and Strimzi's rule files (`kafka_connect_sink_task_partition_count`), so that either one's dashboards work.
 */
const shortName = (name: string): string =>
  name.replace(
    /^kafka_connect_(connect_worker|sink_task|connector_task|task_error)_metrics_/,
    (_, group: string) => `kafka_connect_${group.replace('connect_', '')}_`,
  );

type Labels = SampleValue['labels'];

const taskOf = ({ connector = '', task = '' }: Labels): Labels => ({ connector, task });

/** The value of each task, added up over all other labels. */
const byTask = (values: readonly SampleValue[], known: readonly Labels[]): readonly SampleValue[] => {
  const sums = new Map(known.map((labels) => [JSON.stringify(taskOf(labels)), 0]));
  for (const { labels, value } of values) {
    const key = JSON.stringify(taskOf(labels));
    sums.set(key, (sums.get(key) ?? 0) + value);
  }
  return [...sums].map(([key, value]) => ({ labels: JSON.parse(key), value }));
};

/** task-error-metrics attribute → our counter of it. */
const taskErrors = {
  total_record_failures: 'snowsink_total_record_failures_total',
  total_record_errors: 'snowsink_total_record_errors_total',
  total_records_skipped: 'snowsink_total_records_skipped_total',
  total_retries: 'snowsink_total_retries_total',
  total_errors_logged: 'snowsink_total_errors_logged_total',
  deadletterqueue_produce_requests: 'snowsink_deadletterqueue_produce_requests_total',
  deadletterqueue_produce_failures: 'snowsink_deadletterqueue_produce_failures_total',
  last_error_timestamp: 'snowsink_last_error_timestamp_ms',
} as const;

const gauge = (name: string, help: string, values: readonly SampleValue[]): Sample => ({
  name,
  help,
  type: 'gauge',
  aggregator: 'sum',
  values,
});

/** Connect names a consumer after the task that has it. */
const clientId = ({ connector, task }: Labels): string => `connector-consumer-${connector}-${task}`;

const consumerLag = (values: readonly SampleValue[]): readonly Sample[] => {
  const lags = values.map(({ labels, value }) => {
    const { topic = '', partition = '' } = labels;
    return { labels: { clientid: clientId(labels), topic, partition }, value };
  });
  const help = 'records-lag: records between log end and position.';
  return [
    gauge('kafka_consumer_fetch_manager_records_lag', help, lags),
    gauge(
      'kafka_consumer_consumer_fetch_manager_metrics_records_lag',
      help,
      lags.map(({ labels: { clientid, ...at }, value }) => ({ labels: { client_id: clientid, ...at }, value })),
    ),
  ];
};

/** Offsets of channels, by the names of the Snowflake connector's MBeans (snowflake.kafka.connector, category offsets). */
const channelOffsets = {
  'persisted-in-snowflake-offset': 'snowsink_committed_offset',
  'processed-offset': 'snowsink_processed_offset',
  'latest-consumer-offset': 'snowsink_latest_consumer_offset',
} as const;

/** Connect's and the Snowflake connector's own names for what our samples say. `samples` come from all threads. */
export const connectSamples = (samples: readonly Sample[]): readonly Sample[] => {
  const valuesOf = (name: string): readonly SampleValue[] =>
    samples.filter((sample) => sample.name === name).flatMap(({ values }) => values);
  const tasks = valuesOf('kafka_connect_sink_task_metrics_partition_count').map(({ labels }) => labels);
  const errors = Object.entries(taskErrors).map(([attribute, counter]) =>
    gauge(
      `kafka_connect_task_error_metrics_${attribute}`,
      `task-error-metrics ${attribute.replaceAll('_', '-')}.`,
      byTask(valuesOf(counter), tasks),
    ),
  );
  const offsets = Object.entries(channelOffsets).map(([name, ours]) =>
    gauge(
      `snowflake_kafka_connector_offsets_${name.replaceAll('-', '_')}`,
      `${name} of the channel of a source partition.`,
      valuesOf(ours),
    ),
  );
  const named = [...samples.filter(({ name }) => name.startsWith('kafka_connect_')), ...errors];
  const short = named
    .map((sample) => ({ ...sample, name: shortName(sample.name) }))
    .filter(({ name }, at) => name !== named[at]?.name);
  return [...errors, ...short, ...consumerLag(valuesOf('snowsink_consumer_lag_records')), ...offsets];
};
