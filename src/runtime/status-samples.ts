import type { Sample } from '../metrics/index.ts';
import type { State, WorkerStatus } from '../storage/index.ts';

/** What the store says of a connector. */
export interface ConnectorStatusView {
  readonly name: string;
  readonly connectorClass: string;
  readonly connector: WorkerStatus | null;
  /** By number. */
  readonly tasks: ReadonlyMap<number, WorkerStatus>;
}

export interface StatusSamplesOptions {
  /** All that the stores hold. */
  readonly connectors: readonly ConnectorStatusView[];
  /** Only what this worker runs is told, or a scrape of all workers would count it twice. */
  readonly workerId: string;
  readonly version: string;
  readonly commit: string;
  readonly startedAtMs: number;
}

type Labels = Readonly<Record<string, string>>;

const taskStates = ['running', 'paused', 'failed', 'unassigned', 'destroyed', 'restarting'] as const;
const lower = (state: State): string => state.toLowerCase();

/**
 * How connectors and tasks are: ours, and Connect's connector-metrics, connector-task-metrics and connect-worker-metrics, whose texts
 * exporters turn into gauges of value 1 with the text in a label. Made by the main thread when somebody looks.
 */
export const statusSamples = (options: StatusSamplesOptions): readonly Sample[] => {
  const { workerId, version, commit, startedAtMs } = options;
  const samples = new Map<string, { readonly labels: Labels; readonly value: number }[]>();
  const add = (name: string, labels: Labels, value = 1): void => {
    samples.set(name, [...(samples.get(name) ?? []), { labels, value }]);
  };
  const own = options.connectors.map((view) => ({
    ...view,
    connector: view.connector?.workerId === workerId ? view.connector : null,
    tasks: [...view.tasks].filter(([, status]) => status.workerId === workerId),
  }));
  for (const { name: connector, connectorClass, connector: status, tasks } of own) {
    if (status !== null) {
      add('snowsink_connector_state', { connector, state: status.state });
      add('kafka_connect_connector_status', { connector, status: lower(status.state) });
      const texts = { connector_class: connectorClass, connector_type: 'sink', connector_version: version };
      add('kafka_connect_connector_metrics', { connector, status: lower(status.state) });
      for (const [text, value] of Object.entries(texts)) {
        add('kafka_connect_connector_metrics', { connector, [text]: value });
        add(`kafka_connect_connector_${text}`, { connector, [text]: value });
      }
    }
    for (const [number, { state }] of tasks) {
      const task = String(number);
      add('snowsink_task_state', { connector, task, state });
      add('kafka_connect_connector_task_status', { connector, task, status: lower(state) });
      add('kafka_connect_connector_task_metrics', { connector, task, status: lower(state) });
    }
    if (status === null && tasks.length === 0) continue;
    add('kafka_connect_connect_worker_metrics_connector_total_task_count', { connector }, tasks.length);
    for (const state of taskStates) {
      const count = tasks.filter(([, task]) => lower(task.state) === state).length;
      add(`kafka_connect_connect_worker_metrics_connector_${state}_task_count`, { connector }, count);
    }
  }
  const instances = own.filter(({ connector }) => connector !== null).length;
  const taskCount = own.reduce((count, { tasks }) => count + tasks.length, 0);
  add('kafka_connect_connect_worker_metrics_connector_count', {}, instances);
  add('kafka_connect_connect_worker_metrics_task_count', {}, taskCount);
  add('kafka_connect_version_info', { clientId: 'connect-1', version });
  add('kafka_connect_start_time_seconds', {}, startedAtMs / 1000);
  add('kafka_connect_app_info', { version, commit_id: commit, start_time_ms: String(Math.round(startedAtMs)) });
  return [...samples].map(([name, values]) => ({
    name,
    help: helpOf(name),
    type: 'gauge',
    aggregator: 'first',
    values,
  }));
};

const helpOf = (name: string): string =>
  name.startsWith('snowsink_') ? '1 for the state that it is in.' : 'As Kafka Connect’s JMX metrics have it.';
