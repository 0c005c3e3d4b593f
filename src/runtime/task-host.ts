import type { TaskId } from '../api/index.ts';
import type { LoggerLevelName } from '../util/logger-levels.ts';
import type { TaskSpec } from './build-worker-sink-task.ts';

/** Where tasks run: in this thread, or spread over threads. Statuses go to the listener that the host was made with. */
export interface TaskHost {
  /** Returns at once; the outcome is a status: RUNNING, PAUSED or FAILED. */
  start(spec: TaskSpec): void;
  setPaused(id: TaskId, paused: boolean): void;
  /** Resolves when the task has ended in order, or was given up after the graceful timeout. Unknown tasks are stopped already. */
  stop(id: TaskId): Promise<void>;
  /** Of the threads' loggers, those that are still to come included. */
  setLoggerLevel(logger: string, level: LoggerLevelName): void;
  /** For tasks that are stopped: frees what they ran in. */
  close(): Promise<void>;
}
