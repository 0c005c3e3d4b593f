import type { Clock, ConnectorConfig, Random } from '../api/index.ts';
import { registryConfigDef } from './registry-config.ts';
import { type RegistrySettings, readRegistrySettings } from './registry-settings.ts';
import { SchemaRegistryClient } from './schema-registry-client.ts';

/** The registry clients of one thread: converters with the same settings share one, and with it what it knows. */
export class SchemaRegistries {
  readonly #clients = new Map<string, SchemaRegistryClient>();
  readonly clock: Clock;
  readonly #random: Random;

  constructor(clock: Clock, random: Random) {
    this.clock = clock;
    this.#random = random;
  }

  /** Touches no network. @throws ConfigError */
  client(config: ConnectorConfig): SchemaRegistryClient {
    const settings: RegistrySettings = readRegistrySettings(config);
    const key = JSON.stringify(Object.entries(config).filter(concernsTheRegistry).sort());
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    const client = new SchemaRegistryClient(settings, this.clock, this.#random);
    this.#clients.set(key, client);
    return client;
  }
}

const names: ReadonlySet<string> = new Set(Object.keys(registryConfigDef.keys));

const concernsTheRegistry = ([name]: readonly [string, string]): boolean =>
  names.has(name) || name.startsWith('schema.registry.') || name.startsWith('request.header.');
