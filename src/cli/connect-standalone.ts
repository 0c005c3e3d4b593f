import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Worker as Thread } from 'node:worker_threads';
import { ConfigError, type ConfigProblem, type Logger, silentLogger } from '../api/index.ts';
import { type BudgetCounter, createBudgetCounter, forgetShare } from '../buffer/index.ts';
import {
  type ConnectorFile,
  closestName,
  createConfigProviders,
  parseWorkerConfig,
  resolveProviders,
  unknownWorkerKeys,
  type WorkerConfig,
  workerConfigDef,
} from '../config/index.ts';
import { createPlugins, createPorts } from '../plugins.ts';
import { startRestServer } from '../rest/index.ts';
import {
  type Plugins,
  Herder,
  type TaskThreadData,
  type TaskThreadFactory,
  type WorkerSettings,
} from '../runtime/index.ts';
import { validateConnectorConfig } from '../runtime/validate-connector-config.ts';
import type { Command, CommandLine } from './command.ts';
import { readStandaloneArguments, type StandaloneArguments, targetStateOf } from './standalone-arguments.ts';
import { readVersion } from './version.ts';

const usage = `Usage: snowsink connect-standalone [worker.properties] [connector.json|connector.properties ...] [--connectors DIR]

Runs connectors in this process until SIGTERM or SIGINT, which drain it; a second signal ends it at once.

  worker.properties   The worker's config, as Kafka Connect's. Without it CONNECT_* environment variables are the config:
                      CONNECT_BOOTSTRAP_SERVERS=kafka:9092 is bootstrap.servers=kafka:9092.
  connector files     Connector configs: JSON (a map with "name", or {"name", "config"}) or Java properties.
  --connectors DIR    Every .json and .properties file of DIR.

Exit codes: 0 drained; 1 a mistake in a config or an unreachable service, with one message that says what to change.`;

const settingsOf = ({ properties, values }: WorkerConfig): WorkerSettings => ({
  properties,
  offsetFlushIntervalMs: values['offset.flush.interval.ms'],
  offsetFlushTimeoutMs: values['offset.flush.timeout.ms'],
  gracefulShutdownTimeoutMs: values['task.shutdown.graceful.timeout.ms'],
});

/** Mistakes in a config name where it came from. */
const namingSource = (error: unknown, source: string): unknown => {
  if (!(error instanceof ConfigError)) return error;
  const problems = error.problems.map(({ key, message }) => ({ key, message: `${message} (in ${source})` }));
  return new ConfigError(problems, { cause: error });
};

const readWorkerConfig = ({ worker, workerSource }: StandaloneArguments, io: CommandLine): WorkerConfig => {
  try {
    return parseWorkerConfig(resolveProviders(worker, createConfigProviders(worker, io.environment, silentLogger)));
  } catch (error) {
    throw namingSource(error, workerSource);
  }
};

const warnOfUnknownKeys = ({ worker, workerSource }: StandaloneArguments, logger: Logger): void => {
  for (const name of unknownWorkerKeys(worker)) {
    const meant = closestName(name, workerConfigDef.names());
    const hint = meant === null ? '' : ` Did you mean ${meant}?`;
    logger.warn({ source: workerSource }, `${name} is not a known worker property and has no effect.${hint}`);
  }
};

/**
 * Heaps of task threads. Old: compressed bodies lie outside the heap, and V8 marks the whole heap at
 * about every 10 MB of them unless it begins larger; young: a third of it is a semi-space. A roomy heap saves a tenth of the CPU, and
 * a worker mostly has one task: so the first thread gets one.
 */
const roomyHeap = { youngMegabytes: 24, initialOldMegabytes: 64 };
const leanHeap = { youngMegabytes: 6, initialOldMegabytes: 24 };

