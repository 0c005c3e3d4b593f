import { ConfigError, type ConnectorConfig, type Converter, type HeaderConverter } from '../api/index.ts';
import { closestName } from '../config/index.ts';
import { ByteArrayConverter } from './byte-array-converter.ts';
import { JsonConverter } from './json-converter.ts';
import { JsonHeaderConverter } from './json-header-converter.ts';
import { primitiveConverterClasses } from './primitive-converters.ts';
import { SimpleHeaderConverter } from './simple-header-converter.ts';
import { StringConverter } from './string-converter.ts';

type Create<T> = (config: ConnectorConfig) => T;

const converters: ReadonlyMap<string, Create<Converter>> = new Map<string, Create<Converter>>([
  ['org.apache.kafka.connect.json.JsonConverter', (config) => new JsonConverter(config)],
  ['org.apache.kafka.connect.storage.StringConverter', (config) => new StringConverter(config)],
  ['org.apache.kafka.connect.converters.ByteArrayConverter', () => new ByteArrayConverter()],
  ...primitiveConverterClasses,
]);

const headerConverters: ReadonlyMap<string, Create<HeaderConverter>> = new Map<string, Create<HeaderConverter>>([
  ['org.apache.kafka.connect.storage.SimpleHeaderConverter', () => new SimpleHeaderConverter()],
  ['org.apache.kafka.connect.storage.StringConverter', (config) => new StringConverter(config)],
  ['org.apache.kafka.connect.json.JsonConverter', (config) => new JsonHeaderConverter(config)],
  ['org.apache.kafka.connect.converters.ByteArrayConverter', () => new ByteArrayConverter()],
  ...primitiveConverterClasses,
]);

/**
 * The converter of a Java class name, simple name (`JsonConverter`) or that without `Converter` (`Json`).
 * `config`: its sub-keys with the prefix taken off (`schemas.enable`). @throws ConfigError: unknown class or wrong sub-key.
 */
export const createConverter = (javaClass: string, config: ConnectorConfig, isKey: boolean): Converter =>
  create(converters, javaClass, config, isKey ? 'key.converter' : 'value.converter', /Converter$/);

/** The same for header converters; the short name leaves out `HeaderConverter` (`Simple`) or `Converter`. */
export const createHeaderConverter = (javaClass: string, config: ConnectorConfig): HeaderConverter =>
  create(headerConverters, javaClass, config, 'header.converter', /(?:Header)?Converter$/);

export const converterClasses: readonly string[] = [...converters.keys()];
export const headerConverterClasses: readonly string[] = [...headerConverters.keys()];

const create = <T>(
  known: ReadonlyMap<string, Create<T>>,
  name: string,
  config: ConnectorConfig,
  property: string,
  suffix: RegExp,
): T => {
  const wanted = name.trim();
  for (const [javaClass, make] of known) {
    const simpleName = javaClass.slice(javaClass.lastIndexOf('.') + 1);
    if (![javaClass, simpleName, simpleName.replace(suffix, '')].includes(wanted)) continue;
    try {
      return make(config);
    } catch (error) {
      throw error instanceof ConfigError ? underProperty(error, property) : error;
    }
  }
  const near = closestName(wanted, known.keys());
  const hint = near === null ? '' : ` Did you mean ${near}?`;
  const message = `Class ${wanted} could not be found.${hint} There are: ${[...known.keys()].join(', ')}`;
  throw new ConfigError([{ key: property, message }]);
};

const underProperty = (error: ConfigError, property: string): ConfigError =>
  new ConfigError(
    error.problems.map(({ key, message }) => ({ key: `${property}.${key}`, message })),
    { cause: error },
  );
