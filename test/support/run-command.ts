import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command, CommandLine } from '../../src/cli/command.ts';
import { runCommandLine } from '../../src/cli/run-command-line.ts';

export interface CommandOutcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command in this process, as the command line would. */
export const runCommand = async (
  command: Command,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandOutcome> => {
  const out: string[] = [];
  const err: string[] = [];
  const io: CommandLine = {
    environment,
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    ask: async () => '',
    onSignal: () => {},
    exit: (code) => {
      throw new Error(`the process was to end with exit code ${code}`);
    },
  };
  const code = await runCommandLine([command.name, ...args], { [command.name]: async () => command }, io);
  return { code, out: out.join('\n'), err: err.join('\n') };
};

/** A file of a folder of its own. */
export const temporaryFile = (name: string, content: string | object): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'snowsink-file-')), name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  return path;
};
