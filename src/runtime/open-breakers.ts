import type { TaskId } from '../api/index.ts';
import { taskKey } from './task-state.ts';

/** Snowflake's endpoints that do not answer, by the task that has found out. */
export class OpenBreakers {
  /** `orders-0 ingest` */
  readonly #open = new Set<string>();

  get open(): Iterable<string> {
    return this.#open;
  }

  changed(id: TaskId, endpoint: string, isOpen: boolean): void {
    const breaker = `${taskKey(id)} ${endpoint}`;
    if (isOpen) this.#open.add(breaker);
    else this.#open.delete(breaker);
  }

  /** A task that has ended has none. */
  forget(id: TaskId): void {
    for (const breaker of this.#open) {
      if (breaker.startsWith(`${taskKey(id)} `)) this.#open.delete(breaker);
    }
  }
}
