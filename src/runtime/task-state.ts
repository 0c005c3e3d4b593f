import type { TaskId } from '../api/index.ts';
import type { Status } from '../storage/index.ts';

export type { Status } from '../storage/index.ts';

export type TaskStatusListener = (id: TaskId, status: Status) => void;

/** `connector-0`: how Connect names a task in logs and errors, and a key for maps. */
export const taskKey = ({ connector, task }: TaskId): string => `${connector}-${task}`;
