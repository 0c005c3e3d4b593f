import type { TaskId } from '../api/index.ts';

/** Which of the connectors and tasks are this worker's to run. A connector itself goes with its task 0. */
export interface WorkerGroup {
  /** `onChange`: `owns` answers otherwise than before. */
  start(onChange: () => void): Promise<void>;
  owns(id: TaskId): boolean;
  /** Grows with each new sharing out. */
  readonly generation: number;
  /** The others take over. */
  stop(): Promise<void>;
}

/** Standalone: everything is ours. */
export const soleWorker: WorkerGroup = {
  start: async () => {},
  owns: () => true,
  generation: 0,
  stop: async () => {},
};
