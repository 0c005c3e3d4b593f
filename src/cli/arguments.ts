import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { ConnectError, errorMessage } from '../api/index.ts';

/** The command line itself is wrong: exit code 2. */
export class UsageError extends ConnectError {
  override readonly name = 'UsageError';
}

/** Options and what is none of them. @throws UsageError for an option that the command does not have */
export const readArguments = <T extends ParseArgsOptionsConfig>(
  command: string,
  args: readonly string[],
  options: T,
) => {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const what = errorMessage(error).split('. ', 1)[0];
    throw new UsageError(`${what}. snowsink ${command} --help lists the options.`, { cause: error });
  }
};
