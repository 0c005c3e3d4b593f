/** org.apache.kafka.connect.runtime.AbstractStatus.State, as clients see it (STOPPED: connectors only). */
export const states = ['UNASSIGNED', 'RUNNING', 'PAUSED', 'FAILED', 'RESTARTING', 'STOPPED'] as const;
export type State = (typeof states)[number];

export interface Status {
  readonly state: State;
  /** Why it FAILED, as javaTrace prints it; null otherwise. */
  readonly trace: string | null;
}

/** A status and who told it. */
export interface WorkerStatus extends Status {
  /** host:port of that worker's REST API. */
  readonly workerId: string;
  /** Of the sharing out of work under which it was told; Connect's readers want it. */
  readonly generation: number;
}

export interface ConnectorStatuses {
  readonly connector: WorkerStatus | null;
  /** By task number. */
  readonly tasks: ReadonlyMap<number, WorkerStatus>;
}

/** org.apache.kafka.connect.storage.StatusBackingStore: how connectors and tasks are, and which topics they read (KIP-558). */
export interface StatusBackingStore {
  /** Resolves when everything that was stored before is there. */
  start(): Promise<void>;
  /** Resolves when what was put is stored. */
  stop(): Promise<void>;
  get(connector: string): ConnectorStatuses | null;
  putConnector(connector: string, status: WorkerStatus): void;
  putTask(connector: string, task: number, status: WorkerStatus): void;
  deleteTask(connector: string, task: number): void;
  /** Forgets the connector's own status and its topics. */
  delete(connector: string): void;
  topics(connector: string): readonly string[];
  putTopic(connector: string, topic: string, task: number): void;
  deleteTopics(connector: string): void;
}

export class MemoryStatusBackingStore implements StatusBackingStore {
  readonly #statuses = new Map<string, { connector: WorkerStatus | null; readonly tasks: Map<number, WorkerStatus> }>();
  readonly #topics = new Map<string, Set<string>>();

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  get(connector: string): ConnectorStatuses | null {
    return this.#statuses.get(connector) ?? null;
  }

  putConnector(connector: string, status: WorkerStatus): void {
    this.#of(connector).connector = status;
  }

  putTask(connector: string, task: number, status: WorkerStatus): void {
    this.#of(connector).tasks.set(task, status);
  }

  deleteTask(connector: string, task: number): void {
    this.#statuses.get(connector)?.tasks.delete(task);
    this.#forgetIfEmpty(connector);
  }

  delete(connector: string): void {
    const known = this.#statuses.get(connector);
    if (known !== undefined) known.connector = null;
    this.#forgetIfEmpty(connector);
    this.deleteTopics(connector);
  }

  topics(connector: string): readonly string[] {
    return [...(this.#topics.get(connector) ?? [])].sort();
  }

  putTopic(connector: string, topic: string): void {
    this.#topics.set(connector, (this.#topics.get(connector) ?? new Set()).add(topic));
  }

  deleteTopics(connector: string): void {
    this.#topics.delete(connector);
  }

  /** For a store that reads single topics' tombstones. */
  deleteTopic(connector: string, topic: string): void {
    this.#topics.get(connector)?.delete(topic);
  }

  #of(connector: string): { connector: WorkerStatus | null; readonly tasks: Map<number, WorkerStatus> } {
    const known = this.#statuses.get(connector) ?? { connector: null, tasks: new Map<number, WorkerStatus>() };
    this.#statuses.set(connector, known);
    return known;
  }

  #forgetIfEmpty(connector: string): void {
    const known = this.#statuses.get(connector);
    if (known?.connector === null && known.tasks.size === 0) this.#statuses.delete(connector);
  }
}
