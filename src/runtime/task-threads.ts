import type { Worker as Thread } from 'node:worker_threads';
import {
  type Clock,
  ConnectError,
  errorMessage,
  javaTrace,
  type Logger,
  type TableService,
  type TaskId,
  type Timer,
} from '../api/index.ts';
import type { LoggerLevelName } from '../util/logger-levels.ts';
import type { TaskSpec } from './build-worker-sink-task.ts';
import { transferError } from './error-transfer.ts';
import { answerTableCall } from './table-call.ts';
import type { TaskHost } from './task-host.ts';
import { type TaskListener, taskKey } from './task-state.ts';
import type { TaskCommand, TaskEvent } from './task-thread-protocol.ts';

export interface TaskThreadsOptions {
  /** At most so many threads; each costs 25-40 MB and its buffers. */
  readonly maxThreads: number;
  /** Starts src/task-thread.ts and sends it TaskThreadData. */
  readonly createThread: (name: string) => Thread;
  readonly tablesOf: (connector: string) => TableService;
  readonly listener: TaskListener;
  /** Null: the thread is gone without a last word; what it told must not stand for ever. */
  readonly onMetrics: (thread: string, snapshot: unknown | null) => void;
  readonly clock: Clock;
  /** After so long a thread that does not answer `stop` is ended by force, with everything in it. */
  readonly stopLimitMs: number;
  readonly logger: Logger;
}

/** A task that restarts, or gets another config, finds its thread warm: modules loaded, code compiled, which takes seconds of full load. */
const unusedThreadMs = 5000;

interface TaskThread {
  readonly name: string;
  readonly thread: Thread;
  readonly tasks: Map<string, TaskId>;
  readonly stops: Map<string, PromiseWithResolvers<void>>;
  failure: string | null;
  /** Ends it when nobody has used it for so long. */
  unused: Timer | null;
  ended: boolean;
}

/**
 * Spreads tasks over threads, a new thread only while there are fewer than `maxThreads`, so that REST, health and metrics stay
 * prompt at full load. A thread that dies takes its tasks to FAILED with the reason; a restart of a task finds or makes another.
 */
export class TaskThreads implements TaskHost {
  readonly #options: TaskThreadsOptions;
  readonly #threads = new Set<TaskThread>();
  #lastNumber = 0;
  /** For threads that are still to come: an operator's few. */
  readonly #loggerLevels: TaskCommand[] = [];

  constructor(options: TaskThreadsOptions) {
    this.#options = options;
  }

  start(spec: TaskSpec): void {
    const thread = this.#leastLoaded();
    thread.unused?.cancel();
    thread.tasks.set(taskKey(spec.id), spec.id);
    post(thread, { type: 'start', spec });
  }

  setPaused(id: TaskId, paused: boolean): void {
    const thread = this.#threadOf(id);
    if (thread !== undefined) post(thread, { type: 'pause', id, paused });
  }

