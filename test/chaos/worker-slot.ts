import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../support/wait-for.ts';
import type { WorkerOptions, WorkerProcess } from '../support/worker-process.ts';
import { startWorker } from '../support/worker-process.ts';

/** What a task says when it has ended by a failure. */
const taskFailure = /Task is being killed and will not recover/;

export interface WorkerSlotOptions {
  /** Also its Kafka client id. */
  readonly name: string;
  readonly worker: WorkerOptions;
  /** Folder for the output of its processes. */
  readonly logs: string;
}

/** A worker that is started again whenever its process has ended, as an orchestrator does it. */
export class WorkerSlot {
  readonly name: string;
  /** Taken by a fault: no other may choose it. */
  busy = false;
  /** Ends and task failures that nobody ordered. */
  readonly findings: string[] = [];
  /** The longest that a start took so far, milliseconds: how slow the machine is. */
  slowestStartMs = 0;
  readonly #options: WorkerSlotOptions;
  #worker: WorkerProcess | undefined;
  #starting: Promise<void> | undefined;
  #runs = 0;

  constructor(options: WorkerSlotOptions) {
    this.#options = options;
    this.name = options.name;
  }

  get isRunning(): boolean {
    return this.#worker?.process.isRunning() === true;
  }

  /** Resolves when it serves; one start at a time. */
  start(): Promise<void> {
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  signal(signal: NodeJS.Signals): void {
    this.#worker?.process.signal(signal);
  }

  /** A task that has failed by itself is a finding; the process is then put away, and a new one started. */
  async checkTasks(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined || !taskFailure.test(worker.process.output())) return;
    await this.kill();
    await this.start();
  }

  /** SIGKILL; false: it had ended before. */
  async kill(): Promise<boolean> {
    const worker = await this.#taken();
    return worker !== undefined && (await worker.kill()).signal === 'SIGKILL';
  }

  /** SIGTERM. An end other than with code 0 is a finding. */
  async terminate(): Promise<boolean> {
    const worker = await this.#taken();
    if (worker === undefined) return false;
    const { code, signal } = await worker.terminate();
    if (code !== 0) this.findings.push(`${this.name}: SIGTERM ended it with ${code ?? signal}, not 0`);
    return true;
  }

  /** The process of now, which is no longer this slot's: its end is no finding. */
  async #taken(): Promise<WorkerProcess | undefined> {
    await this.#starting?.catch(() => {});
    const worker = this.#worker;
    this.#worker = undefined;
    return worker?.process.isRunning() === true ? worker : undefined;
  }

  async #start(): Promise<void> {
    const began = performance.now();
    const worker = await waitFor(() => startWorker(this.#options.worker), {
      ...{ deadlineMs: 300_000, what: `${this.name} to start`, everyMs: 500 },
    });
    this.slowestStartMs = Math.max(this.slowestStartMs, performance.now() - began);
    this.#worker = worker;
    const run = ++this.#runs;
    void worker.process.ended.then(({ code, signal }) => {
      appendFileSync(join(this.#options.logs, `${this.name}-${run}.log`), worker.process.output());
      if (taskFailure.test(worker.process.output())) this.findings.push(`${this.name}, run ${run}: a task has failed`);
      if (this.#worker !== worker) return;
      this.findings.push(`${this.name}, run ${run}: ended by itself with ${code ?? signal}`);
      return this.start();
    });
  }
}
