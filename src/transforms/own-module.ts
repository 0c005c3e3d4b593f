import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import {
  ConfigError,
  ConnectError,
  type ConnectorConfig,
  DataError,
  Decimal,
  errorMessage,
  JsonNumber,
  type SinkRecord,
  SnowflakeRecordContent,
  Struct,
  type Transformation,
  TypedNumber,
} from '../api/index.ts';
import { configError } from './parse-config.ts';

const scheme = 'module:';

/** What a module needs to make values and to refuse a record; handed over, so that it needs no package of ours around it. */
const tools = { ConfigError, DataError, Decimal, JsonNumber, Struct, TypedNumber } as const;

interface OwnTransformation {
  apply(record: SinkRecord): unknown;
  close?(): void;
}

export const isOwnModule = (type: string): boolean => type.trim().startsWith(scheme);

/**
 * `module:./my-transform.mjs`: an ES module of a user, in the thread that calls. The path is relative to the worker's working directory;
 * docs/transforms.md has the contract. Throws a ConfigError that tells what is wrong with the file.
 */
export const createOwnTransformation = (type: string, config: ConnectorConfig): Transformation => {
  const name = type.trim();
  const own = create(name, load(name), config);
  return {
    javaClass: name,
    apply: (record) => {
      try {
        const result = own.apply(record);
        if (!(result instanceof Promise)) return checked(name, record, result);
        return result.then(
          (settled: unknown) => checked(name, record, settled),
          (error: unknown) => refuse(name, error),
        );
      } catch (error) {
        return refuse(name, error);
      }
    },
    close: () => own.close?.(),
  };
};

const load = (name: string): Readonly<Record<string, unknown>> => {
  const path = resolve(name.slice(scheme.length));
  if (!existsSync(path)) {
    const why = `there is no file ${path}; the path is relative to the directory that the worker was started in`;
    throw configError('type', `${name}: ${why}.`);
  }
  try {
    return createRequire(import.meta.url)(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : null;
    const why =
      code === 'ERR_REQUIRE_ASYNC_MODULE' ? 'it awaits at its top level, which is not supported' : errorMessage(cause);
    throw new ConfigError([{ key: 'type', message: `${name} cannot be loaded: ${why}` }], { cause });
  }
};

const create = (
  name: string,
  { createTransformation }: Readonly<Record<string, unknown>>,
  config: ConnectorConfig,
): OwnTransformation => {
  const contract = 'export const createTransformation = (config, tools) => ({ apply: (record) => record })';
  if (typeof createTransformation !== 'function') {
    throw configError('type', `${name} has no function createTransformation: ${contract}`);
  }
  let made: unknown;
  try {
    made = createTransformation(config, tools);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError([{ key: 'type', message: `${name} refuses its config: ${errorMessage(cause)}` }], { cause });
  }
  if (isOwnTransformation(made)) return made;
  throw configError('type', `${name}: createTransformation must answer an object with a function apply: ${contract}`);
};

const isOwnTransformation = (made: unknown): made is OwnTransformation =>
  typeof made === 'object' && made !== null && 'apply' in made && typeof made.apply === 'function';

/** Where the record came from stays as it was, whatever the module makes of it: offsets are booked by it. */
const checked = (name: string, { original }: SinkRecord, result: unknown): SinkRecord | null => {
  if (result === null) return null;
  if (!isRecord(result)) {
    throw new DataError(`${name} must answer a record ({ ...record, value }) or null, which filters it`);
  }
  const { key, value } = result;
  return { ...result, key: ownCopy(key), value: ownCopy(value), original };
};

/** The module may keep the map, or have it at two places. */
const ownCopy = (value: unknown): unknown => {
  if (value instanceof SnowflakeRecordContent) return new SnowflakeRecordContent(value, value.schemaId);
  return value instanceof Map ? new Map(value) : value;
};

const isRecord = (result: unknown): result is SinkRecord =>
  typeof result === 'object' &&
  result !== null &&
  'topic' in result &&
  typeof result.topic === 'string' &&
  'headers' in result &&
  Array.isArray(result.headers) &&
  'key' in result &&
  'value' in result;

/** A record that the module throws at is a bad record: tolerance decides. */
const refuse = (name: string, cause: unknown): never => {
  if (cause instanceof ConnectError) throw cause;
  throw new DataError(`${name}: ${errorMessage(cause)}`, { cause });
};
