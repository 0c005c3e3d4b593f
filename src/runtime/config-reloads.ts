import { createHash } from 'node:crypto';
import { type Clock, type ConnectorConfig, errorMessage, type Logger, type Timer } from '../api/index.ts';
import { providerTtls, variablesIn } from '../config/index.ts';
import type { Herder } from './herder.ts';
import type { Plugins, WorkerSettings } from './plugins.ts';

export interface ConfigReloadsOptions {
  readonly worker: WorkerSettings;
  readonly plugins: Pick<Plugins, 'resolve'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Connectors = Pick<Herder, 'connectors' | 'connectorInfo' | 'restartConnectorAndTasks'>;

const fingerprint = (value: string): string => createHash('sha256').update(value).digest('base64');

/**
 * config.action.reload: a connector restarts when a variable of its config has got another value. Providers are asked again as
 * often as their `config.providers.<name>.param.ttl.ms` says (KIP-297's ttl); without one, never. Only hashes are kept.
 */
export class ConfigReloads {
  readonly #options: ConfigReloadsOptions;
  readonly #ttls: ReadonlyMap<string, number>;
  /** Connector → variable → hash of the value that it was last seen with. */
  readonly #seen = new Map<string, Map<string, string>>();
  #timer: Timer | null = null;
  #isStopped = false;

  constructor(options: ConfigReloadsOptions) {
    this.#options = options;
    this.#ttls = providerTtls(options.worker.properties);
  }

  /** The same plugins; what they resolve is what a later value is compared with. */
  observing<T extends Pick<Plugins, 'resolve'>>(plugins: T): T {
    const resolve: Plugins['resolve'] = async (worker, config) => {
      await this.#note(config['name'] ?? '', config);
      return plugins.resolve(worker, config);
    };
    return this.#ttls.size === 0 ? plugins : { ...plugins, resolve };
  }

  start(connectors: Connectors): void {
    const everyMs = Math.min(...this.#ttls.values());
    if (this.#isStopped || !Number.isFinite(everyMs)) return;
    this.#timer = this.#options.clock.setTimer(everyMs, () => {
      void this.#check(connectors).finally(() => this.start(connectors));
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  async #check(connectors: Connectors): Promise<void> {
    const names = connectors.connectors();
    for (const known of this.#seen.keys()) if (!names.includes(known)) this.#seen.delete(known);
    for (const name of names) {
      try {
        await this.#reload(name, connectors);
      } catch (error) {
        const message = `Variables of connector ${name} could not be read again: ${errorMessage(error)}`;
        this.#options.logger.warn({ connector: name }, message);
      }
    }
  }

  async #reload(name: string, connectors: Connectors): Promise<void> {
    const { config } = connectors.connectorInfo(name);
    const changed = await this.#note(name, config, { replace: true });
    if (changed.length === 0 || config['config.action.reload']?.trim() === 'none') return;
    this.#options.logger.info({ connector: name }, `Restarting connector ${name}: ${changed.join(', ')} changed.`);
    await connectors.restartConnectorAndTasks(name, { includeTasks: true, onlyFailed: false });
  }

  /** Remembers values that are not known yet (with `replace`, all), and answers the variables whose value is another than before. */
  async #note(name: string, config: ConnectorConfig, { replace = false } = {}): Promise<readonly string[]> {
    const variables = [...new Set(Object.values(config).flatMap(variablesIn))]
      .filter(({ provider }) => this.#ttls.has(provider))
      .map(({ text }) => text);
    if (variables.length === 0) return [];
    const asked = Object.fromEntries(variables.map((text) => [text, text]));
    const values = await this.#options.plugins.resolve(this.#options.worker, asked);
    const seen = this.#seen.get(name) ?? new Map<string, string>();
    this.#seen.set(name, seen);
    return variables.filter((text) => {
      const value = values[text] ?? text;
      const before = seen.get(text);
      // what cannot be read at the moment has not changed
      if (value === text || before === fingerprint(value)) return false;
      if (replace || before === undefined) seen.set(text, fingerprint(value));
      return before !== undefined;
    });
  }
}