  async stop(id: TaskId): Promise<void> {
    const thread = this.#threadOf(id);
    if (thread === undefined) return;
    const stopped = thread.stops.get(taskKey(id)) ?? Promise.withResolvers<void>();
    if (!thread.stops.has(taskKey(id))) {
      thread.stops.set(taskKey(id), stopped);
      post(thread, { type: 'stop', id });
    }
    const limit = this.#options.clock.setTimer(this.#options.stopLimitMs, () => {
      thread.failure = `it did not stop ${taskKey(id)} within ${this.#options.stopLimitMs} ms`;
      void thread.thread.terminate();
    });
    await stopped.promise;
    limit.cancel();
    if (thread.tasks.size === 0) this.#endUnlessUsed(thread);
  }

  setLoggerLevel(logger: string, level: LoggerLevelName): void {
    const command: TaskCommand = { type: 'loggerLevel', logger, level };
    this.#loggerLevels.push(command);
    for (const thread of this.#threads) post(thread, command);
  }

  async close(): Promise<void> {
    const tasks = [...this.#threads].flatMap((thread) => [...thread.tasks.values()]);
    await Promise.all(tasks.map((id) => this.stop(id)));
    await Promise.all([...this.#threads].map((thread) => this.#end(thread)));
  }

  #threadOf(id: TaskId): TaskThread | undefined {
    return [...this.#threads].find(({ tasks }) => tasks.has(taskKey(id)));
  }

  #leastLoaded(): TaskThread {
    const [least] = [...this.#threads].sort((a, b) => a.tasks.size - b.tasks.size);
    if (least !== undefined && (least.tasks.size === 0 || this.#threads.size >= this.#options.maxThreads)) return least;
    return this.#create();
  }

  #create(): TaskThread {
    const name = `task-thread-${++this.#lastNumber}`;
    const thread: TaskThread = {
      name,
      thread: this.#options.createThread(name),
      tasks: new Map(),
      stops: new Map(),
      failure: null,
      unused: null,
      ended: false,
    };
    this.#threads.add(thread);
    thread.thread.on('message', (event: TaskEvent) => this.#hear(thread, event));
    thread.thread.on('error', (error) => {
      thread.failure = errorMessage(error);
    });
    thread.thread.on('exit', (code) => this.#died(thread, code));
    for (const command of this.#loggerLevels) post(thread, command);
    return thread;
  }

  #hear(thread: TaskThread, event: TaskEvent): void {
    switch (event.type) {
      case 'status':
        this.#options.listener.onStatus(event.id, event.status);
        break;
      case 'breaker':
        this.#options.listener.onBreaker(event.id, event.endpoint, event.isOpen);
        break;
      case 'topic':
        this.#options.listener.onTopic(event.id, event.topic);
        break;
      case 'metrics':
        this.#options.onMetrics(thread.name, event.snapshot);
        break;
      case 'stopped':
        settleStop(thread, event.id);
        break;
      case 'tableCall':
        void this.#answer(thread, event);
    }
  }

  async #answer(thread: TaskThread, event: Extract<TaskEvent, { readonly type: 'tableCall' }>): Promise<void> {
    const { call, connector, request } = event;
    try {
      const value = await answerTableCall(this.#options.tablesOf(connector), request);
      post(thread, { type: 'tableReply', call, value });
    } catch (error) {
      post(thread, { type: 'tableError', call, error: transferError(error) });
    }
  }

  #endUnlessUsed(thread: TaskThread): void {
    thread.unused?.cancel();
    if (this.#threads.has(thread)) {
      thread.unused = this.#options.clock.setTimer(unusedThreadMs, () => void this.#end(thread));
    }
  }

  async #end(thread: TaskThread): Promise<void> {
    thread.unused?.cancel();
    thread.ended = true;
    this.#threads.delete(thread);
    await thread.thread.terminate();
  }

  #died(thread: TaskThread, code: number): void {
    this.#threads.delete(thread);
    const left = [...thread.tasks.values()];
    for (const id of left) settleStop(thread, id);
    if (thread.ended || left.length === 0) return;
    const why = thread.failure ?? `exit code ${code}`;
    const failure = new ConnectError(
      `The thread of task ${left.map(taskKey).join(', ')} ended: ${why}. Nothing is lost: restart the task to read on from what is durable.`,
    );
    this.#options.logger.error({ thread: thread.name, code }, failure.message);
    this.#options.onMetrics(thread.name, null);
    for (const id of left) this.#options.listener.onStatus(id, { state: 'FAILED', trace: javaTrace(failure) });
  }
}

const post = ({ thread }: TaskThread, command: TaskCommand): void => thread.postMessage(command);

const settleStop = (thread: TaskThread, id: TaskId): void => {
  thread.tasks.delete(taskKey(id));
  thread.stops.get(taskKey(id))?.resolve();
  thread.stops.delete(taskKey(id));
};
