import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, normalize, sep } from 'node:path';
import { ConfigError, type Logger } from '../api/index.ts';
import type { Properties } from './config-def.ts';
import { originalsWithPrefix } from './originals-with-prefix.ts';
import { parseProperties } from './properties-file.ts';

/** Kafka's ConfigProvider (KIP-297): null where it does not know the key, so that the text stays as it is. */
export interface ConfigProvider {
  get(path: string, key: string): string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Refusal = (path: string, reason: string) => void;

/** `${provider:[path:]key}`, as org.apache.kafka.common.config.ConfigTransformer reads it. */
const variable = /\$\{([^}:]*):(?:([^}]*?):)?([^}]*)\}/g;

const fail = (message: string, cause?: unknown): never => {
  throw new ConfigError([{ key: '', message }], { cause });
};

const allowedPaths = (param: string | undefined): ((path: string) => boolean) => {
  if (param === undefined || param.trim() === '') return () => true;
  const roots = param.split(',').map((path) => normalize(path.trim()));
  const relative = roots.find((path) => !isAbsolute(path));
  if (relative !== undefined)
    fail(`allowed.paths: ${relative} is not absolute; write absolute paths, separated by commas.`);
  return (path) => {
    const asked = normalize(path);
    return roots.some((root) => asked === root || asked.startsWith(root.endsWith(sep) ? root : root + sep));
  };
};

const environmentProvider = (pattern: string | undefined, environment: Environment): ConfigProvider => {
  const allowed = new RegExp(`^(?:${pattern ?? '.*'})$`);
  return {
    get(path, key) {
      if (path !== '')
        fail(`Path is not supported for EnvVarConfigProvider, invalid value '${path}'; write \${env:NAME}.`);
      return allowed.test(key) ? (environment[key] ?? null) : null;
    },
  };
};

const fileProvider = (allowed: (path: string) => boolean, refuse: Refusal): ConfigProvider => ({
  get(path, key) {
    if (path === '') return null;
    if (!allowed(path)) {
      refuse(path, 'it is not under allowed.paths');
      return null;
    }
    try {
      return parseProperties(readFileSync(path, 'utf8'), path)[key] ?? null;
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      return fail(
        `Could not read properties from file ${path}; check that it exists and that this user may read it.`,
        error,
      );
    }
  },
});

const directoryProvider = (allowed: (path: string) => boolean, refuse: Refusal): ConfigProvider => ({
  get(path, key) {
    const file = join(path, key);
    if (path === '' || key.includes(sep)) return null;
    if (!allowed(path)) {
      refuse(path, 'it is not under allowed.paths');
      return null;
    }
    try {
      return statSync(file).isFile() ? readFileSync(file, 'utf8') : null;
    } catch (error) {
      return fail(`Could not read file ${file}; check that it exists and that this user may read it.`, error);
    }
  },
});

interface ProviderContext {
  readonly environment: Environment;
  readonly params: Properties;
  readonly refuse: Refusal;
}

const providerClasses: Readonly<Record<string, (context: ProviderContext) => ConfigProvider>> = {
  EnvVarConfigProvider: ({ params, environment }) => environmentProvider(params['allowlist.pattern'], environment),
  FileConfigProvider: ({ params, refuse }) => fileProvider(allowedPaths(params['allowed.paths']), refuse),
  DirectoryConfigProvider: ({ params, refuse }) => directoryProvider(allowedPaths(params['allowed.paths']), refuse),
};

/** Apache's, Strimzi's and plain class names all end in the name that says what it does. */
const providerByClass = (
  name: string,
  javaClass: string | undefined,
): ((context: ProviderContext) => ConfigProvider) => {
  const simple = javaClass?.slice(javaClass.lastIndexOf('.') + 1) ?? '';
  const known = Object.keys(providerClasses);
  const make = providerClasses[simple] ?? providerClasses[`${simple}ConfigProvider`];
  if (make !== undefined) return make;
  throw new ConfigError([
    {
      key: `config.providers.${name}.class`,
      message:
        javaClass === undefined
          ? `is missing although config.providers names ${name}; set it to one of: ${known.map((k) => `org.apache.kafka.common.config.provider.${k}`).join(', ')}.`
          : `${javaClass} does not exist here; there are: ${known.join(', ')}.`,
    },
  ]);
};

