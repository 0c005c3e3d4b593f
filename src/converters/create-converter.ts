import { ConfigError, type ConnectorConfig, type Converter, type HeaderConverter } from '../api/index.ts';
import { type ConfigDef, type ConfigKeys, closestName, type PluginClass } from '../config/index.ts';
import { SchemaRegistries } from '../registry/index.ts';
import { systemClock } from '../util/system-clock.ts';
import { ByteArrayConverter } from './byte-array-converter.ts';
import {
  jsonConverterConfig,
  noConverterConfig,
  plainConverterConfig,
  stringConverterConfig,
} from './converter-config-defs.ts';
import { JsonConverter } from './json-converter.ts';
import { JsonHeaderConverter } from './json-header-converter.ts';
import { primitiveConverterClasses } from './primitive-converters.ts';
import { BlueApronConverter, blueApronConverterConfig } from './protobuf/blue-apron-converter.ts';
import { registryFormats } from './registry-formats.ts';
import { SchemaRegistryConverter } from './schema-registry-converter.ts';
import { SimpleHeaderConverter } from './simple-header-converter.ts';
import { SnowflakeAvroContainerConverter } from './snowflake/snowflake-avro-container-converter.ts';
import { SnowflakeAvroConverter, snowflakeAvroConverterConfig } from './snowflake/snowflake-avro-converter.ts';
import { StringConverter } from './string-converter.ts';
import { WindowedKeyConverter, windowedKeyConverterConfig } from './windowed-key-converter.ts';

interface Registered<Create> {
  readonly create: Create;
  readonly configDef: ConfigDef<ConfigKeys>;
}
type CreateConverter = (config: ConnectorConfig, isKey: boolean, registries: SchemaRegistries) => Converter;
type CreateHeaderConverter = (config: ConnectorConfig) => HeaderConverter;

const primitives = [...primitiveConverterClasses].map(
  ([javaClass, create]) => [javaClass, { create, configDef: plainConverterConfig }] as const,
);
const forBoth: readonly (readonly [string, Registered<(config: ConnectorConfig) => Converter & HeaderConverter>])[] = [
  [
    'org.apache.kafka.connect.storage.StringConverter',
    { create: (config) => new StringConverter(config), configDef: stringConverterConfig },
  ],
  [
    'org.apache.kafka.connect.converters.ByteArrayConverter',
    { create: () => new ByteArrayConverter(), configDef: plainConverterConfig },
  ],
  ...primitives,
];

const confluent = [...registryFormats].map(
  ([javaClass, { create, configDef }]): [string, Registered<CreateConverter>] => [
    javaClass,
    {
      create: (config, isKey, registries) => new SchemaRegistryConverter(create(config), config, isKey, registries),
      configDef,
    },
  ],
);

const converters: ReadonlyMap<string, Registered<CreateConverter>> = new Map<string, Registered<CreateConverter>>([
  [
    'org.apache.kafka.connect.json.JsonConverter',
    { create: (config) => new JsonConverter(config), configDef: jsonConverterConfig },
  ],
  ...confluent,
  [
    'com.blueapron.connect.protobuf.ProtobufConverter',
    { create: (config) => new BlueApronConverter(config), configDef: blueApronConverterConfig },
  ],
  [
    'com.snowflake.kafka.connector.records.SnowflakeJsonConverter',
    { create: () => new JsonConverter({ 'schemas.enable': 'false' }), configDef: plainConverterConfig },
  ],
  [
    'com.snowflake.kafka.connector.records.SnowflakeAvroConverter',
    {
      create: (config, isKey, registries) => new SnowflakeAvroConverter(config, isKey, registries),
      configDef: snowflakeAvroConverterConfig,
    },
  ],
  [
    'com.snowflake.kafka.connector.records.SnowflakeAvroConverterWithoutSchemaRegistry',
    { create: (_config, isKey) => new SnowflakeAvroContainerConverter(isKey), configDef: plainConverterConfig },
  ],
  [
    'io.snowsink.WindowedKeyConverter',
    {
      create: (config, isKey, registries) =>
        new WindowedKeyConverter(config, (javaClass, inner) => createConverter(javaClass, inner, isKey, registries)),
      configDef: windowedKeyConverterConfig,
    },
  ],
  ...forBoth,
]);

const headerConverters: ReadonlyMap<string, Registered<CreateHeaderConverter>> = new Map<
  string,
  Registered<CreateHeaderConverter>
>([
  [
    'org.apache.kafka.connect.storage.SimpleHeaderConverter',
    { create: () => new SimpleHeaderConverter(), configDef: noConverterConfig },
  ],
  [
    'org.apache.kafka.connect.json.JsonConverter',
    { create: (config) => new JsonHeaderConverter(config), configDef: jsonConverterConfig },
  ],
  ...forBoth,
]);

/**
 * The converter of a Java class name, simple name (`JsonConverter`) or that without `Converter` (`Json`).
 * `config`: its sub-keys with the prefix taken off (`schemas.enable`). `registries`: those of the thread, which its converters share.
 * @throws ConfigError: unknown class or wrong sub-key.
 */
export const createConverter = (
  javaClass: string,
  config: ConnectorConfig,
  isKey: boolean,
  registries: SchemaRegistries = new SchemaRegistries(systemClock, Math.random),
): Converter =>
  create(converters, javaClass, isKey ? 'key.converter' : 'value.converter', /Converter$/, (registered) =>
    registered.create(config, isKey, registries),
  );

/** The same for header converters; the short name leaves out `HeaderConverter` (`Simple`) or `Converter`. */
export const createHeaderConverter = (javaClass: string, config: ConnectorConfig): HeaderConverter =>
  create(headerConverters, javaClass, 'header.converter', /(?:Header)?Converter$/, (registered) =>
    registered.create(config),
  );

const pluginClasses = (known: ReadonlyMap<string, Pick<PluginClass, 'configDef'>>): readonly PluginClass[] =>
  [...known].map(([javaClass, { configDef }]) => ({ javaClass, configDef }));

export const converterClasses: readonly PluginClass[] = pluginClasses(converters);
export const headerConverterClasses: readonly PluginClass[] = pluginClasses(headerConverters);

const create = <R, T>(
  known: ReadonlyMap<string, R>,
  name: string,
  property: string,
  suffix: RegExp,
  make: (registered: R) => T,
): T => {
  const wanted = name.trim();
  for (const [javaClass, registered] of known) {
    const simpleName = javaClass.slice(javaClass.lastIndexOf('.') + 1);
    if (![javaClass, simpleName, simpleName.replace(suffix, '')].includes(wanted)) continue;
    try {
      return make(registered);
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
