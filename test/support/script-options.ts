import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { errorMessage } from '../../src/api/index.ts';

/** One sentence instead of a stack trace, and exit code 2: the command line is wrong. */
const refuse = (what: string): never => {
  process.stderr.write(`${what}. --help lists the options.\n`);
  process.exit(2);
};

const parsed = <T extends ParseArgsOptionsConfig>(options: T) => {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return refuse(errorMessage(error).split('. ', 1)[0] ?? '');
  }
};

/** A script's options. `--help` prints the usage and ends the process, and so does an option that there is not. */
export const scriptOptions = <T extends ParseArgsOptionsConfig>(usage: string, options: T) => {
  const help = parseArgs({ options: { help: { type: 'boolean' } }, strict: false }).values.help;
  if (help !== true) return parsed(options);
  process.stdout.write(`${usage}\n`);
  process.exit(0);
};

/** Of an option that takes a whole number from 0 on. */
export const wholeNumber = (option: string, text: string): number =>
  /^\d{1,15}$/.test(text) ? Number(text) : refuse(`--${option} must be a whole number, not '${text}'`);
