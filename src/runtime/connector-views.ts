import { NotFoundError, type TaskId } from '../api/index.ts';
import type { ConfigBackingStore, State, StatusBackingStore, StoredConnector, WorkerStatus } from '../storage/index.ts';
import type {
  ConnectorInfo,
  ConnectorStateInfo,
  TaskInfo,
  TaskState,
  WorkerHealth,
  WorkerState,
} from './connector-info.ts';
import type { ConnectorStatusView } from './status-samples.ts';

/** What is stored of connectors, in the shapes that Connect's clients know. Looking never waits. */
export class ConnectorViews {
  readonly #configs: ConfigBackingStore;
  readonly #statuses: StatusBackingStore;

  constructor(configs: ConfigBackingStore, statuses: StatusBackingStore) {
    this.#configs = configs;
    this.#statuses = statuses;
  }

  /** @throws NotFoundError */
  stored(name: string): StoredConnector {
    const stored = this.#configs.get(name);
    if (stored === null) throw new NotFoundError(`Connector ${name} not found`);
    return stored;
  }

  info(name: string): ConnectorInfo {
    const { config, taskConfigs } = this.stored(name);
    return { name, config, tasks: taskConfigs.map((_, task) => ({ connector: name, task })), type: 'sink' };
  }

  taskInfos(name: string): readonly TaskInfo[] {
    return this.stored(name).taskConfigs.map((config, task) => ({ id: { connector: name, task }, config }));
  }

  status(name: string): ConnectorStateInfo {
    const connector = this.#statuses.get(name)?.connector ?? null;
    const stored = this.#configs.get(name);
    if (connector === null || stored === null) throw new NotFoundError(`No status found for connector ${name}`);
    const tasks = stored.taskConfigs.flatMap((_, id): readonly TaskState[] => {
      const status = this.task({ connector: name, task: id });
      return status === null ? [] : [{ id, ...workerState(status) }];
    });
    return { name, connector: workerState(connector), tasks, type: 'sink' };
  }

  taskStatus(id: TaskId): TaskState {
    const status = this.task(id);
    if (status === null) throw new NotFoundError(`No status found for task ${id.connector}-${id.task}`);
    return { id: id.task, ...workerState(status) };
  }

  /** Null: no such task, or nothing is known of it yet. */
  task({ connector, task }: TaskId): WorkerStatus | null {
    if (this.#configs.get(connector)?.taskConfigs[task] === undefined) return null;
    return this.#statuses.get(connector)?.tasks.get(task) ?? null;
  }

  /** Of all workers' connectors and tasks. */
  statuses(): readonly ConnectorStatusView[] {
    return this.#configs.names().map((name) => {
      const { connector = null, tasks = new Map() } = this.#statuses.get(name) ?? {};
      return { name, connectorClass: this.#configs.get(name)?.config['connector.class'] ?? '', connector, tasks };
    });
  }

  health(openBreakers: Iterable<string>): WorkerHealth {
    const tasks: Partial<Record<State, number>> = {};
    const failed: string[] = [];
    for (const name of this.#configs.names()) {
      const statuses = this.#statuses.get(name);
      if (statuses?.connector?.state === 'FAILED') failed.push(name);
      for (const [task, { state }] of statuses?.tasks ?? []) {
        tasks[state] = (tasks[state] ?? 0) + 1;
        if (state === 'FAILED') failed.push(`${name}-${task}`);
      }
    }
    return { connectors: this.#configs.names().length, tasks, failed, openBreakers: [...openBreakers].sort() };
  }
}

const workerState = ({ state, trace, workerId }: WorkerStatus): WorkerState => ({
  state,
  worker_id: workerId,
  ...(trace === null || trace === '' ? {} : { trace }),
});
