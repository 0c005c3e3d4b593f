import { randomUUID } from 'node:crypto';
import { type EmulatorProcess, startEmulatorProcess } from '../test/support/emulator-process.ts';
import { connectSnowflake, emulatorLogin } from '../test/support/snowflake.ts';
import { type Properties, sinkConfig, startWorker, type WorkerProcess } from '../test/support/worker-process.ts';

/** The emulator that counts rows and forgets them, with the connector's database and schema in it. */
export const startDiscard = async (): Promise<EmulatorProcess> => {
  const emulator = await startEmulatorProcess(['--discard']);
  await (await connectSnowflake(emulatorLogin(emulator.url))).close();
  return emulator;
};

export interface BenchWorkerOptions {
  readonly bootstrapServers: string;
  /** Comma-separated. */
  readonly topics: string;
  /** Of the emulator, or of what stands before it. */
  readonly url: string;
  /** dist/main.js unless another build is measured. */
  readonly program?: string | undefined;
  readonly worker?: Properties;
  readonly connector?: Properties;
}

export interface BenchWorker extends WorkerProcess {
  /** Of its connector. */
  readonly name: string;
}

/** As docker/Dockerfile sets it. */
const imageEnvironment = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

/** The worker as the image runs it, with one connector tuned for throughput. Resolves when REST answers. */
export const startBenchWorker = async (options: BenchWorkerOptions): Promise<BenchWorker> => {
  const name = `bench-${randomUUID().slice(0, 8)}`;
  const overrides = {
    'buffer.count.records': '1000000',
    'buffer.size.bytes': '8000000',
    'buffer.flush.time': '1',
    'consumer.override.fetch.max.bytes': String(4 << 20),
    ...options.connector,
  };
  const worker = await startWorker({
    properties: { 'bootstrap.servers': options.bootstrapServers, ...options.worker },
    program: options.program ?? 'dist/main.js',
    env: imageEnvironment,
    connectors: [sinkConfig({ name, topics: options.topics, login: emulatorLogin(options.url), overrides })],
  });
  return { ...worker, name };
};

interface EmulatorStats {
  readonly pipes: Readonly<Record<string, { readonly committedRows: number }>>;
}

/** Rows that the emulator has committed, over all tables. */
export const rowsTaken = async (url: string): Promise<number> => {
  const stats = (await (await fetch(`${url}/_emulator/stats`)).json()) as EmulatorStats;
  return Object.values(stats.pipes).reduce((sum, { committedRows }) => sum + committedRows, 0);
};
