#!/usr/bin/env node
import type { CommandLine } from './cli/command.ts';
import { connectStandalone } from './cli/connect-standalone.ts';
import { runCommandLine } from './cli/run-command-line.ts';

const commandLine: CommandLine = {
  environment: process.env,
  out: (text) => {
    process.stdout.write(`${text}\n`);
  },
  err: (text) => {
    process.stderr.write(`${text}\n`);
  },
  onSignal: (callback) => {
    process.on('SIGTERM', callback);
    process.on('SIGINT', callback);
  },
  exit: (code) => process.exit(code),
};

const code = await runCommandLine(process.argv.slice(2), [connectStandalone], commandLine);
// what still keeps the process alive (a client's timer, a socket on its way down) must not hold up its end
process.exit(code);
