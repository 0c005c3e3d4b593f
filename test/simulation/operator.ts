import type { ConnectorConfig } from '../../src/api/index.ts';
import type { Simulation } from './simulation.ts';
import type { Worker } from './worker.ts';

/** Ends that the faults of this harness lead to and that a plain restart mends; any other is a breach. */
const expectedEnds: readonly RegExp[] = [
  /Could not produce message to dead letter queue/,
  /must be read next, but the log holds/,
  /was deleted and made again/,
  /reopens in a row did not make a row durable/,
  /Snowflake dropped \d+ row/,
  /HTTP (401|403|404)/,
  /refused as too large for one request/,
  /cannot be reached \(/,
];

/** Somebody who restarts failed tasks, and answers where a stop gives choices. */
export class Operator {
  config: ConnectorConfig;
  readonly #simulation: Simulation;

  constructor(simulation: Simulation, config: ConnectorConfig) {
    this.#simulation = simulation;
    this.config = config;
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
        ['rows-rejected', 'discarded', 'token-raised'].some((kind) => injector.hasStruck(kind))
      );
    }
    if (trace.includes('snowsink.late.rejections=count')) {
      this.#set('snowsink.late.rejections', 'count');
      return injector.hasStruck('rows-rejected');
    }
    if (trace.includes('(token-was-set)')) {
      if (scenario.surroundings.operator === 'kafka') this.#set('snowsink.on.ambiguous.offset', 'kafka');
      else this.#set('snowsink.on.loss', 'continue');
      return injector.hasStruck('token-raised');
    }
    if (trace.includes('snowsink.on.loss=continue')) {
      this.#set('snowsink.on.loss', 'continue');
      return injector.hasStruck('retention');
    }
    const [, offered] = /Set snowsink\.on\.ambiguous\.offset for one start to (.*)/.exec(trace) ?? [];
    if (offered === undefined) return false;
    // Nobody writes to a truncated log until this is answered: its end is where reading goes on.
    const others = ['table-replaced', 'topic-made-again', 'offsets-reset'].filter((kind) => injector.hasStruck(kind));
    const isTruncated = trace.includes('(beyond-log-end)') && !others.includes('topic-made-again');
    if (injector.hasStruck('truncation') && (isTruncated || others.length === 0)) {
      this.#set('snowsink.on.ambiguous.offset', 'latest');
      return true;
    }
    const choice = offered.includes('kafka (') ? scenario.surroundings.operator : 'earliest';
    this.#set('snowsink.on.ambiguous.offset', choice);
    return others.length > 0;
  }

  /** A connector whose config changes has all its tasks restarted. */
  #set(key: string, value: string): void {
    if (this.config[key] === value) return;
    this.config = { ...this.config, [key]: value };
    const { scheduler, workers } = this.#simulation;
    for (const worker of workers) scheduler.after(0, worker.process, () => worker.restart(this.config));
  }
}
