import type { ConfigProblem } from '../api/index.ts';
import type { Validator } from './validators.ts';

/** org.apache.kafka.common.config.ConfigDef.Type, as REST prints it. */
export type ConfigType = 'STRING' | 'PASSWORD' | 'BOOLEAN' | 'SHORT' | 'INT' | 'LONG' | 'DOUBLE' | 'LIST' | 'CLASS';
export type Importance = 'HIGH' | 'MEDIUM' | 'LOW';
export type Width = 'NONE' | 'SHORT' | 'MEDIUM' | 'LONG';

export interface ConfigKeyOptions<V> {
  /** What a user needs to decide; whole sentences. Printed into docs/reference. */
  readonly documentation: string;
  /** Left out: the key is required. null: there is no value unless one is given. */
  readonly default?: V;
  readonly validator?: Validator;
  /** An integer of Connect's that may be a decimal number here. */
  readonly allowsFractions?: boolean;
  readonly importance?: Importance;
  readonly group?: string;
  readonly width?: Width;
  readonly displayName?: string;
  /** Position inside its group. Left out: as it was declared, from 1; without a group -1, as Connect has it. */
  readonly order?: number;
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
export const short = keyOf<number>('SHORT');
export const int = keyOf<number>('INT');
export const long = keyOf<number>('LONG');
export const double = keyOf<number>('DOUBLE');
export const list = keyOf<readonly string[]>('LIST');

export type ConfigKeys = Readonly<Record<string, ConfigKey<unknown>>>;
export type Values<D extends ConfigKeys> = { readonly [N in keyof D]: ValueOf<D[N]> };
export type Properties = Readonly<Record<string, string>>;

export const hidden = '[hidden]';

/** org.apache.kafka.common.config.ConfigValue: what was given for a key, and what is wrong with it. */
export interface ConfigValue {
  readonly name: string;
  /** As text; secrets as `[hidden]`; null where there is none or it could not be read. */
  readonly value: string | null;
  readonly errors: readonly string[];
}

/** What validation needs to know besides the definitions. */
export interface ValidationContext {
  /** The class that a CLASS key names, or why there is none. Left out: every name will do. */
  readonly findClass?: (key: string, name: string) => { readonly javaClass: string } | { readonly problem: string };
  /** Taken off a key's name before its validator names it: Connect's embedded definitions do so. */
  readonly keyPrefix?: string;
}

type Parsed = { readonly value: unknown } | { readonly problem: string };

const javaInteger = /^[+-]?\d+$/;
const integerBits = { SHORT: 15n, INT: 31n, LONG: 63n };

/** Longs beyond 2^53 are time-outs meaning "for ever": the nearest exact number stands for them. */
const asSafeNumber = (value: bigint): number =>
  Number(value > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : value);

const parseInteger = (text: string, type: keyof typeof integerBits): Parsed => {
  const limit = 2n ** integerBits[type];
  const value = javaInteger.test(text) ? BigInt(text.replace('+', '')) : null;
  return value === null || value < -limit || value >= limit
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
    case 'SHORT':
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
      const { value, errors } = evaluate(name, key, properties[name], {});
      values[name] = errors.length > 0 ? (key.default ?? null) : value;
      for (const message of errors) problems.push({ key: name, message });
    }
    return { values: values as Values<D>, problems };
  }

  /** ConfigDef.validateAll: every key with its value and what is wrong with it. */
  validateAll(properties: Properties, context: ValidationContext = {}): readonly ConfigValue[] {
    return Object.entries(this.keys).map(([name, key]) => {
      const { value, errors } = evaluate(name, key, properties[name], context);
      return { name, value: valueText(key.type, value), errors };
    });
  }

  names(): readonly string[] {
    return Object.keys(this.keys);
  }
}

/** ConfigDef.parseForValidate: a validator sees null where a text could not be read or a required one is missing. */
const evaluate = (
  name: string,
  key: ConfigKey<unknown>,
  given: string | undefined,
  { findClass, keyPrefix = '' }: ValidationContext,
): { readonly value: unknown; readonly errors: readonly string[] } => {
  if (given === undefined && key.default === null) return { value: null, errors: [] };
  const errors: string[] = [];
  let value: unknown = key.default ?? null;
  if (given !== undefined) {
    const isFraction = key.allowsFractions === true && /^\d*\.\d+$/.test(given.trim());
    const type = isFraction ? 'DOUBLE' : key.type;
    const parsed = key.type === 'CLASS' ? parseClass(name, given, findClass) : parseText(type, given);
    value = 'value' in parsed ? parsed.value : null;
    if ('problem' in parsed) {
      const text = key.type === 'PASSWORD' ? hidden : given.trim();
      errors.push(`Invalid value ${text} for configuration ${name}: ${parsed.problem}`);
    }
  } else if (key.default === undefined) {
    errors.push(`Missing required configuration "${name}" which has no default value.`);
  }
  const refused = key.validator?.check(value) ?? null;
  if (refused !== null) {
    const bareName = name.startsWith(keyPrefix) ? name.slice(keyPrefix.length) : name;
    const text = `Invalid value ${printed(key.type, value)} for configuration ${bareName}: ${refused}`;
    errors.push(key.validator?.saysAll === true ? refused : text);
  }
  return { value, errors };
};

const parseClass = (key: string, given: string, findClass: ValidationContext['findClass']): Parsed => {
  const name = given.trim();
  const found = findClass === undefined ? { javaClass: name } : findClass(key, name);
  return 'javaClass' in found ? { value: found.javaClass } : found;
};

/** String.valueOf, as messages quote a value. */
const printed = (type: ConfigType, value: unknown): string => {
  if (type === 'PASSWORD' && value !== null) return hidden;
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
};

/** ConfigDef.convertToString: as a properties file would hold it, secrets as `[hidden]`. */
const valueText = (type: ConfigType, value: unknown): string | null => {
  if (value === null || value === undefined) return null;
  if (type === 'PASSWORD') return hidden;
  return Array.isArray(value) ? value.join(',') : String(value);
};

/** A text by the type of a key, validators aside; a key that is not declared takes any. */
export const typedText = (
  def: ConfigDef<ConfigKeys>,
  name: string,
  given: string,
): { readonly text: string | null } | { readonly problem: string } => {
  const type = def.keys[name]?.type;
  if (type === undefined) return { text: given };
  const parsed = parseText(type, given);
  if ('value' in parsed) return { text: valueText(type, parsed.value) };
  return { problem: `Invalid value ${given.trim()} for configuration ${name}: ${parsed.problem}` };
};

/** A default as REST and the reference page print it. */
export const defaultText = (key: ConfigKey<unknown>): string | null => valueText(key.type, key.default);

/** Names of all password-typed keys: what logs and error messages must never print. */
export const secretNames = (...defs: readonly ConfigDef<ConfigKeys>[]): ReadonlySet<string> =>
  new Set(
    defs.flatMap((def) =>
      Object.entries(def.keys)
        .filter(([, key]) => key.type === 'PASSWORD')
        .map(([name]) => name),
    ),
  );
