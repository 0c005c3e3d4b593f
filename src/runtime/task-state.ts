import type { TaskId } from '../api/index.ts';
import type { Status } from '../storage/index.ts';

export type { Status } from '../storage/index.ts';

/** What a task host tells of its tasks. */
export interface TaskListener {
  onStatus(id: TaskId, status: Status): void;
  /** A circuit breaker around an endpoint of the destination opened or closed. */
  onBreaker(id: TaskId, endpoint: string, isOpen: boolean): void;
  /** The task has read records of this topic; told again now and then (KIP-558). */
  onTopic(id: TaskId, topic: string): void;
}

/** `connector-0`: how Connect names a task in logs and errors, and a key for maps. */
export const taskKey = ({ connector, task }: TaskId): string => `${connector}-${task}`;
