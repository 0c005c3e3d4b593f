import type { ConfigProblem } from '../api/index.ts';
import type { Validator } from './validators.ts';

/** org.apache.kafka.common.config.ConfigDef.Type, as REST prints it. */
export type ConfigType = 'STRING' | 'PASSWORD' | 'BOOLEAN' | 'INT' | 'LONG' | 'DOUBLE' | 'LIST' | 'CLASS';
export type Importance = 'HIGH' | 'MEDIUM' | 'LOW';
export type Width = 'NONE' | 'SHORT' | 'MEDIUM' | 'LONG';

export interface ConfigKeyOptions<V> {
  /** What a user needs to decide; whole sentences. Printed into docs/reference. */
  readonly documentation: string;
  /** Left out: the key is required. null: there is no value unless one is given. */
  readonly default?: V;
  readonly validator?: Validator;
  readonly importance?: Importance;
  readonly group?: string;
  readonly width?: Width;
  readonly displayName?: string;
  /** Keys whose meaning hangs on this one. */
  readonly dependents?: readonly string[];
}

/** One property, defined once: parsing, validation, REST forms and the reference page come from here. */
export interface ConfigKey<V> extends ConfigKeyOptions<V> {
  readonly type: ConfigType;
}

/** What a key's value looks like: a key whose default is null may be null. */
export type ValueOf<K> = K extends ConfigKey<infer V> ? V : never;

interface KeyMaker<V> {
  (options: ConfigKeyOptions<V | null> & { readonly default: null }): ConfigKey<V | null>;
  (options: ConfigKeyOptions<V>): ConfigKey<V>;
}
const keyOf = <V>(type: ConfigType): KeyMaker<V> =>
  ((options: ConfigKeyOptions<V | null>): ConfigKey<V | null> => ({ ...options, type })) as KeyMaker<V>;

export const string = keyOf<string>('STRING');
export const password = keyOf<string>('PASSWORD');
export const className = keyOf<string>('CLASS');
export const boolean = keyOf<boolean>('BOOLEAN');
export const int = keyOf<number>('INT');
export const long = keyOf<number>('LONG');
export const double = keyOf<number>('DOUBLE');
export const list = keyOf<readonly string[]>('LIST');

export type ConfigKeys = Readonly<Record<string, ConfigKey<unknown>>>;
export type Values<D extends ConfigKeys> = { readonly [N in keyof D]: ValueOf<D[N]> };
export type Properties = Readonly<Record<string, string>>;

export const hidden = '[hidden]';

/** A key with what was given for it: the raw material of PUT …/config/validate. */
export interface ValidatedKey {
  readonly name: string;
  readonly key: ConfigKey<unknown>;
  /** Position inside its group, from 1. */
  readonly order: number;
  /** As text; secrets as `[hidden]`; null where there is none. */
  readonly value: string | null;
  readonly errors: readonly string[];
}

type Parsed = { readonly value: unknown } | { readonly problem: string };

const javaInteger = /^[+-]?\d+$/;
const int32 = { min: -(2n ** 31n), max: 2n ** 31n - 1n };
const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** Longs beyond 2^53 are time-outs meaning "for ever": the nearest exact number stands for them. */
const asSafeNumber = (value: bigint): number =>
  Number(value > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : value);

const parseInteger = (text: string, type: 'INT' | 'LONG'): Parsed => {
  const { min, max } = type === 'INT' ? int32 : int64;
  const value = javaInteger.test(text) ? BigInt(text.replace('+', '')) : null;
  return value === null || value < min || value > max
    ? { problem: `Not a number of type ${type}` }
    : { value: asSafeNumber(value) };
};

