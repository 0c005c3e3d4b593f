import type { IcebergTableOptions, OffsetQuery, TableChange, TableShape, TaskId } from '../api/index.ts';
import type { LoggerLevelName } from '../util/logger-levels.ts';
import type { TaskSpec } from './build-worker-sink-task.ts';
import type { TransferredError } from './error-transfer.ts';
import type { MemoryCounter, WorkerSettings } from './plugins.ts';
import type { Status } from './task-state.ts';

/** First message to a task thread. */
export interface TaskThreadData {
  readonly name: string;
  readonly worker: WorkerSettings;
  readonly memoryCounter: MemoryCounter;
}

/** One method call on a connector's table service, which lives in the main thread. */
export type TableCall =
  | { readonly method: 'describe' | 'evolution' | 'isIceberg'; readonly table: string }
  | { readonly method: 'alter' | 'plan'; readonly table: string; readonly change: TableChange }
  | { readonly method: 'offsets'; readonly table: string; readonly query: OffsetQuery }
  | {
      readonly method: 'create';
      readonly table: string;
      readonly shape: TableShape;
      readonly iceberg: IcebergTableOptions | undefined;
    };

/** Main thread to task thread. */
export type TaskCommand =
  | { readonly type: 'start'; readonly spec: TaskSpec }
  | { readonly type: 'stop'; readonly id: TaskId }
  | { readonly type: 'pause'; readonly id: TaskId; readonly paused: boolean }
  | { readonly type: 'loggerLevel'; readonly logger: string; readonly level: LoggerLevelName }
  | { readonly type: 'tableReply'; readonly call: number; readonly value: unknown }
  | { readonly type: 'tableError'; readonly call: number; readonly error: TransferredError };

/** Task thread to main thread. */
export type TaskEvent =
  | { readonly type: 'status'; readonly id: TaskId; readonly status: Status }
  | { readonly type: 'breaker'; readonly id: TaskId; readonly endpoint: string; readonly isOpen: boolean }
  | { readonly type: 'topic'; readonly id: TaskId; readonly topic: string }
  | { readonly type: 'stopped'; readonly id: TaskId }
  | { readonly type: 'metrics'; readonly snapshot: unknown }
  | { readonly type: 'tableCall'; readonly call: number; readonly connector: string; readonly request: TableCall };
