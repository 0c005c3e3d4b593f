import { expect, test } from 'vitest';
import { createMetrics } from '../../../src/metrics/index.ts';

test('both dialects of Connect’s names, errors added up over stages, lag under the consumer’s client id', async () => {
  const metrics = createMetrics();
  const task = { connector: 'orders', task: '0' };
  metrics.set('kafka_connect_sink_task_metrics_partition_count', task, 3);
  metrics.increment('snowsink_total_record_failures_total', { ...task, stage: 'VALUE_CONVERTER' }, 2);
  metrics.increment('snowsink_total_record_failures_total', { ...task, stage: 'TRANSFORMATION' }, 3);
  metrics.set('snowsink_consumer_lag_records', { ...task, topic: 't', partition: '1' }, 7);
  metrics.set('snowsink_committed_offset', { ...task, topic: 't', partition: '1' }, 41);
  const lines = (await metrics.text()).split('\n');
  for (const line of [
    'kafka_connect_sink_task_metrics_partition_count{connector="orders",task="0"} 3',
    'kafka_connect_sink_task_partition_count{connector="orders",task="0"} 3',
    'kafka_connect_task_error_metrics_total_record_failures{connector="orders",task="0"} 5',
    'kafka_connect_task_error_total_record_failures{connector="orders",task="0"} 5',
    'kafka_connect_task_error_total_retries{connector="orders",task="0"} 0',
    'kafka_consumer_fetch_manager_records_lag{clientid="connector-consumer-orders-0",topic="t",partition="1"} 7',
    'kafka_consumer_consumer_fetch_manager_metrics_records_lag{client_id="connector-consumer-orders-0",topic="t",partition="1"} 7',
    'snowflake_kafka_connector_offsets_persisted_in_snowflake_offset{connector="orders",task="0",topic="t",partition="1"} 41',
  ]) {
    expect(lines).toContain(line);
  }
});
