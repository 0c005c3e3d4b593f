import { ConnectError, errorMessage, NotFoundError } from '../api/index.ts';
import { type ConfigInfos, type ConfigKeyInfo, configKeyInfos, sinkConnectorConfigDef } from '../config/index.ts';
import type { PluginInfo } from './connector-info.ts';
import { findPluginClass } from './find-plugin-class.ts';
import { type Plugins, pluginTypes, type WorkerSettings } from './plugins.ts';
import { type GivenConfig, validatedConfig } from './validated-config.ts';

/** What `/connector-plugins` tells of the classes that configs may name. */
export class ConnectorPluginsView {
  readonly #settings: WorkerSettings;
  readonly #plugins: Plugins;

  constructor(settings: WorkerSettings, plugins: Plugins) {
    this.#settings = settings;
    this.#plugins = plugins;
  }

  /** Connectors only, or everything that a config may name, in Connect's order. */
  list({ connectorsOnly }: { readonly connectorsOnly: boolean }): readonly PluginInfo[] {
    const connectors = this.#plugins
      .connectors()
      .map(({ javaClass, version }): PluginInfo => ({ class: javaClass, type: 'sink', version }));
    return connectorsOnly ? connectors : [...connectors, ...this.#plugins.others()];
  }

  /** Every key of a class, by its full name or alias; a connector's own first, then those that every sink has. */
  configKeys(name: string): readonly ConfigKeyInfo[] {
    const connector = this.#connectorDef(name);
    if (connector !== null) {
      const own = configKeyInfos(connector);
      const known = new Set(own.map((key) => key.name));
      return [...own, ...configKeyInfos(sinkConnectorConfigDef).filter((key) => !known.has(key.name))];
    }
    for (const type of pluginTypes) {
      const found = findPluginClass(this.#plugins.classes, type, name);
      if (!('problem' in found) && found.refused === null) return configKeyInfos(found.configDef);
    }
    throw new NotFoundError(`Unknown plugin ${name}.`);
  }

  /** Rejects with Connect's answer where the config names no connector or one that does not exist. */
  async validate(config: GivenConfig): Promise<ConfigInfos> {
    try {
      const { infos } = await validatedConfig(this.#settings, this.#plugins, config);
      return infos;
    } catch (error) {
      if (error instanceof ConnectError) throw new ValidationFailedError(error);
      throw error;
    }
  }

  #connectorDef(name: string) {
    try {
      return this.#plugins.connector(name).configDef;
    } catch (error) {
      if (error instanceof ConnectError) return null;
      throw error;
    }
  }
}

/** Validation runs apart in Connect: what it throws comes as a 500, behind the name of its class. */
class ValidationFailedError extends ConnectError {
  override readonly name: string = 'ValidationFailedError';
  constructor(cause: ConnectError) {
    super(`${cause.javaClass}: ${errorMessage(cause)}`, { cause });
  }
}
