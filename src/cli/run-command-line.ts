import { ConfigError, type ConfigProblem, ConnectError, errorMessage } from '../api/index.ts';
import { closestName } from '../config/index.ts';
import { readVersion } from '../program-files.ts';
import { UsageError } from './arguments.ts';
import type { Command, CommandLine, Commands } from './command.ts';
import { withoutRepeats } from './without-repeats.ts';

const help = (commands: readonly Command[]): string =>
  [
    'snowsink: Kafka topics in, exactly-once rows in Snowflake.',
    '',
    'Usage: snowsink COMMAND [arguments]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(20)}${summary}`),
    '',
    'snowsink COMMAND --help says more; snowsink --version prints the version.',
  ].join('\n');

const indented = (text: string): string => text.replaceAll(/^/gm, '  ');

/** Each problem once; its key where the text does not name it. */
const listed = (problems: readonly ConfigProblem[]): string => {
  const lines = withoutRepeats(problems).map(({ key, message }) =>
    message.includes(key) ? message : `${key}: ${message}`,
  );
  return indented([...new Set(lines)].join('\n'));
};

/** One message for people; a stack only where the fault is ours. */
const explain = (error: unknown): string => {
  if (error instanceof ConfigError) return `The configuration is wrong:\n${listed(error.problems)}`;
  if (error instanceof ConnectError) return error.message;
  const stack = error instanceof Error ? error.stack : undefined;
  return `snowsink met an error that it did not expect, please report it: ${stack ?? errorMessage(error)}`;
};

/** Answers the exit code: the command's own, or after one message on stderr 1, or 2 where the command line is wrong. */
export const runCommandLine = async (args: readonly string[], commands: Commands, io: CommandLine): Promise<number> => {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.out(help(await Promise.all(Object.values(commands).map((load) => load()))));
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v' || name === 'version') {
    io.out(readVersion());
    return 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    const meant = closestName(name, Object.keys(commands));
    const hint = meant === null ? '' : ` Did you mean ${meant}?`;
    io.err(`snowsink has no command ${name}.${hint} snowsink --help lists the commands.`);
    return 2;
  }
  try {
    const command = await load();
    if (!rest.includes('--help') && !rest.includes('-h')) return await command.run(rest, io);
    io.out(command.usage);
    return 0;
  } catch (error) {
    io.err(explain(error));
    return error instanceof UsageError ? 2 : 1;
  }
};
