/** org.apache.kafka.connect.runtime.AbstractStatus.State, as clients see it (STOPPED: connectors only). */
export const states = ['UNASSIGNED', 'RUNNING', 'PAUSED', 'FAILED', 'RESTARTING', 'STOPPED'] as const;
export type State = (typeof states)[number];

export interface Status {
  readonly state: State;
  /** Why it FAILED, as javaTrace prints it; null otherwise. */
  readonly trace: string | null;
}

export interface ConnectorStatuses {
  readonly connector: Status;
  /** By task number. */
  readonly tasks: ReadonlyMap<number, Status>;
}

/** org.apache.kafka.connect.storage.StatusBackingStore: how connectors and tasks are. */
export interface StatusBackingStore {
  get(connector: string): ConnectorStatuses | null;
  putConnector(connector: string, status: Status): void;
  putTask(connector: string, task: number, status: Status): void;
  /** Forgets tasks from this number on. */
  truncateTasks(connector: string, count: number): void;
  delete(connector: string): void;
}

export class MemoryStatusBackingStore implements StatusBackingStore {
  readonly #statuses = new Map<string, { connector: Status; readonly tasks: Map<number, Status> }>();

  get(connector: string): ConnectorStatuses | null {
    return this.#statuses.get(connector) ?? null;
  }

  putConnector(connector: string, status: Status): void {
    const known = this.#statuses.get(connector);
    if (known === undefined) this.#statuses.set(connector, { connector: status, tasks: new Map() });
    else known.connector = status;
  }

  putTask(connector: string, task: number, status: Status): void {
    this.#statuses.get(connector)?.tasks.set(task, status);
  }

  truncateTasks(connector: string, count: number): void {
    const tasks = this.#statuses.get(connector)?.tasks;
    for (const task of [...(tasks?.keys() ?? [])]) if (task >= count) tasks?.delete(task);
  }

  delete(connector: string): void {
    this.#statuses.delete(connector);
  }
}
