import { isDeepStrictEqual } from 'node:util';
import { ConnectError, type ConnectorConfig, errorMessage, javaTrace, type TaskId } from '../api/index.ts';
import type {
  ConfigBackingStore,
  RestartRequest,
  State,
  Status,
  StatusBackingStore,
  StoredConnector,
} from '../storage/index.ts';
import { taskKey } from './task-state.ts';
import type { Worker } from './worker.ts';
import type { WorkerGroup } from './worker-group.ts';

interface RunningTask {
  readonly id: TaskId;
  readonly config: ConnectorConfig;
  paused: boolean;
}

export interface RunningConnectorsOptions {
  readonly worker: Worker;
  readonly configs: ConfigBackingStore;
  readonly statuses: StatusBackingStore;
  readonly group: WorkerGroup;
  readonly onTaskEnded: (id: TaskId) => void;
}

const unassigned: Status = { state: 'UNASSIGNED', trace: null };
const tasksMaxKey = 'tasks.max';

/**
 * Brings what this worker runs in line with what is stored and what is its own to run, and tells how it is. The herder calls one
 * method at a time.
 */
export class RunningConnectors {
  readonly #worker: Worker;
  readonly #configs: ConfigBackingStore;
  readonly #statuses: StatusBackingStore;
  readonly #group: WorkerGroup;
  readonly #onTaskEnded: (id: TaskId) => void;
  /** By name: the config that the instance was started with, whether it started or not. */
  readonly #instances = new Map<string, ConnectorConfig>();
  readonly #tasks = new Map<string, RunningTask>();
  #workerId = '127.0.0.1:8083';

  constructor({ worker, configs, statuses, group, onTaskEnded }: RunningConnectorsOptions) {
    this.#worker = worker;
    this.#configs = configs;
    this.#statuses = statuses;
    this.#group = group;
    this.#onTaskEnded = onTaskEnded;
  }

  get workerId(): string {
    return this.#workerId;
  }

  set workerId(workerId: string) {
    this.#workerId = workerId;
  }

  isRunning(id: TaskId): boolean {
    return this.#tasks.has(taskKey(id));
  }

