import { expect, test } from 'vitest';
import { createMetrics } from '../../../src/metrics/index.ts';
import { statusSamples } from '../../../src/runtime/status-samples.ts';
import type { State } from '../../../src/storage/index.ts';

const status = (state: State, workerId = 'here:8083') => ({ state, workerId, trace: null, generation: 0 });

test('states of what this worker runs, in ours and in both of Connect’s dialects; what others run is theirs to tell', async () => {
  const metrics = createMetrics();
  const connectors = [
    {
      name: 'orders',
      connectorClass: 'C',
      connector: status('RUNNING'),
      tasks: new Map([
        [0, status('FAILED')],
        [1, status('RUNNING', 'there:8083')],
      ]),
    },
  ];
  const worker = { workerId: 'here:8083', version: '0.1.0', commit: 'abc', startedAtMs: 5000 };
  metrics.merge('herder', statusSamples({ connectors, ...worker }));
  const lines = (await metrics.text()).split('\n');
  for (const line of [
    'snowsink_connector_state{connector="orders",state="RUNNING"} 1',
    'snowsink_task_state{connector="orders",task="0",state="FAILED"} 1',
    'kafka_connect_connector_status{connector="orders",status="running"} 1',
    'kafka_connect_connector_metrics{connector="orders",connector_class="C"} 1',
    'kafka_connect_connector_task_status{connector="orders",task="0",status="failed"} 1',
    'kafka_connect_worker_connector_count 1',
    'kafka_connect_connect_worker_metrics_task_count 1',
    'kafka_connect_worker_connector_failed_task_count{connector="orders"} 1',
    'kafka_connect_start_time_seconds 5',
  ]) {
    expect(lines).toContain(line);
  }
  expect(lines.filter((line) => line.includes('task="1"'))).toEqual([]);
});
