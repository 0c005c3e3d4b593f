#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import type { CommandLine } from './cli/command.ts';
import { startEarly } from './early-start.ts';

// In the checkout what Node's TypeScript stripper made is kept, for threads and children too: without it each loads a stripper
// of its own, 30 MB and most of a second. The built package has nothing to strip.
if (import.meta.url.endsWith('.ts')) {
  process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../node_modules/.cache/snowsink', import.meta.url));
  enableCompileCache(process.env['NODE_COMPILE_CACHE']);
}
// A worker's main thread has little to do, and a young generation that grew while modules were loaded is never given back. Heaps of task
// threads have a size of their own (early-start.ts).
if (process.argv[2]?.startsWith('connect-')) setFlagsFromString('--semi-space-growth-factor=1');
// connect-standalone worker.properties connector.json …
if (process.argv[2] === 'connect-standalone' && process.argv.length > 3 && !process.argv.includes('--help'))
  startEarly();
const { commands } = await import('./cli/commands.ts');
const { runCommandLine } = await import('./cli/run-command-line.ts');

// who reads the output has seen enough (`| head`): the end that SIGPIPE gives other programs, and never the code of a success
const ended = 128 + 13;
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? ended : 1));

const commandLine: CommandLine = {
  environment: process.env,
  out: (text) => {
    process.stdout.write(`${text}\n`);
  },
  err: (text) => {
    process.stderr.write(`${text}\n`);
  },
  ask: async (question) => {
    if (!process.stdin.isTTY) return '';
    const { createInterface } = await import('node:readline/promises');
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    // Ctrl-C and Ctrl-D reject: no answer
    const answer = await lines.question(question).catch(() => '');
    lines.close();
    return answer;
  },
  onSignal: (callback) => {
    process.on('SIGTERM', callback);
    process.on('SIGINT', callback);
  },
  exit: (code) => process.exit(code),
};

const code = await runCommandLine(process.argv.slice(2), commands, commandLine);
// what still keeps the process alive (a client's timer, a socket on its way down) must not hold up its end
process.exit(code);
