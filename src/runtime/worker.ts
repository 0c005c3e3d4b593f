import type { Worker as Thread } from 'node:worker_threads';
import { type ConnectorConfig, NotFoundError, type SinkConnector, type TaskId } from '../api/index.ts';
import { type LoggerLevels, parseLoggerLevel } from '../util/logger-levels.ts';
import type { TaskSpec } from './build-worker-sink-task.ts';
import { InlineTaskHost } from './inline-task-host.ts';
import type { Plugins, Ports, WorkerSettings } from './plugins.ts';
import { SharedTableServices } from './shared-table-services.ts';
import type { TaskHost } from './task-host.ts';
import type { TaskListener } from './task-state.ts';
import { TaskThreads } from './task-threads.ts';

/** Beyond the graceful timeout: for the task's own end in its thread to be given up there first. */
const threadStopMarginMs = 10_000;

export interface TaskThreadFactory {
  /** Usually the number of cores. */
  readonly maxThreads: number;
  /** Starts src/task-thread.ts and sends it TaskThreadData. */
  create(name: string): Thread;
}

export interface WorkerOptions {
  readonly worker: WorkerSettings;
  readonly plugins: Plugins;
  readonly ports: Ports;
  /** Null: all tasks run in this thread (tests, simulator). */
  readonly threads: TaskThreadFactory | null;
}

/** org.apache.kafka.connect.runtime.Worker: starts and stops connectors and tasks; decides nothing. The herder is its only caller. */
export class Worker {
  readonly settings: WorkerSettings;
  readonly plugins: Plugins;
  readonly ports: Ports;
  readonly #host: TaskHost;
  readonly #tables: SharedTableServices;
  readonly #connectors = new Map<string, SinkConnector>();
  /** Of connectors that run here, be it only a task of theirs: for their table services. */
  readonly #configs = new Map<string, ConnectorConfig>();

  constructor({ worker, plugins, ports, threads }: WorkerOptions, listener: TaskListener) {
    this.settings = worker;
    this.plugins = plugins;
    this.ports = ports;
    this.#tables = new SharedTableServices({
      resolve: async (name) => plugins.resolve(worker, this.#configOf(name)),
      create: (config) => plugins.connector(config['connector.class'] ?? '').createTableService(config),
    });
    const tablesOf = (name: string) => this.#tables.serviceOf(name);
    this.#host =
      threads === null
        ? new InlineTaskHost({ worker, plugins, ports }, tablesOf, listener)
        : new TaskThreads({
            maxThreads: threads.maxThreads,
            createThread: (name) => threads.create(name),
            tablesOf,
            listener,
            onMetrics: (thread, snapshot) => ports.metrics.merge(thread, snapshot ?? []),
            clock: ports.clock,
            stopLimitMs: worker.gracefulShutdownTimeoutMs + threadStopMarginMs,
            logger: ports.logger,
          });
  }

  /** Starts the connector itself; answers the configs of its tasks, which are not started by this. */
  async startConnector(name: string, config: ConnectorConfig, maxTasks: number): Promise<readonly ConnectorConfig[]> {
    const connector = this.plugins.connector(config['connector.class'] ?? '').createConnector();
    await connector.start(config);
    this.#connectors.set(name, connector);
    this.#configs.set(name, config);
    this.#tables.prepare(name);
    return connector.taskConfigs(maxTasks);
  }

  /** The connector itself: tasks that run here go on, and reach their tables. */
  async stopConnector(name: string): Promise<void> {
    const running = this.#connectors.get(name);
    this.#connectors.delete(name);
    await running?.stop();
  }

  /** Neither the connector nor a task of it runs here any more. */
  async forgetConnector(name: string): Promise<void> {
    this.#configs.delete(name);
    await this.#tables.close(name);
  }

  startTask(spec: TaskSpec): void {
    if (!this.#configs.has(spec.id.connector)) this.#configs.set(spec.id.connector, spec.config);
    this.#host.start(spec);
  }

  setPaused(id: TaskId, paused: boolean): void {
    this.#host.setPaused(id, paused);
  }

  async stopTasks(ids: readonly TaskId[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#host.stop(id)));
  }

  get loggers(): LoggerLevels {
    return this.ports.loggerLevels;
  }

  /** KIP-495, in all threads; answers which loggers it concerns. @throws NotFoundError */
  setLoggerLevel(logger: string, level: string): readonly string[] {
    const known = parseLoggerLevel(level);
    if (known === null) throw new NotFoundError(`invalid log level '${level}'.`);
    this.#host.setLoggerLevel(logger, known);
    return this.loggers.set(logger, known);
  }

  /** Drains all tasks, then the connectors. */
  async stop(): Promise<void> {
    await this.#host.close();
    const names = [...this.#configs.keys()];
    await Promise.all(names.flatMap((name) => [this.stopConnector(name), this.forgetConnector(name)]));
  }

  #configOf(name: string): ConnectorConfig {
    const config = this.#configs.get(name);
    if (config === undefined) throw new NotFoundError(`Connector ${name} is not running`);
    return config;
  }
}
