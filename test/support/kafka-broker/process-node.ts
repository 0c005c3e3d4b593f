import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrokerNode } from './broker-node.ts';
import { clusterId, heapOptions, jvmOptions, startedMessage } from './broker-node.ts';
import { logConfigurations, logOptions } from './server-properties.ts';

export interface ProcessNodeOptions {
  readonly id: number;
  /** Folder of Kafka's jars. */
  readonly jars: string;
  /** Folder of this node alone; made here, deleted by `remove`. */
  readonly folder: string;
  /** Into `folder`; must hold server.properties. */
  readonly files: Readonly<Record<string, string>>;
  readonly formatArguments: readonly string[];
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A broker as a JVM child process of this one, from Kafka's own jars. */
export const createProcessNode = ({ id, jars, folder, files, formatArguments }: ProcessNodeOptions): BrokerNode => {
  const properties = join(folder, 'server.properties');
  let child: ChildProcess | undefined;
  let formatted = false;

  /** Runs one of Kafka's main classes; resolves when `done` matches its output, or at its end if that is asked for. */
  const java = (mainClass: string, args: readonly string[], done: RegExp | 'exit'): Promise<ChildProcess> => {
    const options = [...heapOptions, ...jvmOptions, ...logOptions(folder), '-cp', `${jars}/*`];
    // a session of its own: Ctrl-C at the terminal is for the test run, which ends its brokers itself
    const jvm = spawn('java', [...options, mainClass, ...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    running.add(jvm);
    let output = '';
    return new Promise((resolve, reject) => {
      const collect = (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-4000);
        if (done !== 'exit' && done.test(output)) resolve(jvm);
      };
      jvm.stdout.on('data', collect);
      jvm.stderr.on('data', collect);
      jvm.once('error', reject);
      jvm.once('close', (code, signal) => {
        running.delete(jvm);
        if (done === 'exit' && code === 0) resolve(jvm);
        else reject(new Error(`${mainClass} of broker ${id} ended (${code ?? signal}):\n${output}`));
      });
    });
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  return {
    id,
    start: async () => {
      if (!formatted) {
        mkdirSync(folder, { recursive: true });
        for (const [name, content] of Object.entries({ ...logConfigurations, ...files }))
          writeFileSync(join(folder, name), content);
        await java(
          'kafka.tools.StorageTool',
          ['format', '-t', clusterId, '-c', properties, ...formatArguments],
          'exit',
        );
        formatted = true;
      }
      await end('SIGTERM');
      child = await java('kafka.Kafka', [properties], startedMessage);
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    pause: async () => void child?.kill('SIGSTOP'),
    unpause: async () => void child?.kill('SIGCONT'),
    remove: async () => {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
