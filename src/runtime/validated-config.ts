import { ConfigError, type ConfigProblem, type ConnectorConfig } from '../api/index.ts';
import {
  type ConfigInfos,
  clientConfigDefs,
  clientOverrideValues,
  configKeyInfos,
  originalsWithPrefix,
  sinkConnectorConfigDef,
  topicProblems,
} from '../config/index.ts';
import { ConfigInfosBuilder } from './config-infos-builder.ts';
import { findPluginClass } from './find-plugin-class.ts';
import { enrichWithPlugins } from './plugin-enrichment.ts';
import type { ConnectorPlugin, Plugins, PluginType, WorkerSettings } from './plugins.ts';
import { problemsOf } from './problems-of.ts';

/** What a validation found: for forms, and as a list for people. */
export interface ValidatedConfig {
  readonly infos: ConfigInfos;
  readonly problems: readonly ConfigProblem[];
}

/** A config as REST takes it: a null is told of like any other mistake. */
export type GivenConfig = Readonly<Record<string, string | null>>;

const converterKinds = {
  'key.converter': 'converter',
  'value.converter': 'converter',
  'header.converter': 'header_converter',
} as const satisfies Readonly<Record<string, PluginType>>;
const converterKeys = ['key.converter', 'value.converter', 'header.converter'] as const;

const withoutNulls = (config: GivenConfig): ConnectorConfig =>
  Object.fromEntries(Object.entries(config).filter((entry): entry is [string, string] => entry[1] !== null));

/**
 * org.apache.kafka.connect.runtime.AbstractHerder.validateConnectorConfig: every definition that concerns a config, with value
 * and messages; touches neither Kafka nor Snowflake. @throws ConfigError: no connector.class, or one that does not exist;
 * a client override of the wrong type (Connect's 500).
 */
export const validatedConfig = async (
  worker: WorkerSettings,
  plugins: Plugins,
  given: GivenConfig,
): Promise<ValidatedConfig> => {
  const config = await plugins.resolve(worker, withoutNulls(given));
  const connectorClass = config['connector.class'];
  if (connectorClass === undefined) throw new NoConnectorTypeError(given);
  const plugin = plugins.connector(connectorClass);
  const infos = new ConfigInfosBuilder();
  addFrameworkKeys(config, plugins, infos);
  enrichWithPlugins(config, plugins, infos);
  for (const { key, message } of topicProblems(config)) infos.addError(key, message);
  for (const [key, value] of Object.entries(given)) {
    if (value === null) infos.addError(key, 'Null value can not be supplied as the configuration value.');
  }
  addOwnKeys(config, plugin, infos);
  for (const key of converterKeys) addConverterKeys(key, config, plugins, infos);
  addClientOverrides(worker, config, infos);
  return { infos: infos.build(connectorClass), problems: infos.problems() };
};

/** Connect's answer to a config that names no connector. */
export class NoConnectorTypeError extends ConfigError {
  override readonly javaClass: string = 'org.apache.kafka.connect.runtime.rest.errors.BadRequestException';
  override readonly name: string = 'NoConnectorTypeError';
  constructor(config: GivenConfig) {
    const near = Object.keys(config).find((key) => /^connector[_-]?class$/i.test(key));
    const hint = near === undefined ? '' : `; ${near} must be written connector.class`;
    super([{ key: '', message: `Connector config ${withoutValues(config)} contains no connector type${hint}` }]);
  }
}

/** Java's print of the map, but for the values, which may be secrets. */
const withoutValues = (config: GivenConfig): string =>
  `{${Object.entries(config)
    .map(([key, value]) => `${key}=${key === 'name' ? value : '[hidden]'}`)
    .join(', ')}}`;

const addFrameworkKeys = (config: ConnectorConfig, plugins: Plugins, infos: ConfigInfosBuilder): void => {
  infos.define(configKeyInfos(sinkConnectorConfigDef));
  const found = new Map(
    converterKeys.map((key) => [key, findPluginClass(plugins.classes, converterKinds[key], config[key]?.trim() ?? '')]),
  );
  const findClass = (key: string, name: string) =>
    converterKeys.flatMap((each) => (each === key ? (found.get(each) ?? []) : []))[0] ?? { javaClass: name };
  infos.set(sinkConnectorConfigDef.validateAll(config, { findClass }));
  for (const key of converterKeys) {
    const recommended = plugins.classes(converterKinds[key]).map(({ javaClass }) => javaClass);
    infos.recommend(key, recommended);
    const converter = found.get(key);
    if (config[key] === undefined || converter === undefined || 'problem' in converter) continue;
    if (converter.refused !== null) infos.addError(key, converter.refused);
  }
};

const addOwnKeys = (config: ConnectorConfig, plugin: ConnectorPlugin, infos: ConfigInfosBuilder): void => {
  infos.define(configKeyInfos(plugin.configDef));
  infos.set(plugin.configDef.validateAll(config).map((value) => ({ ...value, errors: [] })));
  for (const { key, message, advice } of plugin.validate(config)) infos.addError(key, message, advice);
};

/** Of the classes that a worker's config names for connectors that name none, as Connect's worker finds out when it starts. */
export const workerConverterProblems = (worker: ConnectorConfig, plugins: Plugins): readonly ConfigProblem[] =>
  converterKeys.flatMap((key) => {
    const name = worker[key]?.trim() ?? '';
    const found = findPluginClass(plugins.classes, converterKinds[key], name);
    const problem = 'problem' in found ? found.problem : found.refused;
    return name === '' || problem === null
      ? []
      : [{ key, message: `Invalid value ${name} for configuration ${key}: ${problem}` }];
  });

/** Only of converters that the connector names itself. */
const addConverterKeys = (
  key: (typeof converterKeys)[number],
  config: ConnectorConfig,
  plugins: Plugins,
  infos: ConfigInfosBuilder,
): void => {
  const name = config[key]?.trim();
  if (name === undefined || infos.hasErrors(key)) return;
  const found = findPluginClass(plugins.classes, converterKinds[key], name);
  if ('problem' in found) return;
  const [converterType = ''] = key.split('.');
  const settings = originalsWithPrefix(config, `${key}.`);
  const values = found.configDef.validateAll({ 'converter.type': converterType, ...settings });
  infos.define(configKeyInfos(found.configDef, `${key}.`));
  infos.set(values.map((value) => ({ ...value, name: `${key}.${value.name}` })));
  if (values.some(({ errors }) => errors.length > 0)) return;
  const making = problemsOf(() =>
    key === 'header.converter'
      ? plugins.createHeaderConverter(found.javaClass, settings)
      : plugins.createConverter(found.javaClass, settings, key === 'key.converter'),
  );
  for (const problem of making) infos.addError(problem.key, problem.message);
};

const addClientOverrides = (worker: WorkerSettings, config: ConnectorConfig, infos: ConfigInfosBuilder): void => {
  const hasDeadLetterQueue = (config['errors.deadletterqueue.topic.name']?.trim() ?? '') !== '';
  for (const client of hasDeadLetterQueue ? (['consumer', 'producer', 'admin'] as const) : (['consumer'] as const)) {
    const values = clientOverrideValues(client, worker.properties, config);
    const names = new Set(values.map(({ name }) => name));
    infos.define(configKeyInfos(clientConfigDefs[client], `${client}.override.`).filter(({ name }) => names.has(name)));
    infos.set(values);
  }
};
