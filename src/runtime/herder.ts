import {
  AlreadyExistsError,
  BadRequestError,
  ConnectError,
  type ConnectorConfig,
  errorMessage,
  NotFoundError,
  type TaskId,
} from '../api/index.ts';
import {
  type ConfigBackingStore,
  MemoryConfigBackingStore,
  MemoryStatusBackingStore,
  type RestartRequest,
  type StatusBackingStore,
  type TargetState,
} from '../storage/index.ts';
import type {
  ConnectorInfo,
  ConnectorOffsets,
  ConnectorStateInfo,
  ServerInfo,
  TaskInfo,
  TaskState,
  WorkerHealth,
} from './connector-info.ts';
import { ConnectorOffsetsAdmin } from './connector-offsets-admin.ts';
import { ConnectorPluginsView } from './connector-plugins-view.ts';
import { ConnectorViews } from './connector-views.ts';
import { OpenBreakers } from './open-breakers.ts';
import { parseSinkOffsets, type SinkOffsetEntry } from './parse-sink-offsets.ts';
import { RunningConnectors } from './running-connectors.ts';
import { statusSamples } from './status-samples.ts';
import { type Status, taskKey } from './task-state.ts';
import { validateConnectorConfig } from './validate-connector-config.ts';
import type { GivenConfig } from './validated-config.ts';
import { Worker, type WorkerOptions } from './worker.ts';
import { soleWorker, type WorkerGroup } from './worker-group.ts';

export interface HerderOptions extends WorkerOptions {
  readonly version: string;
  readonly commit: string;
  /** Left out: in memory, as Connect's standalone mode. */
  readonly configs?: ConfigBackingStore;
  readonly statuses?: StatusBackingStore;
  /** Left out: everything is this worker's to run. */
  readonly group?: WorkerGroup;
}

/**
 * org.apache.kafka.connect.runtime.Herder, for both modes: they differ in where configs and statuses are stored, and in what part of the
 * work is this worker's. A request changes the store; what the store then tells is brought about, here and by the other workers, one
 * change after the other. Configs are kept exactly as they were given.
 */
export class Herder {
  readonly #worker: Worker;
  readonly #configs: ConfigBackingStore;
  readonly #statuses: StatusBackingStore;
  readonly #group: WorkerGroup;
  readonly #views: ConnectorViews;
  readonly #running: RunningConnectors;
  readonly #offsets: ConnectorOffsetsAdmin;
  readonly #server: { readonly version: string; readonly commit: string };
  #clusterId = '';
  readonly #startedAtMs: number;
  readonly #started = Promise.withResolvers<void>();
  #ready = false;
  readonly #breakers = new OpenBreakers();
  #changes: Promise<unknown> = Promise.resolve();