const builtIn: Readonly<Record<string, string>> = {
  env: 'EnvVarConfigProvider',
  file: 'FileConfigProvider',
  directory: 'DirectoryConfigProvider',
  dir: 'DirectoryConfigProvider',
};

/** Nobody declared it, so a text that only looks like a variable is no mistake: it stays, as in Connect without providers. */
const lenient = (provider: ConfigProvider, refuse: Refusal): ConfigProvider => ({
  get(path, key) {
    try {
      return provider.get(path, key);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      refuse(path, error.message);
      return null;
    }
  },
});

/**
 * The providers that a worker's config declares (config.providers…), or env, file, directory where it declares none.
 * Throws ConfigError for a class that does not exist.
 */
export const createConfigProviders = (
  worker: Properties,
  environment: Environment,
  logger: Logger,
): ReadonlyMap<string, ConfigProvider> => {
  const declared = worker['config.providers'];
  const classes: Record<string, string | undefined> = {};
  if (declared === undefined) Object.assign(classes, builtIn);
  for (const name of declared?.split(',').map((part) => part.trim()) ?? []) {
    if (name !== '') classes[name] = worker[`config.providers.${name}.class`];
  }
  const providers = new Map<string, ConfigProvider>();
  for (const [name, javaClass] of Object.entries(classes)) {
    const refuse: Refusal = (path, reason) =>
      logger.warn(
        { provider: name, path },
        `The variable was left as it is: provider ${name} may not read ${path}: ${reason}.`,
      );
    const params = originalsWithPrefix(worker, `config.providers.${name}.param.`);
    const provider = providerByClass(name, javaClass)({ environment, params, refuse });
    providers.set(name, declared === undefined ? lenient(provider, refuse) : provider);
  }
  return providers;
};

const resolveText = (text: string, providers: ReadonlyMap<string, ConfigProvider>): string =>
  text.includes('${')
    ? text.replaceAll(variable, (whole, name: string, path: string | undefined, key: string) => {
        return providers.get(name)?.get(path?.trim() ?? '', key.trim()) ?? whole;
      })
    : text;

/**
 * Every variable replaced that a provider knows; unknown providers and keys stay as they are, several per value are fine, and
 * what a variable brings is not looked at again (Kafka's ConfigTransformer). Never log the answer.
 */
export const resolveProviders = (
  properties: Properties,
  providers: ReadonlyMap<string, ConfigProvider>,
): Record<string, string> =>
  Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, resolveText(value, providers)]));

/** The variables in a text, each with its provider's name. */
export const variablesIn = (text: string): readonly { readonly text: string; readonly provider: string }[] =>
  [...text.matchAll(variable)].map(([whole, provider = '']) => ({ text: whole, provider }));

/** Providers that are to be asked again after so many milliseconds: `config.providers.<name>.param.ttl.ms`. */
export const providerTtls = (worker: Properties): ReadonlyMap<string, number> => {
  const ttls = new Map<string, number>();
  for (const [key, text] of Object.entries(originalsWithPrefix(worker, 'config.providers.'))) {
    const name = /^([^.]+)\.param\.ttl\.ms$/.exec(key)?.[1];
    if (name === undefined) continue;
    const ttl = Number(text);
    if (!Number.isInteger(ttl) || ttl < 1) {
      throw new ConfigError([
        { key: `config.providers.${key}`, message: 'must be a whole number of milliseconds, 1 or more.' },
      ]);
    }
    ttls.set(name, ttl);
  }
  return ttls;
};

/** The first variable that is still in a resolved text: `${env:SNOWFLAKE_KEY}`; null if there is none. */
export const unresolvedVariable = (text: string): string | null => text.match(variable)?.[0] ?? null;
