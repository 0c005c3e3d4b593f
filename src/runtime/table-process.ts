import type { ChildProcess } from 'node:child_process';
import { type Clock, type ConnectorConfig, RetriableError, type TableService, type Timer } from '../api/index.ts';
import { receiveError } from './error-transfer.ts';
import { tableServiceBy } from './table-call.ts';
import type { TableProcessCommand, TableProcessEvent } from './table-process-protocol.ts';
import type { TableCall } from './task-thread-protocol.ts';

/** Tables are looked at when partitions are opened, so calls come in bursts. */
const idleMs = 10_000;
/** For logging out. */
const endLimitMs = 5000;

interface Running {
  readonly child: ChildProcess;
  /** Services that it has been told of. */
  readonly known: Set<number>;
  readonly calls: Map<number, PromiseWithResolvers<unknown>>;
  readonly ended: Promise<void>;
}

/**
 * The SQL driver's process: one for all connectors, there only while tables are asked for and shortly after. The driver weighs 40 MB
 * and takes its thread for half a second to load; nobody needs it once the partitions are open.
 */
export class TableProcess {
  readonly #fork: () => ChildProcess;
  readonly #clock: Clock;
  #running: Running | null = null;
  #idle: Timer | null = null;
  #lastService = 0;
  #lastCall = 0;

  /** @param fork starts src/table-process.ts */
  constructor(fork: () => ChildProcess, clock: Clock) {
    this.#fork = fork;
    this.#clock = clock;
  }

  /** The tables of a connector's account; the process starts now, so that the driver is loaded when it is needed. */
  service(config: ConnectorConfig): TableService {
    const service = ++this.#lastService;
    const call = (request: TableCall): Promise<unknown> => this.#call(service, config, request);
    this.#running ??= this.#start();
    this.#restIfIdle();
    return tableServiceBy(call, () => this.#close(service));
  }

  #call(service: number, config: ConnectorConfig, request: TableCall): Promise<unknown> {
    this.#idle?.cancel();
    this.#running ??= this.#start();
    const { child, known, calls } = this.#running;
    if (!known.has(service)) post(child, { type: 'open', service, config });
    known.add(service);
    const call = ++this.#lastCall;
    const answer = Promise.withResolvers<unknown>();
    calls.set(call, answer);
    post(child, { type: 'call', service, call, request });
    return answer.promise;
  }

  async #close(service: number): Promise<void> {
    if (this.#running?.known.delete(service)) post(this.#running.child, { type: 'close', service });
    if (this.#running?.known.size === 0) await this.#end();
  }

  #start(): Running {
    const child = this.#fork();
    const ended = Promise.withResolvers<void>();
    const running: Running = { child, known: new Set(), calls: new Map(), ended: ended.promise };
    const gone = (why: string): void => {
      if (this.#running === running) this.#running = null;
      for (const { reject } of running.calls.values())
        reject(new RetriableError(`The process that speaks SQL with Snowflake ended: ${why}.`));
      running.calls.clear();
      ended.resolve();
    };
    child.on('message', (event: TableProcessEvent) => this.#settle(running, event));
    child.on('error', (error) => gone(error.message));
    child.on('exit', (code, signal) => gone(signal ?? `exit code ${code}`));
    return running;
  }

  #settle({ calls }: Running, event: TableProcessEvent): void {
    const answer = calls.get(event.call);
    calls.delete(event.call);
    if (event.type === 'reply') answer?.resolve(event.value);
    else answer?.reject(receiveError(event.error));
    this.#restIfIdle();
  }

  #restIfIdle(): void {
    this.#idle?.cancel();
    this.#idle = this.#running?.calls.size === 0 ? this.#clock.setTimer(idleMs, () => void this.#end()) : null;
  }

  /** It logs out when its channel closes. */
  async #end(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    this.#idle?.cancel();
    const limit = this.#clock.setTimer(endLimitMs, () => running.child.kill('SIGKILL'));
    if (running.child.connected) running.child.disconnect();
    await running.ended;
    limit.cancel();
  }
}

/** Where it cannot be told any more it has ended, and says so by its exit. */
const post = (child: ChildProcess, command: TableProcessCommand): void => {
  child.send(command, () => {});
};
