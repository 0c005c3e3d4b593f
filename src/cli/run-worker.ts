import { availableParallelism } from 'node:os';
import { ConfigError, type ConfigProblem, type Logger, problemText, silentLogger } from '../api/index.ts';
import { createBudgetCounter } from '../buffer/index.ts';
import {
  closestName,
  createConfigProviders,
  type Properties,
  parseWorkerConfig,
  resolveProviders,
  unknownWorkerKeys,
  type WorkerConfig,
  workerConfigDef,
} from '../config/index.ts';
import { createPlugins, createPorts } from '../plugins.ts';
import { readVersion } from '../program-files.ts';
import { readRestSettings, startRestServer } from '../rest/index.ts';
import {
  ConfigReloads,
  Herder,
  type HerderOptions,
  type Plugins,
  type Ports,
  problemsOf,
  type WorkerSettings,
} from '../runtime/index.ts';
import { workerConverterProblems } from '../runtime/validated-config.ts';
import type { CommandLine } from './command.ts';
import { createTaskThreads } from './task-thread-factory.ts';

/** What the two modes do differently. */
export interface WorkerMode {
  /** Worker properties as given. */
  readonly worker: Properties;
  /** For messages: the file, or the environment. */
  readonly workerSource: string;
  /** Before Kafka is asked for anything. Throws ConfigErrors that name their source. */
  check(worker: WorkerConfig, settings: WorkerSettings, plugins: Plugins): Promise<void>;
  /** Where configs and statuses lie, and what part of the work is this worker's. */
  stores(worker: WorkerConfig, ports: Ports): Promise<Pick<HerderOptions, 'configs' | 'statuses' | 'group'>>;
  /** When the herder has started. */
  started(herder: Herder): Promise<void>;
}

/** A worker's config as the runtime takes it. */
export const settingsOf = ({ properties, values }: WorkerConfig): WorkerSettings => ({
  properties,
  offsetFlushIntervalMs: values['offset.flush.interval.ms'],
  offsetFlushTimeoutMs: values['offset.flush.timeout.ms'],
  gracefulShutdownTimeoutMs: values['task.shutdown.graceful.timeout.ms'],
});

/** Mistakes in a config name where it came from. */
export const namingSource = (error: unknown, source: string): unknown => {
  if (!(error instanceof ConfigError)) return error;
  const problems = error.problems.map((problem) => ({
    key: problem.key,
    message: `${problemText(problem)} (in ${source})`,
  }));
  return new ConfigError(problems, { cause: error });
};

/** Variables filled in, everything checked. @throws ConfigError that names the source */
export const readWorkerConfig = (
  { worker, workerSource }: Pick<WorkerMode, 'worker' | 'workerSource'>,
  io: CommandLine,
): WorkerConfig => {
  try {
    return parseWorkerConfig(resolveProviders(worker, createConfigProviders(worker, io.environment, silentLogger)));
  } catch (error) {
    throw namingSource(error, workerSource);
  }
};

/** What the definitions of a worker's keys cannot tell: converters that are not there, and how REST is to be reached. */
export const workerProblems = (
  { properties }: WorkerConfig,
  plugins: Plugins,
  environment: CommandLine['environment'],
): readonly ConfigProblem[] => [
  ...workerConverterProblems(properties, plugins),
  ...problemsOf(() => readRestSettings(properties, environment)),
];

/** A line for each key that no worker reads. */
export const unknownWorkerKeyNotes = (worker: Properties): readonly { key: string; message: string }[] =>
  unknownWorkerKeys(worker).map((key) => {
    const meant = closestName(key, workerConfigDef.names());
    const hint = meant === null ? '' : ` Did you mean ${meant}?`;
    return { key, message: `${key} is not a known worker property and has no effect.${hint}` };
  });

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

/** Runs a worker until a signal has drained it. Answers the exit code. */
export const runWorker = async (mode: WorkerMode, io: CommandLine): Promise<number> => {
  const config = readWorkerConfig(mode, io);
  const worker = settingsOf(config);
  const memoryCounter = createBudgetCounter();
  const ports = createPorts({ worker, memoryCounter, thread: 'main' });
  const { logger } = ports;
  for (const { message } of unknownWorkerKeyNotes(mode.worker)) logger.warn({ source: mode.workerSource }, message);
  const known = createPlugins({ logger });
  const reloads = new ConfigReloads({ worker, plugins: known, clock: ports.clock, logger });
  const plugins = reloads.observing(known);
  const problems = workerProblems(config, plugins, io.environment);
  if (problems.length > 0) throw namingSource(new ConfigError(problems), mode.workerSource);
  await mode.check(config, worker, plugins);
  const signalled = untilSignal(io, logger);
  const maxThreads = config.values['snowsink.max.threads'] ?? availableParallelism();
  const threads = createTaskThreads(worker, memoryCounter, maxThreads);
  const version = readVersion();
  const stores = await mode.stores(config, ports);
  const herder = new Herder({ worker, plugins, ports, threads, version, commit: 'unknown', ...stores });
  const rest = await startRestServer({
    properties: config.properties,
    environment: io.environment,
    herder,
    logger,
  });
  try {
    const started = herder
      .start()
      .then(() => mode.started(herder))
      .then(() => reloads.start(herder))
      .then(() => logger.info({ version, connectors: herder.connectors(), rest: rest.urls }, 'snowsink is running'));
    // a signal does not wait for a Kafka that does not answer
    await Promise.race([started.then(() => signalled), signalled]);
  } finally {
    reloads.stop();
    await herder.stop();
    await rest.close();
  }
  logger.info({}, 'snowsink has stopped');
  return 0;
};
