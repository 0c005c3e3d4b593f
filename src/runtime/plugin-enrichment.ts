import type { ConfigProblem, ConnectorConfig } from '../api/index.ts';
import { boolean, ConfigDef, type ConfigKeys, className, embeddedKeyInfos, string } from '../config/index.ts';
import type { ConfigInfosBuilder } from './config-infos-builder.ts';
import { findPluginClass } from './find-plugin-class.ts';
import type { Plugins, PluginType } from './plugins.ts';
import { problemsOf } from './problems-of.ts';
import { subConfig } from './sub-config.ts';

interface Kind {
  /** The list of aliases and, before each alias, the prefix of its keys. */
  readonly key: 'transforms' | 'predicates';
  readonly type: PluginType;
  readonly group: string;
  readonly noun: string;
  /** Keys that the framework adds to each of the plugin's own. */
  readonly frameworkKeys: ConfigKeys;
}

const kinds: readonly Kind[] = [
  {
    key: 'transforms',
    type: 'transformation',
    group: 'Transforms',
    noun: 'Transformation',
    frameworkKeys: {
      predicate: string({
        default: null,
        documentation: 'Alias of the predicate that says which records it applies to.',
      }),
      negate: boolean({
        default: false,
        documentation: 'true: it applies to the records that the predicate leaves out.',
      }),
    },
  },
  { key: 'predicates', type: 'predicate', group: 'Predicates', noun: 'Predicate', frameworkKeys: {} },
];

const split = (text: string): readonly string[] => (text.trim() === '' ? [] : text.trim().split(/\s*,\s*/));

/** org.apache.kafka.connect.runtime.ConnectorConfig.enrich: the keys that the transforms and predicates named in a config bring. */
export const enrichWithPlugins = (config: ConnectorConfig, plugins: Plugins, into: ConfigInfosBuilder): void => {
  for (const kind of kinds) {
    for (const alias of new Set(split(config[kind.key] ?? ''))) enrich(kind, alias, config, plugins, into);
  }
  refuseUnknownPredicates(config, into);
};

/** A definition's keys behind a prefix. */
const prefixed = (def: ConfigDef<ConfigKeys>, keyPrefix: string): ConfigDef<ConfigKeys> =>
  new ConfigDef(Object.fromEntries(Object.entries(def.keys).map(([name, key]) => [`${keyPrefix}${name}`, key])));

const enrich = (
  { key: listKey, type, group: kindGroup, noun, frameworkKeys }: Kind,
  alias: string,
  config: ConnectorConfig,
  plugins: Plugins,
  into: ConfigInfosBuilder,
): void => {
  const keyPrefix = `${listKey}.${alias}.`;
  const typeKey = `${keyPrefix}type`;
  const group = `${kindGroup}: ${alias}`;
  const found = findPluginClass(plugins.classes, type, config[typeKey]?.trim() ?? '');
  const typeDef = new ConfigDef({
    type: className({
      importance: 'HIGH',
      width: 'LONG',
      displayName: `${noun} type for ${alias}`,
      documentation: `Class of the ${noun.toLowerCase()} ${alias}.`,
    }),
  });
  into.define(embeddedKeyInfos(typeDef, { keyPrefix, group, firstOrder: 0 }));
  const recommended = plugins
    .classes(type)
    .flatMap(({ javaClass, refused }) => (refused === undefined ? [javaClass] : []));
  into.recommend(typeKey, recommended);
  into.set(prefixed(typeDef, keyPrefix).validateAll(config, { findClass: () => found }));
  if (listKey === 'transforms' && `${keyPrefix}negate` in config && !(`${keyPrefix}predicate` in config)) {
    const message = `Config '${keyPrefix}negate' was provided but there is no config '${keyPrefix}predicate' defining a predicate to be negated.`;
    into.addError(typeKey, message);
  }
  if ('problem' in found) return;
  if (found.refused !== null) {
    into.addError(typeKey, found.refused);
    return;
  }
  const own = new ConfigDef({ ...frameworkKeys, ...found.configDef.keys });
  into.define(embeddedKeyInfos(own, { keyPrefix, group, firstOrder: 1 }));
  into.set(prefixed(own, keyPrefix).validateAll(config, { keyPrefix }));
  if (own.names().some((name) => into.hasErrors(`${keyPrefix}${name}`))) return;
  for (const { key, message } of makingProblems(plugins, type, found.javaClass, subConfig(config, keyPrefix))) {
    into.addError(key === '' || key === 'type' ? typeKey : `${keyPrefix}${key}`, message);
  }
};

/** What only making it tells: Connect finds that out when the connector starts. */
const makingProblems = (
  plugins: Plugins,
  type: PluginType,
  javaClass: string,
  config: ConnectorConfig,
): readonly ConfigProblem[] =>
  problemsOf(() =>
    type === 'predicate'
      ? plugins.createPredicate(javaClass, config)
      : plugins.createTransformation(javaClass, config).close(),
  );

/** Connect finds out when the connector starts. */
const refuseUnknownPredicates = (config: ConnectorConfig, into: ConfigInfosBuilder): void => {
  const known = split(config['predicates'] ?? '');
  for (const alias of new Set(split(config['transforms'] ?? ''))) {
    const key = `transforms.${alias}.predicate`;
    const predicate = config[key]?.trim();
    if (predicate === undefined || known.includes(predicate)) continue;
    into.addError(key, `No predicate with the alias ${predicate} is listed in 'predicates'.`);
  }
};
