import { expect, test } from 'vitest';
import { createMetrics } from '../../../src/metrics/index.ts';
import { ConnectTaskMetrics } from '../../../src/runtime/connect-task-metrics.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

test('what a task did, as Connect tells it', async () => {
  const clock = new VirtualClock(1000);
  const metrics = createMetrics();
  const labels = { connector: 'orders', task: '0' };
  const ofTask = new ConnectTaskMetrics(labels, metrics, clock);
  const line = async (name: string): Promise<string | undefined> => {
    const text = await metrics.text();
    return text
      .split('\n')
      .find((each) => each.startsWith(`kafka_connect_${name}{`))
      ?.split(' ')[1];
  };
  ofTask.entered('RUNNING');
  ofTask.read(100);
  ofTask.put(90, 4);
  ofTask.put(10, 8);
  ofTask.committed('success', 20);
  ofTask.committed('failure', 40);
  ofTask.committed('stale', 60);
  await clock.advance(3000);
  ofTask.entered('PAUSED');
  await clock.advance(1000);
  ofTask.publish(3, 7);
  const expected = {
    sink_task_metrics_sink_record_read_total: '100',
    sink_task_metrics_sink_record_send_total: '100',
    sink_task_metrics_put_batch_avg_time_ms: '6',
    sink_task_metrics_put_batch_max_time_ms: '8',
    sink_task_metrics_sink_record_active_count: '7',
    sink_task_metrics_partition_count: '3',
    sink_task_metrics_offset_commit_seq_no: '3',
    sink_task_metrics_offset_commit_completion_total: '1',
    sink_task_metrics_offset_commit_skip_total: '1',
    connector_task_metrics_offset_commit_avg_time_ms: '40',
    connector_task_metrics_running_ratio: '0.75',
    connector_task_metrics_pause_ratio: '0.25',
    connector_task_metrics_batch_size_max: '100',
  };
  for (const [name, value] of Object.entries(expected)) expect([name, await line(name)]).toEqual([name, value]);
  metrics.forgetTask(labels);
  expect(await line('sink_task_metrics_partition_count')).toBeUndefined();
});