/** The thread's file lies beside plugins.ts: TypeScript in the checkout, JavaScript in the built package. */
const taskThreads = (worker: WorkerSettings, counter: BudgetCounter, maxThreads: number): TaskThreadFactory => {
  let isRoomyTaken = false;
  const create = (name: string): Thread => {
    const heap = isRoomyTaken ? leanHeap : roomyHeap;
    isRoomyTaken = true;
    const memoryCounter = createBudgetCounter(counter);
    const workerData: TaskThreadData = { name, worker, memoryCounter };
    setFlagsFromString(`--initial-old-space-size=${heap.initialOldMegabytes}`); // for heaps made from now on
    const thread = new Thread(new URL(`../task-thread${extname(import.meta.url)}`, import.meta.url), {
      workerData,
      name,
      resourceLimits: { maxYoungGenerationSizeMb: heap.youngMegabytes },
    });
    thread.once('exit', () => {
      forgetShare(memoryCounter);
      if (heap === roomyHeap) isRoomyTaken = false;
    });
    return thread;
  };
  return { maxThreads, create };
};

const advertised = ({ values }: WorkerConfig): { readonly host?: string; readonly port?: number } => {
  const host = values['rest.advertised.host.name'];
  const port = values['rest.advertised.port'];
  return { ...(host === null ? {} : { host }), ...(port === null ? {} : { port }) };
};

/** Before Kafka is asked for anything: all mistakes of all files at once. */
const checkConnectors = async (
  worker: WorkerSettings,
  plugins: Plugins,
  files: readonly ConnectorFile[],
): Promise<void> => {
  const problems: ConfigProblem[] = [];
  for (const { path, config } of files) {
    try {
      await validateConnectorConfig(worker, plugins, config);
    } catch (error) {
      const named = namingSource(error, path);
      if (!(named instanceof ConfigError)) throw named;
      problems.push(...named.problems);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
};

const startConnectors = async (herder: Herder, files: readonly ConnectorFile[]): Promise<void> => {
  await herder.start();
  for (const file of files) {
    try {
      const targetState = targetStateOf(file);
      await herder.putConnectorConfig(file.name, file.config, { replace: false, targetState });
    } catch (error) {
      throw namingSource(error, file.path);
    }
  }
};

/** Resolves at the first signal; the second ends the process. */
const untilSignal = (io: CommandLine, logger: Logger): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let signals = 0;
  io.onSignal((signal) => {
    signals += 1;
    if (signals > 1) io.exit(signal === 'SIGINT' ? 130 : 143);
    logger.info({ signal }, 'Draining: no more records are read; what is buffered is sent and committed');
    resolve();
  });
  return promise;
};

const run = async (args: readonly string[], io: CommandLine): Promise<number> => {
  if (args.includes('--help') || args.includes('-h')) {
    io.out(usage);
    return 0;
  }
  const given = readStandaloneArguments(args, io.environment);
  const config = readWorkerConfig(given, io);
  const worker = settingsOf(config);
  const memoryCounter = createBudgetCounter();
  const ports = createPorts({ worker, memoryCounter, thread: 'main' });
  const { logger } = ports;
  warnOfUnknownKeys(given, logger);
  const plugins = createPlugins({ logger });
  await checkConnectors(worker, plugins, given.connectors);
  const signalled = untilSignal(io, logger);
  const threads = taskThreads(worker, memoryCounter, config.values['snowsink.max.threads'] ?? availableParallelism());
  const version = readVersion();
  const herder = new Herder({
    worker,
    plugins,
    ports,
    threads,
    version,
    commit: 'unknown',
  });
  const rest = await startRestServer({
    listeners: config.values.listeners,
    herder,
    logger,
    advertised: advertised(config),
  });
  try {
    const started = startConnectors(herder, given.connectors).then(() =>
      logger.info({ version, connectors: herder.connectors(), rest: rest.urls }, 'snowsink is running'),
    );
    // a signal does not wait for a Kafka that does not answer
    await Promise.race([started.then(() => signalled), signalled]);
  } finally {
    await herder.stop();
    await rest.close();
  }
  logger.info({}, 'snowsink has stopped');
  return 0;
};

/** Kafka Connect's standalone worker. */
export const connectStandalone: Command = {
  name: 'connect-standalone',
  summary: 'run connectors in this process, as Kafka Connect’s standalone worker does',
  usage,
  run,
};
