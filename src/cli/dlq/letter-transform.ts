import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, ConnectError, errorMessage, type RawHeader } from '../../api/index.ts';

interface GivenLetter {
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RawHeader[];
  /** Connect's context of the failure: topic, partition, offset, stage, exception.message … */
  readonly context: ReadonlyMap<string, string>;
}

export interface MendedRecord {
  readonly topic?: string;
  readonly key: Uint8Array | string | null;
  readonly value: Uint8Array | string | null;
  readonly headers?: readonly RawHeader[];
}

/** What a user's module makes of a letter: the record to write, or null to leave it out for good. @param at for messages */
export type LetterTransform = (letter: GivenLetter, at: string) => Promise<MendedRecord | null>;

const isBytes = (value: unknown): boolean => value === null || typeof value === 'string' || value instanceof Uint8Array;

const isRecord = (made: unknown): made is MendedRecord =>
  typeof made === 'object' &&
  made !== null &&
  'key' in made &&
  'value' in made &&
  isBytes(made.key) &&
  isBytes(made.value);

/** Without its message, which may quote the record. */
const failureOf = (error: unknown, path: string): string => {
  if (!(error instanceof Error)) return `it threw no error but ${typeof error}`;
  const [, inFile = ''] = (error.stack ?? '').split(basename(path));
  const line = /^:(\d+)/.exec(inFile)?.[1];
  return `it failed with ${error.name}${line === undefined ? '' : ` in line ${line}`}`;
};

/** @throws ConfigError; the transform throws a ConnectError where the module fails or answers something else */
export const loadLetterTransform = async (path: string): Promise<LetterTransform> => {
  const { href } = pathToFileURL(resolve(path));
  const fail = (why: string): never => {
    throw new ConfigError([{ key: '--transform', message: `--transform ${path}: ${why}` }]);
  };
  if (!existsSync(path)) fail('there is no such file.');
  const loaded = await import(href).catch((error: unknown) =>
    fail(`it cannot be loaded as an ES module: ${errorMessage(error)}`),
  );
  const { default: mend } = loaded as { readonly default?: unknown };
  if (typeof mend !== 'function')
    return fail('it must export a function as default: (letter) => record, or null to leave it out.');
  return async (letter, at) => {
    const stop = (why: string): never => {
      throw new ConnectError(
        `--transform ${path}, at letter ${at}: ${why}. What was replayed before stays, and another replay goes on behind it.`,
      );
    };
    let made: unknown;
    try {
      made = await mend(letter);
    } catch (error) {
      stop(failureOf(error, path));
    }
    if (made === null || isRecord(made)) return made;
    return stop('it must return {key, value}, each a Uint8Array, a string or null; or null to leave the letter out');
  };
};
