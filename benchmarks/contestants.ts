import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { defaultKafkaVersion } from '../test/support/kafka.ts';
import { kafkaJars } from '../test/support/kafka-broker/kafka-jars.ts';
import { committedOffsets } from '../test/support/topics.ts';
import { waitFor } from '../test/support/wait-for.ts';
import type { Properties, WorkerProcess } from '../test/support/worker-process.ts';
import { rowsTaken, startBenchWorker, startDiscard } from './bench-worker.ts';
import { type ProcessUsage, pin, usageOf } from './process-usage.ts';

export interface Drain {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly rows: number;
  /** null: wherever the system puts it. */
  readonly core: number | null;
  /** For the worker. */
  readonly connector: Properties;
}

export interface Drained extends ProcessUsage {
  /** From the start of the process to the last row. */
  readonly seconds: number;
  /** From the first fetch to the last row, where the program says it itself. */
  readonly fetchSeconds?: number;
}

export interface Contestant {
  readonly name: string;
  readonly does: string;
  drain(drain: Drain): Promise<Drained>;
}

const deadlineMs = 300_000;
const secondsSince = (startedMs: number): number => (performance.now() - startedMs) / 1000;

/** A program that says `done` on stdout when it has read everything; measured then, and ended. */
const drainByProgram = async (
  command: string,
  args: readonly string[],
  core: number | null,
): Promise<Drained & { readonly output: string }> => {
  const startedMs = performance.now();
  const pinned = core === null ? [command, ...args] : ['taskset', '--cpu-list', String(core), command, ...args];
  const [program = command, ...rest] = pinned;
  const child: ChildProcess = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let usage: Drained | null = null;
  // /proc forgets a process when it ends: ConsumerPerformance does so right after its last row
  const sample = setInterval(() => {
    if (child.pid !== undefined && child.exitCode === null) usage = tryUsage(child.pid, startedMs) ?? usage;
  }, 10);
  for (const stream of [child.stderr, child.stdout])
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  try {
    await waitFor(() => child.exitCode !== null || /^done /m.test(output), {
      deadlineMs,
      what: `${command} to read all`,
    });
    if (child.exitCode === null && child.pid !== undefined) usage = tryUsage(child.pid, startedMs) ?? usage;
    if ((child.exitCode ?? 0) !== 0 || usage === null) throw new Error(`${command} failed: ${output.slice(-2000)}`);
    return { ...usage, output };
  } finally {
    clearInterval(sample);
    child.kill('SIGKILL');
  }
};

const tryUsage = (pid: number, startedMs: number): Drained | null => {
  try {
    const usage = usageOf(pid);
    return Number.isNaN(usage.peakRssBytes) ? null : { ...usage, seconds: secondsSince(startedMs) };
  } catch {
    return null; // ended in between
  }
};

const kafkajsContestant: Contestant = {
  name: 'kafkajs',
  does: 'counts bytes',
  drain: ({ bootstrapServers, topic, rows, core }) =>
    drainByProgram(process.execPath, ['benchmarks/kafkajs-counter.ts', bootstrapServers, topic, String(rows)], core),
};

const consumerPerf = (jars: string): Contestant => ({
  name: 'kafka-consumer-perf-test',
  does: 'drops records',
  drain: async ({ bootstrapServers, topic, rows, core }) => {
    const { output, ...drained } = await drainByProgram(
      'java',
      [
        ...['-Xmx512M', '-cp', `${jars}/*`, 'org.apache.kafka.tools.ConsumerPerformance', '--hide-header'],
        ...['--bootstrap-server', bootstrapServers, '--topic', topic, '--messages', String(rows)],
        ...['--group', `bench-${randomUUID()}`, '--fetch-size', String(4 << 20), '--timeout', '60000'],
      ],
      core,
    );
    // start, end, MB, MB/s, messages, messages/s, rebalance ms, fetch ms, …: its closing takes a second or two more
    const fetchMs = Number(output.trim().split('\n').at(-1)?.split(', ')[7]);
    if (Number.isNaN(fetchMs))
      throw new Error(`no figures in the output of kafka-consumer-perf-test: ${output.slice(-500)}`);
    return { ...drained, fetchSeconds: fetchMs / 1000 };
  },
});

/** Asks the emulator often and the worker, whose time counts, seldom. */
const allRowsTaken = async (running: WorkerProcess, name: string, emulatorUrl: string, rows: number): Promise<void> => {
  for (const endMs = performance.now() + deadlineMs; performance.now() < endMs; ) {
    const arrived = await waitFor(async () => (await rowsTaken(emulatorUrl)) >= rows, {
      deadlineMs: 5000,
      everyMs: 50,
      what: `${rows} rows`,
    }).catch(() => false);
    if (arrived) return;
    const failed = (await running.status(name)).tasks.find(({ state }) => state === 'FAILED');
    if (failed !== undefined) throw new Error(`the task failed: ${failed.trace}`);
  }
  throw new Error(`${await rowsTaken(emulatorUrl)} of ${rows} rows arrived within ${deadlineMs / 1000} s`);
};

const worker: Contestant = {
  name: 'snowsink',
  does: 'validates, adds metadata, compresses, sends, commits',
  drain: async ({ bootstrapServers, topic, rows, core, connector }) => {
    const emulator = await startDiscard();
    try {
      const startedMs = performance.now();
      const running = await startBenchWorker({ bootstrapServers, topics: topic, url: emulator.url, connector });
      const { name } = running;
      try {
        if (core !== null) pin(running.process.pid, core);
        await allRowsTaken(running, name, emulator.url, rows);
        const drained = { ...usageOf(running.process.pid), seconds: secondsSince(startedMs) };
        await running.terminate();
        const taken = await rowsTaken(emulator.url);
        if (taken !== rows) throw new Error(`${taken} rows arrived, ${rows} were produced`);
        const committed = await committedOffsets(bootstrapServers, `connect-${name}`, topic);
        const total = [...committed.values()].reduce((sum, offset) => sum + offset, 0n);
        if (total !== BigInt(rows)) throw new Error(`offsets up to ${total} are committed, ${rows} rows were produced`);
        return drained;
      } finally {
        await running.kill();
      }
    } finally {
      await emulator.stop();
    }
  },
};

/** All that can run on this machine; says what cannot. */
export const contestants = async (): Promise<readonly Contestant[]> => {
  try {
    return [consumerPerf(await kafkaJars(defaultKafkaVersion)), kafkajsContestant, worker];
  } catch (error) {
    console.log(`Without kafka-consumer-perf-test: ${error instanceof Error ? error.message : String(error)}`);
    return [kafkajsContestant, worker];
  }
};
