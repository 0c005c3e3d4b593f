import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { waitFor } from './wait-for.ts';

export interface ChildServerOptions {
  /** For error messages: "worker". */
  readonly name: string;
  /** Arguments of Node itself (the one that runs this). */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Called until it answers something truthy; `output` is all that the child has printed. */
  readonly ready: (output: string) => unknown;
  readonly readyWithinMs: number;
}

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A Node program as a child process, its output kept (the last 4 MB). It dies with this process. */
export interface ChildServer {
  readonly pid: number;
  output(): string;
  isRunning(): boolean;
  /** Sends any signal; SIGKILL, SIGSTOP and SIGCONT included. */
  signal(signal: NodeJS.Signals): void;
  readonly ended: Promise<ChildEnd>;
  /** SIGTERM, then SIGKILL after the grace (15 s). */
  stop(graceMs?: number): Promise<ChildEnd>;
  kill(): Promise<ChildEnd>;
}

const maxOutput = 4_000_000;
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

export const spawnNode = (options: Pick<ChildServerOptions, 'args' | 'env' | 'cwd' | 'name'>): ChildServer => {
  const child = spawn(process.execPath, options.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C at the terminal is for the parent, which ends its children in its own order
    detached: true,
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  running.add(child);
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
    if (output.length > maxOutput * 2) output = output.slice(-maxOutput);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = new Promise<ChildEnd>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
    child.once('error', (error) => {
      output += `\n${options.name} could not be started: ${error.message}`;
      resolve({ code: 127, signal: null });
    });
  });
  const signal = (name: NodeJS.Signals): void => {
    if (isRunning(child)) child.kill(name);
  };
  return {
    pid: child.pid ?? 0,
    output: () => output,
    isRunning: () => isRunning(child),
    signal,
    ended,
    kill: () => {
      signal('SIGKILL');
      return ended;
    },
    stop: async (graceMs = 15_000) => {
      const timer = setTimeout(signal, graceMs, 'SIGKILL');
      // a stopped process would never see the SIGTERM
      signal('SIGCONT');
      signal('SIGTERM');
      return ended.finally(() => clearTimeout(timer));
    },
  };
};

/** Starts the child and waits until it serves; throws with the end of its output if it ends or takes too long. */
export const startChildServer = async (options: ChildServerOptions): Promise<ChildServer> => {
  const child = spawnNode(options);
  try {
    await waitFor(async () => !child.isRunning() || (await options.ready(child.output())), {
      deadlineMs: options.readyWithinMs,
      what: `${options.name} to be ready`,
    });
    if (!child.isRunning()) throw new Error(`${options.name} ended while starting`);
    return child;
  } catch (error) {
    const { code } = await child.kill();
    throw new Error(`${String(error)}, exit code ${code}; the end of its output:\n${child.output().slice(-3000)}`);
  }
};
