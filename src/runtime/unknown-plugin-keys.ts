import type { ConnectorConfig } from '../api/index.ts';
import type { PluginClass } from '../config/index.ts';
import { findPluginClass } from './find-plugin-class.ts';
import type { PluginType } from './plugins.ts';

interface Part {
  readonly prefix: string;
  readonly type: PluginType;
  readonly javaClass: string | undefined;
  /** Keys under the prefix that the framework reads. */
  readonly frameworkKeys: readonly string[];
}

const aliases = (config: ConnectorConfig, key: string): readonly string[] =>
  (config[key] ?? '').split(',').flatMap((alias) => (alias.trim() === '' ? [] : [alias.trim()]));

const parts = (config: ConnectorConfig): readonly Part[] => [
  ...aliases(config, 'transforms').map(
    (alias): Part => ({
      prefix: `transforms.${alias}.`,
      type: 'transformation',
      javaClass: config[`transforms.${alias}.type`],
      frameworkKeys: ['type', 'predicate', 'negate'],
    }),
  ),
  ...aliases(config, 'predicates').map(
    (alias): Part => ({
      prefix: `predicates.${alias}.`,
      type: 'predicate',
      javaClass: config[`predicates.${alias}.type`],
      frameworkKeys: ['type'],
    }),
  ),
];

/**
 * Keys of transforms and predicates that their class does not know: Connect ignores them without a word, and what was meant never
 * happens. A line each, for the log.
 */
export const unknownPluginKeys = (
  config: ConnectorConfig,
  classes: (type: PluginType) => readonly PluginClass[],
): readonly string[] =>
  parts(config).flatMap(({ prefix, type, javaClass, frameworkKeys }) => {
    const found = findPluginClass(classes, type, javaClass?.trim() ?? '');
    if ('problem' in found || found.refused !== null || found.javaClass.startsWith('module:')) return [];
    const known = [...frameworkKeys, ...found.configDef.names()];
    return Object.keys(config)
      .filter((key) => key.startsWith(prefix) && !known.includes(key.slice(prefix.length)))
      .map(
        (key) =>
          `${key} has no effect: ${found.javaClass} has no such property. There are: ${found.configDef.names().join(', ')}.`,
      );
  });