  /** All names that are stored or run here. */
  names(): readonly string[] {
    return [...new Set([...this.#configs.names(), ...this.#instances.keys(), ...this.#tasksOf(null).map(nameOf)])];
  }

  async reconcile(name: string): Promise<void> {
    const stored = this.#configs.get(name);
    if (stored === null) return this.#remove(name);
    await this.#endInstance(name, stored);
    const ended = this.#tasksOf(name).filter((running) => !this.#isWanted(running, stored));
    await this.#stopTasks(ended);
    // what went to another worker is that one's to tell of
    const gone = ended.filter(
      ({ id }) => stored.targetState === 'STOPPED' || stored.taskConfigs[id.task] === undefined,
    );
    for (const { id } of gone) this.#statuses.deleteTask(id.connector, id.task);
    if (!this.#instances.has(name) && this.#tasksOf(name).length === 0) await this.#worker.forgetConnector(name);
    if (this.#owns(name)) {
      await this.#lead(name, stored);
      this.#forgetTasksThatAreNoMore(name);
    }
    this.#startTasks(name, stored);
  }

  /** A changed config ends all tasks before it is known how many there will be. */
  #forgetTasksThatAreNoMore(name: string): void {
    const count = this.#configs.get(name)?.taskConfigs.length ?? 0;
    const known = [...(this.#statuses.get(name)?.tasks.keys() ?? [])];
    for (const task of known) if (task >= count) this.#statuses.deleteTask(name, task);
  }

  /** The connector itself, and tasks by their numbers, as far as they run here. */
  async restart(name: string, instance: boolean, tasks: readonly number[]): Promise<void> {
    const stored = this.#configs.get(name);
    if (stored === null) return;
    if (instance) await this.#restartInstance(name, stored);
    await Promise.all(tasks.map((task) => this.restartTask({ connector: name, task })));
  }

  async restartTask(id: TaskId): Promise<void> {
    const stored = this.#configs.get(id.connector);
    const running = this.#tasks.get(taskKey(id));
    const config = stored?.taskConfigs[id.task];
    if (stored === null || running === undefined || config === undefined) return;
    this.markRestarting(id);
    await this.#worker.stopTasks([id]);
    this.#onTaskEnded(id);
    this.#start(id, config, stored.targetState === 'PAUSED');
  }

  /** What a request means here; marked RESTARTING at once, with the old trace still there (Connect's way). */
  planRestart({ connector: name, includeTasks, onlyFailed }: RestartRequest): {
    readonly instance: boolean;
    readonly tasks: readonly number[];
  } {
    const statuses = this.#statuses.get(name);
    const isMeant = (status: Status | null | undefined): boolean => !onlyFailed || status?.state === 'FAILED';
    const instance = this.#owns(name) && isMeant(statuses?.connector);
    const tasks = includeTasks
      ? this.#tasksOf(name)
          .map(({ id }) => id.task)
          .filter((task) => isMeant(statuses?.tasks.get(task)))
      : [];
    if (instance) this.#told(name, 'RESTARTING', statuses?.connector?.trace ?? null);
    for (const task of tasks) this.markRestarting({ connector: name, task });
    return { instance, tasks };
  }

  markRestarting(id: TaskId): void {
    const trace = this.#statuses.get(id.connector)?.tasks.get(id.task)?.trace ?? null;
    this.taskTold(id, { state: 'RESTARTING', trace });
  }

  taskTold({ connector, task }: TaskId, status: Status): void {
    this.#statuses.putTask(connector, task, this.#signed(status));
  }

  /** Drains everything: flush, wait until durable, commit, leave the groups. */
  async stop(): Promise<void> {
    await this.#worker.stop();
    for (const { id } of this.#tasks.values()) this.taskTold(id, unassigned);
    for (const name of this.#instances.keys()) this.#told(name, 'UNASSIGNED');
    this.#tasks.clear();
    this.#instances.clear();
  }

  /** What the connector's owner does. */
  async #lead(name: string, { config, targetState, taskConfigs }: StoredConnector): Promise<void> {
    if (targetState === 'STOPPED') {
      this.#tell(name, 'STOPPED');
      if (taskConfigs.length > 0) await this.#configs.putTaskConfigs(name, []);
      return;
    }
    if (this.#instances.has(name)) return this.#tellTarget(name, targetState);
    // made paused: no tasks until resumed
    if (targetState === 'PAUSED' && taskConfigs.length === 0) return this.#tell(name, 'PAUSED');
    await this.#startInstance(name, config);
    this.#tellTarget(name, targetState);
  }

  async #startInstance(name: string, config: ConnectorConfig): Promise<void> {
    this.#instances.set(name, config);
    try {
      const resolved = await this.#worker.plugins.resolve(this.#worker.settings, config);
      const maxTasks = Number(resolved[tasksMaxKey] ?? '1');
      const taskClass = (config['connector.class'] ?? '').replace(/Connector$/, 'Task');
      const taskConfigs = (await this.#worker.startConnector(name, config, maxTasks)).map((taskConfig) => ({
        ...taskConfig,
        'task.class': taskClass,
      }));
      this.#told(name, 'RUNNING');
      if (!isDeepStrictEqual(taskConfigs, this.#configs.get(name)?.taskConfigs)) {
        await this.#configs.putTaskConfigs(name, taskConfigs);
      }
    } catch (error) {
      const failure = new ConnectError(`Failed to start connector: ${name}`, { cause: error });
      this.#worker.ports.logger.error({ connector: name }, `${failure.message}: ${errorMessage(error)}`);
      this.#told(name, 'FAILED', javaTrace(failure));
    }
  }

  async #restartInstance(name: string, { config, targetState, taskConfigs }: StoredConnector): Promise<void> {
    if (!this.#owns(name)) return;
    if (targetState === 'STOPPED') return this.#told(name, 'STOPPED');
    if (targetState === 'PAUSED' && taskConfigs.length === 0) return this.#told(name, 'PAUSED');
    await this.#worker.stopConnector(name);
    await this.#startInstance(name, config);
    this.#tellTarget(name, targetState);
  }

  /** A changed config, STOPPED, or another worker's turn. */
  async #endInstance(name: string, { config, targetState }: StoredConnector): Promise<void> {
    const startedWith = this.#instances.get(name);
    if (startedWith === undefined) return;
    const isChanged = startedWith !== config;
    if (!isChanged && targetState !== 'STOPPED' && this.#owns(name)) return;
    if (isChanged) await this.#stopTasks(this.#tasksOf(name));
    this.#instances.delete(name);
    await this.#worker.stopConnector(name);
  }

  #isWanted({ id, config }: RunningTask, { targetState, taskConfigs }: StoredConnector): boolean {
    const wanted = taskConfigs[id.task];
    return targetState !== 'STOPPED' && this.#group.owns(id) && isDeepStrictEqual(wanted, config);
  }

  /** By what is stored now: the owner may just have made other tasks, whose turn then comes with the store's word of them. */
  #startTasks(name: string, { targetState, taskConfigs }: StoredConnector): void {
    if (targetState === 'STOPPED' || this.#configs.get(name)?.taskConfigs !== taskConfigs) return;
    const paused = targetState === 'PAUSED';
    for (const [task, config] of taskConfigs.entries()) {
      const id = { connector: name, task };
      const running = this.#tasks.get(taskKey(id));
      if (running === undefined) {
        if (!this.#group.owns(id)) continue;
        this.taskTold(id, unassigned);
        this.#start(id, config, paused);
      } else if (running.paused !== paused) {
        running.paused = paused;
        this.#worker.setPaused(id, paused);
      }
    }
  }

  #start(id: TaskId, config: ConnectorConfig, paused: boolean): void {
    this.#tasks.set(taskKey(id), { id, config, paused });
    this.#worker.startTask({ id, config, paused });
  }

  async #stopTasks(tasks: readonly RunningTask[]): Promise<void> {
    await this.#worker.stopTasks(tasks.map(({ id }) => id));
    for (const { id } of tasks) {
      this.#tasks.delete(taskKey(id));
      this.#onTaskEnded(id);
    }
  }

  async #remove(name: string): Promise<void> {
    const tasks = this.#tasksOf(name);
    await this.#stopTasks(tasks);
    for (const { id } of tasks) this.#statuses.deleteTask(name, id.task);
    this.#instances.delete(name);
    await this.#worker.stopConnector(name);
    await this.#worker.forgetConnector(name);
    if (this.#owns(name)) this.#statuses.delete(name);
  }

  #tasksOf(name: string | null): readonly RunningTask[] {
    return [...this.#tasks.values()].filter(({ id }) => name === null || id.connector === name);
  }

  #owns(name: string): boolean {
    return this.#group.owns({ connector: name, task: 0 });
  }

  #tellTarget(name: string, targetState: 'STARTED' | 'PAUSED' | 'STOPPED'): void {
    if (this.#statuses.get(name)?.connector?.state === 'FAILED') return;
    this.#tell(name, targetState === 'PAUSED' ? 'PAUSED' : 'RUNNING');
  }

  /** Only where it is news: stores may be topics. */
  #tell(name: string, state: State): void {
    const known = this.#statuses.get(name)?.connector;
    if (known?.state !== state || known.workerId !== this.#workerId) this.#told(name, state);
  }

  #told(name: string, state: State, trace: string | null = null): void {
    this.#statuses.putConnector(name, this.#signed({ state, trace }));
  }

  #signed(status: Status): Status & { readonly workerId: string; readonly generation: number } {
    return { ...status, workerId: this.#workerId, generation: this.#group.generation };
  }
}

const nameOf = ({ id }: RunningTask): string => id.connector;
