import type { ConnectorConfig, TaskId } from '../api/index.ts';

/** What an operator wants a connector to be (KIP-875). */
export type TargetState = 'STARTED' | 'PAUSED' | 'STOPPED';

export interface StoredConnector {
  /** Exactly as it was given, plus `name`: operators compare it. Variables stay unresolved. A new object at each change. */
  readonly config: ConnectorConfig;
  readonly targetState: TargetState;
  /** One for each task that exists; none while stopped. */
  readonly taskConfigs: readonly ConnectorConfig[];
}

/** KIP-745: which parts of a connector start anew. */
export interface RestartRequest {
  readonly connector: string;
  readonly includeTasks: boolean;
  readonly onlyFailed: boolean;
}

/** Every worker that shares the store hears of every change, its own included. */
export interface ConfigListener {
  /** The connector's config, target state or task configs changed, or it is gone. */
  onConnector(name: string): void;
  onRestart(request: RestartRequest): void;
  onTaskRestart(id: TaskId): void;
  onLoggerLevel(logger: string, level: string): void;
}

/**
 * org.apache.kafka.connect.storage.ConfigBackingStore: what connectors there are, by name. A change resolves when `get` answers it
 * and the listener was told.
 */
export interface ConfigBackingStore {
  /** Resolves when everything that was stored before is there. */
  start(listener: ConfigListener): Promise<void>;
  stop(): Promise<void>;
  names(): readonly string[];
  get(name: string): StoredConnector | null;
  putConnector(name: string, config: ConnectorConfig, targetState: TargetState): Promise<void>;
  putTargetState(name: string, targetState: TargetState): Promise<void>;
  putTaskConfigs(name: string, taskConfigs: readonly ConnectorConfig[]): Promise<void>;
  delete(name: string): Promise<void>;
  requestRestart(request: RestartRequest): Promise<void>;
  requestTaskRestart(id: TaskId): Promise<void>;
  putLoggerLevel(logger: string, level: string): Promise<void>;
}

const nobody: ConfigListener = {
  onConnector: () => {},
  onRestart: () => {},
  onTaskRestart: () => {},
  onLoggerLevel: () => {},
};

/** Forgets everything with the process, as Connect's standalone mode does; the connector files come again at the next start. */
export class MemoryConfigBackingStore implements ConfigBackingStore {
  readonly #connectors = new Map<string, StoredConnector>();
  #listener = nobody;

  async start(listener: ConfigListener): Promise<void> {
    this.#listener = listener;
  }

  async stop(): Promise<void> {}

  names(): readonly string[] {
    return [...this.#connectors.keys()].sort();
  }

  get(name: string): StoredConnector | null {
    return this.#connectors.get(name) ?? null;
  }

  async putConnector(name: string, config: ConnectorConfig, targetState: TargetState): Promise<void> {
    this.#put(name, { taskConfigs: [], ...this.get(name), config, targetState });
  }

  async putTargetState(name: string, targetState: TargetState): Promise<void> {
    const stored = this.get(name);
    if (stored !== null) this.#put(name, { ...stored, targetState });
  }

  async putTaskConfigs(name: string, taskConfigs: readonly ConnectorConfig[]): Promise<void> {
    const stored = this.get(name);
    if (stored !== null) this.#put(name, { ...stored, taskConfigs });
  }

  async delete(name: string): Promise<void> {
    this.#connectors.delete(name);
    this.#listener.onConnector(name);
  }

  async requestRestart(request: RestartRequest): Promise<void> {
    this.#listener.onRestart(request);
  }

  async requestTaskRestart(id: TaskId): Promise<void> {
    this.#listener.onTaskRestart(id);
  }

  async putLoggerLevel(logger: string, level: string): Promise<void> {
    this.#listener.onLoggerLevel(logger, level);
  }

  #put(name: string, connector: StoredConnector): void {
    this.#connectors.set(name, connector);
    this.#listener.onConnector(name);
  }
}
