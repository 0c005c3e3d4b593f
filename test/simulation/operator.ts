import type { ConnectorConfig } from '../../src/api/index.ts';
import type { FaultKind, Moment } from './faults.ts';
import type { Simulation } from './simulation.ts';
import type { Worker } from './worker.ts';
import { world } from './world/scheduler.ts';

/** Ends that the faults of this harness lead to and that a plain restart mends; any other is a breach. */
const expectedEnds: readonly RegExp[] = [
  /Could not produce message to dead letter queue/,
  /must be read next, but the log holds/,
  /must be read once more, but the log ends at/,
  /was deleted and made again/,
  /reopens in a row did not make a row durable/,
  /Snowflake dropped \d+ row/,
  /HTTP (401|403|404)/,
  /refused as too large for one request/,
  /could not be sent once more: Snowflake refused \d+ bytes as too much/,
  /cannot be reached \(/,
];

const ambiguous = 'snowsink.on.ambiguous.offset';
/** By then all tasks have started with the answer, if none is starting. */
const oneStartMs = 10_000;
/** An open that its process did not live to see counts as under way for ever, so opening is not one of them. */
const startMoments: readonly Moment[] = ['starting', 'rebalancing'];
/** What makes, or has the operator make, channels begin anew. */
const dropsChannels: ReadonlySet<FaultKind> = new Set([
  'truncation',
  'topic-made-again',
  'table-replaced',
  'token-raised',
]);

/** Somebody who restarts failed tasks, and answers where a stop gives choices. */
export class Operator {
  config: ConnectorConfig;
  readonly #simulation: Simulation;
  #answeredAtMs = 0;
  #changedAtMs = 0;

  constructor(simulation: Simulation, config: ConnectorConfig) {
    this.#simulation = simulation;
    this.config = config;
  }

  /** When the config changed last. */
  get changedAtMs(): number {
    return this.#changedAtMs;
  }

  /** The answer that is set, if one is; what it leads to may be still to come. */
  get answer(): string | undefined {
    return this.config[ambiguous];
  }

  get isAnswering(): boolean {
    return this.answer !== undefined;
  }

  taskFailed(worker: Worker, task: number, trace: string): void {
    const { scheduler, oracle } = this.#simulation;
    const [first = ''] = trace.split('\n');
    this.#simulation.note(worker.process.name, `task ${task} failed: ${first}`);
    if (!this.#answer(trace) && !expectedEnds.some((end) => end.test(trace))) {
      oracle.breach(`a task ended for no good reason: ${trace.slice(0, 600)}`);
    }
    scheduler.after(1_000, worker.process, () => {
      if (this.#simulation.injector.restarts) this.#simulation.startTask(worker, task);
    });
  }

  /** True: the message named what to do, and it was done. */
  #answer(trace: string): boolean {
    const { scenario, injector } = this.#simulation;
    if (trace.includes('Tolerance exceeded')) {
      this.#set('errors.tolerance', 'all');
      return (
        scenario.load.invalid > 0 ||
        ['rows-rejected', 'discarded', 'token-raised', 'column-grown'].some((kind) => injector.hasStruck(kind))
      );
    }
    if (trace.includes('snowsink.late.rejections=count')) {
      this.#set('snowsink.late.rejections', 'count');
      return injector.hasStruck('rows-rejected') || injector.hasStruck('column-grown');
    }
    if (trace.includes('(token-was-set)')) {
      if (scenario.surroundings.operator === 'kafka') this.#setForOneStart('kafka');
      else this.#set('snowsink.on.loss', 'continue');
      return injector.hasStruck('token-raised');
    }
    if (trace.includes('(retention-loss)')) {
      this.#set('snowsink.on.loss', 'continue');
      return injector.hasStruck('retention');
    }
    const [, reason = ''] = /cannot go on \(([a-z-]+)\)/.exec(trace) ?? [];
    const [, topic = ''] = /Topic (\S+), partition/.exec(trace) ?? [];
    const answer = this.#choose(reason, injector.historyOf(topic), trace);
    if (answer === null) return false;
    this.#setForOneStart(answer);
    return true;
  }

  /** By what was done to the topic. Null: nothing that explains the message. */
  #choose(reason: string, history: readonly FaultKind[], trace: string): 'kafka' | 'earliest' | 'latest' | null {
    const { operator } = this.#simulation.scenario.surroundings;
    const newest = history.findLast((kind) => dropsChannels.has(kind));
    switch (reason) {
      case 'topic-recreated':
      case 'token-without-commit':
        return history.includes('topic-made-again') ? 'earliest' : null;
      case 'beyond-log-end':
        // Nobody writes to a truncated log until this is answered: its end is where reading goes on.
        if (history.includes('truncation') && (trace.includes('the same one') || newest === 'truncation'))
          return 'latest';
        return history.includes('topic-made-again') ? 'earliest' : null;
      case 'token-lost':
        // Whoever had the channel dropped goes on from what he chose then.
        if (newest === 'truncation') return 'latest';
        if (newest === 'token-raised') return 'kafka';
        return newest === 'topic-made-again' ? 'earliest' : newest === 'table-replaced' ? operator : null;
      case 'foreign-group':
        return history.includes('offsets-reset') ? operator : null;
      default:
        return null;
    }
  }

  /** Then it is taken out again, as the documentation says. */
  #setForOneStart(answer: string): void {
    this.#set(ambiguous, answer);
    this.#answeredAtMs = this.#simulation.scheduler.nowMs;
    this.#takeOutAfter(oneStartMs);
  }

  #takeOutAfter(ms: number): void {
    const simulation = this.#simulation;
    simulation.scheduler.after(ms, world, () => {
      if (simulation.scheduler.nowMs < this.#answeredAtMs + oneStartMs || !this.isAnswering) return;
      if (startMoments.some((moment) => simulation.isMoment(moment))) {
        this.#takeOutAfter(1_000);
        return;
      }
      const { [ambiguous]: _, ...rest } = this.config;
      this.#change(rest);
    });
  }

  /** A connector whose config changes has all its tasks restarted. */
  #set(key: string, value: string): void {
    if (this.config[key] !== value) this.#change({ ...this.config, [key]: value });
  }

  #change(config: ConnectorConfig): void {
    this.config = config;
    const { scheduler, workers } = this.#simulation;
    this.#changedAtMs = scheduler.nowMs;
    for (const worker of workers) scheduler.after(0, worker.process, () => worker.restart(this.config));
  }
}
