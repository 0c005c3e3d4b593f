import type { ConnectorConfig } from '../api/index.ts';
import type { Properties } from './config-def.ts';
import { originalsWithPrefix } from './originals-with-prefix.ts';

export interface ConverterConfig {
  readonly javaClass: string;
  /** Sub-keys, prefix taken off: `schemas.enable`. */
  readonly config: ConnectorConfig;
}

/**
 * Connect's rule of inheritance: a connector that names a converter class brings all its settings, and none of the worker's
 * apply; one that names none gets the worker's class with the worker's settings, and its own settings are ignored.
 */
export const converterConfig = (
  worker: Properties,
  connector: ConnectorConfig,
  kind: 'key.converter' | 'value.converter' | 'header.converter',
): ConverterConfig => {
  const own = connector[kind];
  const source = own === undefined ? worker : connector;
  return { javaClass: source[kind] ?? '', config: originalsWithPrefix(source, `${kind}.`) };
};

/** Connector-level converter settings that have no effect because the connector names no class: worth a warning. */
export const ignoredConverterKeys = (connector: ConnectorConfig): readonly string[] =>
  ['key.converter', 'value.converter', 'header.converter']
    .filter((kind) => connector[kind] === undefined)
    .flatMap((kind) => Object.keys(connector).filter((name) => name.startsWith(`${kind}.`)));
