import {
  AlreadyExistsError,
  ConnectError,
  type ConnectorConfig,
  errorMessage,
  javaTrace,
  NotFoundError,
  type TaskId,
} from '../api/index.ts';
import {
  type ConfigBackingStore,
  MemoryConfigBackingStore,
  MemoryStatusBackingStore,
  type State,
  type Status,
  type StatusBackingStore,
  type StoredConnector,
  states,
  type TargetState,
} from '../storage/index.ts';
import type {
  ConnectorInfo,
  ConnectorOffsets,
  ConnectorStateInfo,
  PluginInfo,
  ServerInfo,
  TaskInfo,
  TaskState,
  WorkerHealth,
  WorkerState,
} from './connector-info.ts';
import { taskKey } from './task-state.ts';
import { validateConnectorConfig } from './validate-connector-config.ts';
import { Worker, type WorkerOptions } from './worker.ts';

export interface HerderOptions extends WorkerOptions {
  readonly version: string;
  readonly commit: string;
  readonly configs?: ConfigBackingStore;
  readonly statuses?: StatusBackingStore;
}

const unassigned: Status = { state: 'UNASSIGNED', trace: null };
const tasksMaxKey = 'tasks.max';

/**
 * org.apache.kafka.connect.runtime.standalone.StandaloneHerder: the one place that decides what runs. Changes are made one after the
 * other in the order of their requests; looking never waits. Configs are kept exactly as they were given.
 */
export class StandaloneHerder {
  readonly #worker: Worker;
  readonly #configs: ConfigBackingStore;
  readonly #statuses: StatusBackingStore;
  readonly #server: { readonly version: string; readonly commit: string };
  #clusterId = '';
  #workerId = '127.0.0.1:8083';
  #ready = false;
  /** `orders-0 ingest` */
  readonly #openBreakers = new Set<string>();
  #changes: Promise<unknown> = Promise.resolve();

