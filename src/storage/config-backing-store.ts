import type { ConnectorConfig } from '../api/index.ts';

/** What an operator wants a connector to be (KIP-875). */
export type TargetState = 'STARTED' | 'PAUSED' | 'STOPPED';

export interface StoredConnector {
  /** Exactly as it was given, plus `name`: operators compare it. Variables stay unresolved. */
  readonly config: ConnectorConfig;
  readonly targetState: TargetState;
  /** One for each task that exists; none while stopped. */
  readonly taskConfigs: readonly ConnectorConfig[];
}

/** org.apache.kafka.connect.storage.ConfigBackingStore: what connectors there are, by name. */
export interface ConfigBackingStore {
  names(): readonly string[];
  get(name: string): StoredConnector | null;
  put(name: string, connector: StoredConnector): Promise<void>;
  delete(name: string): Promise<void>;
}

/** Forgets everything with the process, as Connect's standalone mode does; the connector files come again at the next start. */
export class MemoryConfigBackingStore implements ConfigBackingStore {
  readonly #connectors = new Map<string, StoredConnector>();

  names(): readonly string[] {
    return [...this.#connectors.keys()].sort();
  }

  get(name: string): StoredConnector | null {
    return this.#connectors.get(name) ?? null;
  }

  async put(name: string, connector: StoredConnector): Promise<void> {
    this.#connectors.set(name, connector);
  }

  async delete(name: string): Promise<void> {
    this.#connectors.delete(name);
  }
}