/** ConfigDef.parseType: the same texts are accepted, the same words refuse the rest. */
const parseText = (type: ConfigType, given: string): Parsed => {
  const text = given.trim();
  switch (type) {
    case 'BOOLEAN':
      return /^(true|false)$/i.test(text)
        ? { value: text.toLowerCase() === 'true' }
        : { problem: 'Expected value to be either true or false' };
    case 'INT':
    case 'LONG':
      return parseInteger(text, type);
    case 'DOUBLE':
      return text !== '' && Number.isFinite(Number(text))
        ? { value: Number(text) }
        : { problem: 'Not a number of type DOUBLE' };
    case 'LIST':
      return { value: text === '' ? [] : text.split(/\s*,\s*/) };
    case 'PASSWORD':
      return { value: given };
    default:
      return { value: text };
  }
};

export class ConfigDef<D extends ConfigKeys> {
  readonly keys: D;
  constructor(keys: D) {
    this.keys = keys;
  }

  /** Typed values of all keys and every problem at once. A key with a problem has its default (or null) as value. */
  parse(properties: Properties): { readonly values: Values<D>; readonly problems: readonly ConfigProblem[] } {
    const values: Record<string, unknown> = {};
    const problems: ConfigProblem[] = [];
    for (const [name, key] of Object.entries(this.keys)) {
      const { value, errors } = evaluate(name, key, properties[name]);
      values[name] = value;
      for (const message of errors) problems.push({ key: name, message });
    }
    return { values: values as Values<D>, problems };
  }

  validate(properties: Properties): readonly ValidatedKey[] {
    const orders = new Map<string, number>();
    return Object.entries(this.keys).map(([name, key]) => {
      const group = key.group ?? '';
      const order = (orders.get(group) ?? 0) + 1;
      orders.set(group, order);
      const { errors } = evaluate(name, key, properties[name]);
      return { name, key, order, value: shown(key, properties[name]), errors };
    });
  }

  names(): readonly string[] {
    return Object.keys(this.keys);
  }
}

const evaluate = (
  name: string,
  key: ConfigKey<unknown>,
  given: string | undefined,
): { readonly value: unknown; readonly errors: readonly string[] } => {
  if (given === undefined) {
    return key.default === undefined
      ? { value: null, errors: [`Missing required configuration "${name}" which has no default value.`] }
      : { value: key.default, errors: [] };
  }
  const parsed = parseText(key.type, given);
  const why = 'problem' in parsed ? parsed.problem : (key.validator?.check(parsed.value) ?? null);
  if (why === null && 'value' in parsed) return { value: parsed.value, errors: [] };
  const printed = key.type === 'PASSWORD' ? hidden : printedAs(key.type, given, parsed);
  const refused = `Invalid value ${printed} for configuration ${name}: ${why}`;
  const isNullRefused = 'problem' in parsed && key.validator?.refusesNull === true;
  const nullRefused = `Invalid value null for configuration ${name}: Value must be non-null`;
  return { value: key.default ?? null, errors: isNullRefused ? [refused, nullRefused] : [refused] };
};

/** A list as Java prints it, once it is one. */
const printedAs = (type: ConfigType, given: string, parsed: Parsed): string =>
  type === 'LIST' && 'value' in parsed && Array.isArray(parsed.value) ? `[${parsed.value.join(', ')}]` : given.trim();

/** A default as a properties file would hold it. */
export const defaultText = (key: ConfigKey<unknown>): string | null => {
  if (key.default === undefined || key.default === null) return null;
  return Array.isArray(key.default) ? key.default.join(',') : String(key.default);
};

const shown = (key: ConfigKey<unknown>, given: string | undefined): string | null => {
  const text = given ?? defaultText(key);
  return text !== null && key.type === 'PASSWORD' ? hidden : text;
};

/** Names of all password-typed keys: what logs and error messages must never print. */
export const secretNames = (...defs: readonly ConfigDef<ConfigKeys>[]): ReadonlySet<string> =>
  new Set(
    defs.flatMap((def) =>
      Object.entries(def.keys)
        .filter(([, key]) => key.type === 'PASSWORD')
        .map(([name]) => name),
    ),
  );