  constructor(options: HerderOptions) {
    this.#server = { version: options.version, commit: options.commit };
    this.#configs = options.configs ?? new MemoryConfigBackingStore();
    this.#statuses = options.statuses ?? new MemoryStatusBackingStore();
    this.#worker = new Worker(options, {
      onStatus: (id, status) => this.#taskChanged(id, status),
      onBreaker: (id, endpoint, isOpen) => this.#breakerChanged(id, endpoint, isOpen),
    });
  }

  /** Asks Kafka who it is. Rejects with a ConnectError for people where the brokers cannot be reached. */
  async start(): Promise<void> {
    const { ports, settings } = this.#worker;
    const admin = await ports.createAdmin({ properties: settings.properties, logger: ports.logger });
    try {
      this.#clusterId = await admin.clusterId();
    } finally {
      await admin.close();
    }
    this.#ready = true;
  }

  /** host:port under which others reach this worker's REST API: the `worker_id` of every status. */
  advertise(workerId: string): void {
    this.#workerId = workerId;
  }

  get isReady(): boolean {
    return this.#ready;
  }

  serverInfo(): ServerInfo {
    return { ...this.#server, kafka_cluster_id: this.#clusterId };
  }

  connectors(): readonly string[] {
    return this.#configs.names();
  }

  connectorInfo(name: string): ConnectorInfo {
    const { config, taskConfigs } = this.#stored(name);
    return { name, config, tasks: taskConfigs.map((_, task) => ({ connector: name, task })), type: 'sink' };
  }

  /** Connect's shape; `task.class` is what clients expect beside the config. */
  taskInfos(name: string): readonly TaskInfo[] {
    const { config, taskConfigs } = this.#stored(name);
    const taskClass = (config['connector.class'] ?? '').replace(/Connector$/, 'Task');
    return taskConfigs.map((taskConfig, task) => ({
      id: { connector: name, task },
      config: { ...taskConfig, 'task.class': taskClass },
    }));
  }

  connectorStatus(name: string): ConnectorStateInfo {
    const statuses = this.#statuses.get(name);
    if (statuses === null) throw new NotFoundError(`No status found for connector ${name}`);
    const tasks = [...statuses.tasks]
      .sort(([a], [b]) => a - b)
      .map(([id, status]): TaskState => ({ id, ...this.#workerState(status) }));
    return { name, connector: this.#workerState(statuses.connector), tasks, type: 'sink' };
  }

  taskStatus({ connector, task }: TaskId): TaskState {
    const status = this.#statuses.get(connector)?.tasks.get(task);
    if (status === undefined) throw new NotFoundError(`No status found for task ${connector}-${task}`);
    return { id: task, ...this.#workerState(status) };
  }

  health(): WorkerHealth {
    const tasks: Partial<Record<State, number>> = {};
    const failed: string[] = [];
    for (const name of this.#configs.names()) {
      const statuses = this.#statuses.get(name);
      if (statuses?.connector.state === 'FAILED') failed.push(name);
      for (const [task, { state }] of statuses?.tasks ?? []) {
        tasks[state] = (tasks[state] ?? 0) + 1;
        if (state === 'FAILED') failed.push(`${name}-${task}`);
      }
    }
    return { connectors: this.#configs.names().length, tasks, failed, openBreakers: [...this.#openBreakers].sort() };
  }

  /** Creates or (with `replace`) updates. `config` is kept as it is, `name` apart, which is put in where it is missing. */
  putConnectorConfig(
    name: string,
    given: ConnectorConfig,
    { replace, targetState }: { readonly replace: boolean; readonly targetState?: TargetState },
  ): Promise<{ readonly created: boolean; readonly info: ConnectorInfo }> {
    return this.#change(async () => {
      const config = 'name' in given ? given : { ...given, name };
      await validateConnectorConfig(this.#worker.settings, this.#worker.plugins, config);
      const present = this.#configs.get(name);
      if (present !== null && !replace) throw new AlreadyExistsError(`Connector ${name} already exists`);
      await this.#replaceConfig(name, config, targetState ?? present?.targetState ?? 'STARTED');
      return { created: present === null, info: this.connectorInfo(name) };
    });
  }

  /** KIP-477: what is given replaces, null removes, all else stays. The whole is validated; the connector keeps its name. */
  patchConnectorConfig(name: string, patch: Readonly<Record<string, string | null>>): Promise<ConnectorInfo> {
    return this.#change(async () => {
      const { config, targetState } = this.#stored(name);
      const patched: Record<string, string> = { ...config };
      for (const [key, value] of Object.entries(patch)) {
        if (value === null) delete patched[key];
        else patched[key] = value;
      }
      await validateConnectorConfig(this.#worker.settings, this.#worker.plugins, patched);
      await this.#replaceConfig(name, patched, targetState);
      return this.connectorInfo(name);
    });
  }

  /** The offsets that the connector's consumer group has committed; a partition without one is left out. */
  async connectorOffsets(name: string): Promise<ConnectorOffsets> {
    const { config } = this.#stored(name);
    const { plugins, settings, ports } = this.#worker;
    const resolved = await plugins.resolve(settings, config);
    const properties = plugins.taskProperties(settings, resolved, { connector: name, task: 0 });
    const admin = await ports.createAdmin({ properties: properties.admin, logger: ports.logger });
    try {
      const committed = await admin.committedOffsets(properties.consumer['group.id'] ?? '');
      return {
        offsets: committed.map(({ topic, partition, offset }) => ({
          partition: { kafka_partition: partition, kafka_topic: topic },
          offset: { kafka_offset: offset },
        })),
      };
    } finally {
      await admin.close();
    }
  }

  /** Connectors only, or everything that a config may name, in Connect's order. */
  pluginInfos({ connectorsOnly }: { readonly connectorsOnly: boolean }): readonly PluginInfo[] {
    const { plugins } = this.#worker;
    const connectors = plugins
      .connectors()
      .map(({ javaClass, version }): PluginInfo => ({ class: javaClass, type: 'sink', version }));
    return connectorsOnly ? connectors : [...connectors, ...plugins.others()];
  }

  deleteConnector(name: string): Promise<void> {
    return this.#change(async () => {
      await this.#stop(name, this.#stored(name));
      await this.#configs.delete(name);
      this.#statuses.delete(name);
      for (const state of states) {
        this.#worker.ports.metrics.remove('snowsink_connector_state', { connector: name, state });
      }
    });
  }

  pauseConnector(name: string): Promise<void> {
    return this.#setTarget(name, 'PAUSED');
  }

  resumeConnector(name: string): Promise<void> {
    return this.#setTarget(name, 'STARTED');
  }

  /** KIP-875: tasks end, the group's offsets stay, the list of tasks is empty until `resume`. */
  stopConnector(name: string): Promise<void> {
    return this.#setTarget(name, 'STOPPED');
  }

  /** The connector itself, not its tasks (Connect's rule since ever). */
  restartConnector(name: string): Promise<void> {
    return this.#change(async () => {
      this.#known(name);
      await this.#restartInstance(name);
    });
  }

  /** KIP-745: answers at once with what will restart marked RESTARTING, and restarts behind the answer. */
  async restartConnectorAndTasks(
    name: string,
    { includeTasks, onlyFailed }: { readonly includeTasks: boolean; readonly onlyFailed: boolean },
  ): Promise<ConnectorStateInfo> {
    if (this.#configs.get(name) === null) throw new NotFoundError(`Unknown connector: ${name}`);
    const statuses = this.#statuses.get(name);
    if (statuses === null) throw new NotFoundError(`Status for connector ${name} not found`);
    const isMeant = ({ state }: Status): boolean => !onlyFailed || state === 'FAILED';
    const instance = isMeant(statuses.connector);
    const tasks = includeTasks ? [...statuses.tasks].filter(([, status]) => isMeant(status)).map(([task]) => task) : [];
    if (instance) this.#statuses.putConnector(name, { ...statuses.connector, state: 'RESTARTING' });
    for (const task of tasks) this.#markRestarting(name, task);
    this.#change(async () => {
      if (this.#configs.get(name) === null) return;
      if (instance) await this.#restartInstance(name);
      await Promise.all(tasks.map((task) => this.#restartTask({ connector: name, task })));
    }).catch((error: unknown) =>
      this.#worker.ports.logger.error({ connector: name }, `Restart failed: ${errorMessage(error)}`),
    );
    return this.connectorStatus(name);
  }

  restartTask(id: TaskId): Promise<void> {
    return this.#change(async () => {
      const { taskConfigs } = this.#known(id.connector);
      if (taskConfigs[id.task] === undefined) throw new NotFoundError(`Unknown task: ${id.connector}-${id.task}`);
      await this.#restartTask(id);
    });
  }

  /** Drains everything: flush, wait until durable, commit, leave the groups. */
  async stop(): Promise<void> {
    await this.#change(() => this.#worker.stop());
  }

  #setTarget(name: string, targetState: TargetState): Promise<void> {
    return this.#change(async () => {
      const stored = this.#configs.get(name);
      if (stored === null) throw new NotFoundError(`Unknown connector ${name}`);
      if (stored.targetState === targetState) return;
      if (targetState === 'STOPPED') await this.#stop(name, stored);
      await this.#configs.put(name, { ...this.#stored(name), targetState });
      if (stored.targetState === 'STOPPED' || targetState === 'STOPPED' || stored.taskConfigs.length === 0) {
        await this.#run(name);
        return;
      }
      this.#connectorChanged(name, targetState === 'PAUSED' ? 'PAUSED' : 'RUNNING');
      for (const id of this.#taskIds(name)) this.#worker.setPaused(id, targetState === 'PAUSED');
    });
  }

  async #replaceConfig(name: string, config: ConnectorConfig, targetState: TargetState): Promise<void> {
    const present = this.#configs.get(name);
    if (present !== null) await this.#stop(name, present);
    await this.#configs.put(name, { config, targetState, taskConfigs: [] });
    await this.#run(name);
  }

  /** Brings what runs in line with the stored target state, from nothing. A connector made paused has no tasks until resumed. */
  async #run(name: string): Promise<void> {
    const { config, targetState } = this.#stored(name);
    if (targetState === 'STOPPED') return this.#connectorChanged(name, 'STOPPED');
    if (targetState === 'PAUSED') return this.#connectorChanged(name, 'PAUSED');
    const taskConfigs = await this.#startInstance(name, config);
    await this.#configs.put(name, { config, targetState, taskConfigs });
    taskConfigs.forEach((taskConfig, task) => {
      this.#statuses.putTask(name, task, unassigned);
      this.#worker.startTask({ id: { connector: name, task }, config: taskConfig, paused: false });
    });
  }

  async #startInstance(name: string, config: ConnectorConfig): Promise<readonly ConnectorConfig[]> {
    try {
      const resolved = await this.#worker.plugins.resolve(this.#worker.settings, config);
      const maxTasks = Number(resolved[tasksMaxKey] ?? '1');
      const taskConfigs = await this.#worker.startConnector(name, config, maxTasks);
      this.#connectorChanged(name, 'RUNNING');
      return taskConfigs;
    } catch (error) {
      const failure = new ConnectError(`Failed to start connector: ${name}`, { cause: error });
      this.#worker.ports.logger.error({ connector: name }, `${failure.message}: ${errorMessage(error)}`);
      this.#connectorChanged(name, 'FAILED', javaTrace(failure));
      return [];
    }
  }

  async #stop(name: string, { targetState }: StoredConnector): Promise<void> {
    const tasks = this.#taskIds(name);
    await this.#worker.stopTasks(tasks);
    for (const id of tasks) this.#forgetBreakers(id);
    this.#statuses.truncateTasks(name, 0);
    await this.#worker.stopConnector(name);
    await this.#configs.put(name, { ...this.#stored(name), targetState, taskConfigs: [] });
  }

  async #restartInstance(name: string): Promise<void> {
    const { config, targetState } = this.#stored(name);
    if (targetState === 'STOPPED') return this.#connectorChanged(name, 'STOPPED');
    await this.#worker.stopConnector(name);
    await this.#startInstance(name, config);
    if (targetState === 'PAUSED' && this.#statuses.get(name)?.connector.state === 'RUNNING') {
      this.#connectorChanged(name, 'PAUSED');
    }
  }

  async #restartTask(id: TaskId): Promise<void> {
    const { taskConfigs, targetState } = this.#stored(id.connector);
    const config = taskConfigs[id.task];
    if (config === undefined) return;
    this.#markRestarting(id.connector, id.task);
    await this.#worker.stopTasks([id]);
    this.#forgetBreakers(id);
    this.#worker.startTask({ id, config, paused: targetState === 'PAUSED' });
  }

  #markRestarting(name: string, task: number): void {
    const trace = this.#statuses.get(name)?.tasks.get(task)?.trace ?? null;
    this.#statuses.putTask(name, task, { state: 'RESTARTING', trace });
  }

  #taskIds(name: string): readonly TaskId[] {
    return (this.#configs.get(name)?.taskConfigs ?? []).map((_, task) => ({ connector: name, task }));
  }

  #taskChanged(id: TaskId, status: Status): void {
    const exists = this.#configs.get(id.connector)?.taskConfigs[id.task] !== undefined;
    if (exists) this.#statuses.putTask(id.connector, id.task, status);
    if (status.state === 'FAILED') this.#forgetBreakers(id);
  }

  /** A task that has ended has no breakers. */
  #forgetBreakers(id: TaskId): void {
    for (const breaker of this.#openBreakers) {
      if (breaker.startsWith(`${taskKey(id)} `)) this.#openBreakers.delete(breaker);
    }
  }

  #breakerChanged(id: TaskId, endpoint: string, isOpen: boolean): void {
    const breaker = `${taskKey(id)} ${endpoint}`;
    if (isOpen) this.#openBreakers.add(breaker);
    else this.#openBreakers.delete(breaker);
  }

  #connectorChanged(name: string, state: State, trace: string | null = null): void {
    this.#statuses.putConnector(name, { state, trace });
    for (const other of states) {
      const labels = { connector: name, state: other };
      if (other === state) this.#worker.ports.metrics.set('snowsink_connector_state', labels, 1);
      else this.#worker.ports.metrics.remove('snowsink_connector_state', labels);
    }
  }

  #workerState({ state, trace }: Status): WorkerState {
    return { state, worker_id: this.#workerId, ...(trace === null || trace === '' ? {} : { trace }) };
  }

  #stored(name: string): StoredConnector {
    const stored = this.#configs.get(name);
    if (stored === null) throw new NotFoundError(`Connector ${name} not found`);
    return stored;
  }

  #known(name: string): StoredConnector {
    const stored = this.#configs.get(name);
    if (stored === null) throw new NotFoundError(`Unknown connector: ${name}`);
    return stored;
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#changes.then(work);
    this.#changes = result.catch(() => {});
    return result;
  }
}
