import {
  type ConnectorConfig,
  type ContentEncoding,
  type Destination,
  type Logger,
  type MemoryBudget,
  noMetrics,
  type SinkTaskContext,
} from '../../src/api/index.ts';
import { createMemoryBudget } from '../../src/buffer/index.ts';
import { parseWorkerConfig } from '../../src/config/index.ts';
import type { SinkSettings } from '../../src/connector/sink-settings.ts';
import { parseSinkSettings } from '../../src/connector/snowflake-sink-config.ts';
import { SnowflakeSinkTask } from '../../src/connector/snowflake-sink-task.ts';
import { createSnowpipeStreaming } from '../../src/destinations/index.ts';
import { RecordReader } from '../../src/kernel/index.ts';
import { createPlugins } from '../../src/plugins.ts';
import { buildWorkerSinkTask } from '../../src/runtime/build-worker-sink-task.ts';
import type { MetricsRegistry, Plugins, Ports, TaskResources, WorkerSettings } from '../../src/runtime/index.ts';
import type { WorkerSinkTask } from '../../src/runtime/worker-sink-task.ts';
import { LoggerLevels } from '../../src/util/logger-levels.ts';
import { SimulatedConsumer } from './kafka/simulated-consumer.ts';
import type { SimulatedKafka } from './kafka/simulated-kafka.ts';
import type { SimulatedSnowflake } from './snowflake/simulated-snowflake.ts';
import type { HostProcess } from './world/host-process.ts';
import type { Network } from './world/network.ts';
import type { SeededRandom } from './world/seeded-random.ts';

export interface WorkerOptions {
  readonly process: HostProcess;
  readonly kafka: SimulatedKafka;
  readonly snowflake: SimulatedSnowflake;
  readonly network: Network;
  readonly random: SeededRandom;
  readonly logger: Logger;
  readonly memoryBytes: number;
  readonly offsetFlushMs: number;
  onFailed(task: number, trace: string): void;
}

const properties = parseWorkerConfig({ 'bootstrap.servers': 'simulated:9092' }).properties;
const production = createPlugins();
const registry: MetricsRegistry = { ...noMetrics, text: async () => '', snapshot: async () => null, merge: () => {} };

/** Little: a seed starts many tasks, and V8 collects garbage for what a WebAssembly memory could hold, touched or not. */
const encoderMemory = {
  placeBytes: 0,
  stagingBytes: 65_536,
  unpackedBytes: 65_536,
  slotBytes: 16_384,
  largeBytes: 65_536,
};

const notThere = (): never => {
  throw new Error('a sink task has no use for it');
};

/** One process with its tasks: the production task and all below it, over the ports of the model. */
export class Worker {
  readonly process: HostProcess;
  readonly budget: MemoryBudget;
  readonly tasks = new Map<number, WorkerSinkTask>();
  readonly #options: WorkerOptions;
  readonly #settings: WorkerSettings;
  readonly #restarting = new Map<number, ConnectorConfig>();
  readonly #building = new Set<number>();
  #isStopping = false;

  constructor(options: WorkerOptions) {
    this.process = options.process;
    this.#options = options;
    this.budget = createMemoryBudget(options.memoryBytes);
    this.#settings = {
      properties,
      offsetFlushIntervalMs: options.offsetFlushMs,
      offsetFlushTimeoutMs: 5_000,
      gracefulShutdownTimeoutMs: 20_000,
    };
  }

  /** Starts a task, again where it has failed. */
  start(task: number, config: ConnectorConfig): void {
    if (this.#isStopping) return;
    void this.#run(task, config);
  }

  /** Ends a task in order and starts it with another config, as Connect does where the config has changed. */
  restart(config: ConnectorConfig): void {
    for (const task of [...this.tasks.keys(), ...this.#building]) this.#restarting.set(task, config);
    for (const running of this.tasks.values()) running.stop();
  }

  /** Resolves when all tasks have ended in order. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#restarting.clear();
    for (const task of this.tasks.values()) task.stop();
    while (this.tasks.size > 0) await this.process.clock.sleep(100);
  }

  async #run(task: number, config: ConnectorConfig): Promise<void> {
    const { kafka, snowflake, network, process, random, logger, onFailed } = this.#options;
    const ports: Ports = {
      clock: process.clock,
      random: random.next,
      logger,
      metrics: registry,
      memoryBudget: this.budget,
      createConsumer: () => new SimulatedConsumer({ kafka, network, process, random }),
      createProducer: notThere,
      createTopicReader: notThere,
      createDeadLetterLog: async () => kafka.deadLetterLog(process),
      createAdmin: async () => kafka.admin(process),
      loggerLevels: new LoggerLevels('INFO', () => process.clock.now()),
      createRecordReader: (options) => new RecordReader(options),
    };
    const surroundings = {
      worker: this.#settings,
      plugins: this.#plugins(),
      ports,
      tables: snowflake.tableService(process),
    };
    const spec = { id: { connector: 'simulated', task }, config, paused: false };
    let failure: string | null = null;
    this.#building.add(task);
    try {
      const built = await buildWorkerSinkTask(spec, surroundings, {
        onStatus: (_, { state, trace }) => {
          if (state === 'FAILED') failure = trace ?? 'no trace';
        },
        onBreaker: () => {},
        onTopic: () => {},
      });
      this.#building.delete(task);
      this.tasks.set(task, built);
      if (this.#isStopping || this.#restarting.has(task)) built.stop();
      await built.run();
    } catch (error) {
      failure = String(error);
    }
    this.#building.delete(task);
    this.tasks.delete(task);
    const next = this.#restarting.get(task);
    this.#restarting.delete(task);
    if (failure !== null) onFailed(task, failure);
    else if (next !== undefined) this.start(task, next);
  }

  #plugins(): Plugins {
    const { snowflake, process } = this.#options;
    const transport = snowflake.transport(process);
    const openDestination = (settings: SinkSettings, context: SinkTaskContext, resources: TaskResources): Destination =>
      createSnowpipeStreaming({
        account: settings.account,
        clock: context.clock,
        random: resources.random,
        logger: context.logger,
        metrics: context.metrics,
        taskId: context.id,
        maxConcurrentAppends: settings.maxConcurrentAppends,
        transport,
      });
    return {
      ...production,
      connector: (name) => ({
        ...production.connector(name),
        createTask: (context, resources) => {
          // zlib works in threads of its own; the settings' type has only what configs may say.
          const compression: ContentEncoding = 'identity';
          const settings = { ...parseSinkSettings(context.config), compression } as unknown as SinkSettings;
          return new SnowflakeSinkTask(context, {
            settings,
            tables: resources.tables,
            memoryBudget: resources.memoryBudget,
            random: resources.random,
            encoderMemory,
            openDestination: (given, taskContext) => openDestination(given, taskContext, resources),
          });
        },
      }),
    };
  }
}