  constructor(options: HerderOptions) {
    this.#server = { version: options.version, commit: options.commit };
    this.#startedAtMs = options.ports.clock.now();
    this.#configs = options.configs ?? new MemoryConfigBackingStore();
    this.#statuses = options.statuses ?? new MemoryStatusBackingStore();
    this.#group = options.group ?? soleWorker;
    this.#worker = new Worker(options, {
      onStatus: (id, status) => this.#taskChanged(id, status),
      onBreaker: (id, endpoint, isOpen) => this.#breakers.changed(id, endpoint, isOpen),
      onTopic: (id, topic) => this.#topicRead(id, topic),
    });
    const [worker, configs, statuses, group] = [this.#worker, this.#configs, this.#statuses, this.#group];
    this.#views = new ConnectorViews(configs, statuses);
    this.#running = new RunningConnectors({
      ...{ worker, configs, statuses, group },
      onTaskEnded: (id) => this.#breakers.forget(id),
    });
    this.#offsets = new ConnectorOffsetsAdmin(worker);
  }

  /** Asks Kafka who it is, then reads what is stored. Rejects with a ConnectError for people where the brokers cannot be reached. */
  async start(): Promise<void> {
    const { ports, settings } = this.#worker;
    const admin = await ports.createAdmin({ properties: settings.properties, logger: ports.logger });
    try {
      this.#clusterId = await admin.clusterId();
    } finally {
      await admin.close();
    }
    await this.#statuses.start();
    await this.#configs.start({
      onConnector: (name) => this.#reconcile(name),
      onRestart: (request) => this.#restart(request),
      onTaskRestart: (id) => this.#inBackground(`Restart of task ${taskKey(id)}`, () => this.#running.restartTask(id)),
      onLoggerLevel: (logger, level) => this.#worker.setLoggerLevel(logger, level),
    });
    await this.#group.start(() => this.#reconcileAll());
    this.#reconcileAll();
    this.#ready = true;
    this.#started.resolve();
  }

  /** host:port under which others reach this worker's REST API: the `worker_id` of every status. */
  advertise(workerId: string): void {
    this.#running.workerId = workerId;
  }

  get isReady(): boolean {
    return this.#ready;
  }

  /** Until then no stored connector is known. Rejects where the worker stops before. */
  whenReady(): Promise<void> {
    return this.#started.promise;
  }

  serverInfo(): ServerInfo {
    return { ...this.#server, kafka_cluster_id: this.#clusterId };
  }

  connectors(): readonly string[] {
    return this.#configs.names();
  }

  connectorInfo(name: string): ConnectorInfo {
    return this.#views.info(name);
  }

  taskInfos(name: string): readonly TaskInfo[] {
    return this.#views.taskInfos(name);
  }

  connectorStatus(name: string): ConnectorStateInfo {
    return this.#views.status(name);
  }

  taskStatus(id: TaskId): TaskState {
    return this.#views.taskStatus(id);
  }

  health(): WorkerHealth {
    return this.#views.health(this.#breakers.open);
  }

  /** Prometheus text of all threads, and how connectors and tasks are. */
  metricsText(): Promise<string> {
    const { metrics } = this.#worker.ports;
    const { workerId } = this.#running;
    const connectors = this.#views.statuses();
    metrics.merge('herder', statusSamples({ connectors, workerId, ...this.#server, startedAtMs: this.#startedAtMs }));
    return metrics.text();
  }

  /** Creates or (with `replace`) updates. `config` is kept as it is, `name` apart, which is put in where it is missing. */
  async putConnectorConfig(
    name: string,
    given: GivenConfig,
    { replace, targetState }: { readonly replace: boolean; readonly targetState?: TargetState },
  ): Promise<{ readonly created: boolean; readonly info: ConnectorInfo }> {
    const created = await this.#change(async () => {
      const named = 'name' in given ? given : { ...given, name };
      const config = await validateConnectorConfig(this.#worker.settings, this.#worker.plugins, named);
      const present = this.#configs.get(name);
      if (present !== null && !replace) throw new AlreadyExistsError(`Connector ${name} already exists`);
      await this.#configs.putConnector(name, config, targetState ?? present?.targetState ?? 'STARTED');
      return present === null;
    });
    return { created, info: this.connectorInfo(name) };
  }

  /** KIP-477: what is given replaces, null removes, all else stays. The whole is validated; the connector keeps its name. */
  async patchConnectorConfig(name: string, patch: Readonly<Record<string, string | null>>): Promise<ConnectorInfo> {
    await this.#change(async () => {
      const { config, targetState } = this.#views.stored(name);
      const patched: Record<string, string> = { ...config };
      for (const [key, value] of Object.entries(patch)) {
        if (value === null) delete patched[key];
        else patched[key] = value;
      }
      await validateConnectorConfig(this.#worker.settings, this.#worker.plugins, patched);
      await this.#configs.putConnector(name, patched, targetState);
    });
    return this.connectorInfo(name);
  }

  /** The offsets that the connector's consumer group has committed; a partition without one is left out. */
  async connectorOffsets(name: string): Promise<ConnectorOffsets> {
    return this.#offsets.committed(name, this.#views.stored(name).config);
  }

  /** KIP-875: the next start reads from there. Answers what was done, for people. */
  alterConnectorOffsets(name: string, entries: readonly SinkOffsetEntry[]): Promise<string> {
    return this.#change(async () => {
      const config = this.#stoppedConfig(name);
      return this.#offsets.alter(name, config, parseSinkOffsets(entries));
    });
  }

  /** KIP-875: the next start reads as a new connector would. */
  resetConnectorOffsets(name: string): Promise<string> {
    return this.#change(() => this.#offsets.reset(name, this.#stoppedConfig(name)));
  }

  /** KIP-558: topics that the connector has read since it was made or the list was reset. */
  connectorTopics(name: string): readonly string[] {
    return this.#statuses.topics(name);
  }

  resetConnectorTopics(name: string): void {
    this.#statuses.deleteTopics(name);
  }

  /** Of the worker's own properties: what REST must know of them. */
  workerProperty(key: string): string | undefined {
    return this.#worker.settings.properties[key];
  }

  /** KIP-495: names with their levels. */
  get loggers(): Worker['loggers'] {
    return this.#worker.loggers;
  }

  setLoggerLevel(logger: string, level: string): readonly string[] {
    return this.#worker.setLoggerLevel(logger, level);
  }

  /** KIP-976: on every worker. */
  setClusterLoggerLevel(logger: string, level: string): Promise<void> {
    return this.#configs.putLoggerLevel(logger, level);
  }

  /** What `/connector-plugins` tells. */
  get plugins(): ConnectorPluginsView {
    return new ConnectorPluginsView(this.#worker.settings, this.#worker.plugins);
  }

  deleteConnector(name: string): Promise<void> {
    return this.#change(() => this.#configs.delete(this.#views.info(name).name));
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
      this.#checkKnown(name);
      await this.#configs.requestRestart({ connector: name, includeTasks: false, onlyFailed: false });
    });
  }

  /** KIP-745: answers at once with what will restart marked RESTARTING, and restarts behind the answer. */
  async restartConnectorAndTasks(
    name: string,
    flags: { readonly includeTasks: boolean; readonly onlyFailed: boolean },
  ): Promise<ConnectorStateInfo> {
    this.#checkKnown(name);
    if ((this.#statuses.get(name)?.connector ?? null) === null) {
      throw new NotFoundError(`Status for connector ${name} not found`);
    }
    const { connector, tasks, ...status } = this.connectorStatus(name);
    const restarting = <T extends { readonly state: string }>(part: T, isMeant: boolean) =>
      isMeant && (!flags.onlyFailed || part.state === 'FAILED') ? { ...part, state: 'RESTARTING' as const } : part;
    await this.#configs.requestRestart({ connector: name, ...flags });
    return {
      ...status,
      connector: restarting(connector, true),
      tasks: tasks.map((task) => restarting(task, flags.includeTasks)),
    };
  }

  restartTask(id: TaskId): Promise<void> {
    return this.#change(async () => {
      this.#checkKnown(id.connector);
      const { taskConfigs } = this.#views.stored(id.connector);
      if (taskConfigs[id.task] === undefined) throw new NotFoundError(`Unknown task: ${taskKey(id)}`);
      await this.#configs.requestTaskRestart(id);
    });
  }

  /** Drains everything: flush, wait until durable, commit, leave the groups. */
  async stop(): Promise<void> {
    this.#ready = false;
    this.#started.promise.catch(() => undefined); // where nobody waits
    this.#started.reject(new ConnectError('The worker is stopping.'));
    await this.#inTurn(() => this.#running.stop());
    await this.#group.stop();
    await this.#configs.stop();
    await this.#statuses.stop();
  }

  #setTarget(name: string, targetState: TargetState): Promise<void> {
    return this.#change(async () => {
      const stored = this.#configs.get(name);
      if (stored === null) throw new NotFoundError(`Unknown connector ${name}`);
      if (stored.targetState !== targetState) await this.#configs.putTargetState(name, targetState);
    });
  }

  #stoppedConfig(name: string): ConnectorConfig {
    const { config, targetState, taskConfigs } = this.#views.stored(name);
    if (targetState === 'STOPPED' && taskConfigs.length === 0) return config;
    throw new BadRequestError(
      'Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified ' +
        `connector by issuing a 'PUT' request to the '/connectors/${name}/stop' endpoint`,
    );
  }

  #checkKnown(name: string): void {
    if (this.#configs.get(name) === null) throw new NotFoundError(`Unknown connector: ${name}`);
  }

  #reconcile(name: string): void {
    this.#inBackground(`Connector ${name}`, () => this.#running.reconcile(name));
  }

  #reconcileAll(): void {
    for (const name of this.#running.names()) this.#reconcile(name);
  }

  #restart(request: RestartRequest): void {
    const { instance, tasks } = this.#running.planRestart(request);
    const { connector } = request;
    this.#inBackground(`Restart of ${connector}`, () => this.#running.restart(connector, instance, tasks));
  }

  #taskChanged(id: TaskId, status: Status): void {
    // the last words of a task that went to another worker do not count against that one's
    if (this.#running.isRunning(id) && this.#group.owns(id)) this.#running.taskTold(id, status);
    if (status.state === 'FAILED') this.#breakers.forget(id);
  }

  #topicRead({ connector, task }: TaskId, topic: string): void {
    if (this.workerProperty('topic.tracking.enable') === 'false' || this.#configs.get(connector) === null) return;
    if (!this.#statuses.topics(connector).includes(topic)) this.#statuses.putTopic(connector, topic, task);
  }

  /** A request in its turn; resolves when all that followed from it here is done. */
  async #change<T>(work: () => Promise<T>): Promise<T> {
    const result = await this.#inTurn(work);
    for (let seen: unknown = null; seen !== this.#changes; ) {
      seen = this.#changes;
      await seen;
    }
    return result;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#changes.then(work);
    this.#changes = result.catch(() => {});
    return result;
  }

  #inBackground(what: string, work: () => Promise<void>): void {
    this.#inTurn(work).catch((error: unknown) =>
      this.#worker.ports.logger.error({}, `${what} failed: ${errorMessage(error)}`),
    );
  }
}
