import { errorMessage, javaTrace, type TableService, type TaskId } from '../api/index.ts';
import { buildWorkerSinkTask, type TaskSpec, type TaskSurroundings } from './build-worker-sink-task.ts';
import type { TaskHost } from './task-host.ts';
import { type TaskListener, taskKey } from './task-state.ts';
import type { WorkerSinkTask } from './worker-sink-task.ts';

/** What an orderly end may take beyond the graceful timeout before the task is given up: leaving the group, closing sockets. */
const closingMs = 5000;

interface RunningTask {
  readonly id: TaskId;
  /** Null while it is being built. */
  task: WorkerSinkTask | null;
  paused: boolean;
  stopping: boolean;
  ended: Promise<void>;
}

/** Runs tasks in this thread: all of them in a test, or its share in a task thread. */
export class InlineTaskHost implements TaskHost {
  readonly #surroundings: Omit<TaskSurroundings, 'tables'>;
  readonly #tablesOf: (connector: string) => TableService;
  readonly #listener: TaskListener;
  readonly #tasks = new Map<string, RunningTask>();

  constructor(
    surroundings: Omit<TaskSurroundings, 'tables'>,
    tablesOf: (connector: string) => TableService,
    listener: TaskListener,
  ) {
    this.#surroundings = surroundings;
    this.#tablesOf = tablesOf;
    this.#listener = listener;
  }

  start(spec: TaskSpec): void {
    const running: RunningTask = {
      id: spec.id,
      task: null,
      paused: spec.paused,
      stopping: false,
      ended: Promise.resolve(),
    };
    this.#tasks.set(taskKey(spec.id), running);
    running.ended = this.#run(spec, running);
  }

  setPaused(id: TaskId, paused: boolean): void {
    const running = this.#tasks.get(taskKey(id));
    if (running === undefined) return;
    running.paused = paused;
    running.task?.setPaused(paused);
  }

  async stop(id: TaskId): Promise<void> {
    const running = this.#tasks.get(taskKey(id));
    if (running === undefined) return;
    const { ports, worker } = this.#surroundings;
    running.stopping = true;
    running.task?.stop();
    const givenUp = new AbortController();
    const limitMs = worker.gracefulShutdownTimeoutMs + closingMs;
    const tooLong = ports.clock.sleep(limitMs, givenUp.signal).then(
      () => ports.logger.error(id, `Graceful stop of task ${taskKey(id)} failed: not ended after ${limitMs} ms`),
      () => {},
    );
    await Promise.race([running.ended, tooLong]);
    givenUp.abort();
    this.#tasks.delete(taskKey(id));
  }

  /** Its tasks log with this thread's loggers, whose levels are changed already. */
  setLoggerLevel(): void {}

  async close(): Promise<void> {
    await Promise.all([...this.#tasks.values()].map(({ id }) => this.stop(id)));
  }

  /** Never rejects. */
  async #run(spec: TaskSpec, running: RunningTask): Promise<void> {
    try {
      const surroundings = { ...this.#surroundings, tables: this.#tablesOf(spec.id.connector) };
      const task = await buildWorkerSinkTask(spec, surroundings, this.#listenerOf(running));
      running.task = task;
      task.setPaused(running.paused);
      if (running.stopping) task.stop();
      await task.run();
    } catch (error) {
      this.#failedToStart(spec.id, error);
    }
  }

  /** A task that was given up and replaced is not heard any more. */
  #listenerOf(running: RunningTask): TaskListener {
    const isCurrent = (): boolean => this.#tasks.get(taskKey(running.id)) === running;
    return {
      onStatus: (id, status) => {
        if (isCurrent()) this.#listener.onStatus(id, status);
      },
      onBreaker: (id, endpoint, isOpen) => {
        if (isCurrent()) this.#listener.onBreaker(id, endpoint, isOpen);
      },
      onTopic: (id, topic) => {
        if (isCurrent()) this.#listener.onTopic(id, topic);
      },
    };
  }

  #failedToStart(id: TaskId, error: unknown): void {
    const trace = javaTrace(error);
    this.#surroundings.ports.logger.error({ ...id, trace }, `Failed to start task ${taskKey(id)}: ${reasons(error)}`);
    this.#listener.onStatus(id, { state: 'FAILED', trace });
  }
}

/** The error's message and its cause's, which tells what to change. */
const reasons = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? errorMessage(error) : `${errorMessage(error)}: ${errorMessage(cause)}`;
};
