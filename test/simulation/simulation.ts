import { type ConnectorConfig, type Logger, type TopicPartition, topicPartitionKey } from '../../src/api/index.ts';
import { runBefore } from './before-us.ts';
import { connectorConfig, tableOf } from './connector-config.ts';
import { FaultInjector } from './fault-injector.ts';
import type { Moment } from './faults.ts';
import { SimulatedKafka } from './kafka/simulated-kafka.ts';
import { LoadGenerator } from './load-generator.ts';
import { Operator } from './operator.ts';
import { Oracle } from './oracle.ts';
import type { Scenario } from './scenario.ts';
import { SimulatedSnowflake } from './snowflake/simulated-snowflake.ts';
import { Worker } from './worker.ts';
import { HostProcess } from './world/host-process.ts';
import { Network } from './world/network.ts';
import { Scheduler, world } from './world/scheduler.ts';
import { SeededRandom } from './world/seeded-random.ts';
import { virtualGlobals } from './world/virtual-globals.ts';

export interface Verdict {
  readonly seed: number;
  /** Empty: all promises were kept. */
  readonly breaches: readonly string[];
  /** `fault × moment` → how often it struck then. */
  readonly strikes: ReadonlyMap<string, number>;
  readonly events: number;
  readonly virtualMs: number;
  readonly rows: number;
  readonly letters: number;
  /** Virtual time from the end of the faults until all was where it belongs. */
  readonly caughtUpMs: number | null;
  readonly requests: number;
  /** I/O boundaries that the first worker passed, heartbeats left out: counted from 1. */
  readonly boundaries: readonly number[];
}

export interface Trace {
  line(atMs: number, who: string, what: string): void;
}

const lossCodes: ReadonlySet<string> = new Set([
  'retention-loss',
  'ambiguous',
  'late-rejections',
  'token-was-set',
  'token-without-commit',
]);
const startMs = 1_700_000_000_000;
/** The promise. */
const catchUpMs = 60_000;
/** More answers of the operator than this one after the other are a circle. */
const mostAnswers = 5;
const mostEvents = 400_000;
/** Longer worlds may take more. */
const mostEventsPerSecond = 1_000;
/** A put may pass the budget by what one fetch brought. */
const memorySlackBytes = 40_000;

/** One seed's world: everything in it, and its course from the first record until the end. */
export class Simulation {
  readonly scenario: Scenario;
  readonly scheduler = new Scheduler(startMs);
  readonly random: SeededRandom;
  readonly network: Network;
  readonly kafka: SimulatedKafka;
  readonly snowflake: SimulatedSnowflake;
  readonly oracle: Oracle;
  readonly workers: Worker[] = [];
  readonly injector: FaultInjector;
  readonly operator: Operator;
  readonly #trace: Trace | null;
  #rows = 0;
  #starts = 0;
  #caughtUpMs: number | null = null;
  readonly #boundaries: number[] = [];

  constructor(scenario: Scenario, trace: Trace | null = null) {
    this.scenario = scenario;
    this.#trace = trace;
    const { surroundings, seed, topics } = scenario;
    this.random = new SeededRandom(seed, 2);
    const { scheduler, random } = this;
    this.network = new Network(scheduler, random, surroundings.mostLatencyMs);
    const { network } = this;
    const onFault = (what: string): void => this.note('fault', what);
    this.kafka = new SimulatedKafka({
      ...{ scheduler, random, network, topics, onFault, sessionTimeoutMs: surroundings.sessionTimeoutMs },
      onCommitted: ({ topic, partition, offset, metadata }) => {
        this.note('kafka', `commit ${topic}-${partition} ${offset} ${metadata}`);
        this.oracle.groupCommitted({ topic, partition }, offset, metadata);
      },
      onDeadLetter: (letter) => {
        this.note('kafka', `dead letter of record ${letter.key}`);
        this.oracle.letter(letter);
      },
    });
    this.snowflake = new SimulatedSnowflake({
      ...{ scheduler, random, network, onFault, commitDelayMs: surroundings.commitDelayMs },
      isStructured: scenario.settings.structured === true,
      tables: [...new Set(topics.map(({ name }) => tableOf(scenario, name)))],
      onCommitted: (tableId, rows, rejected, outgrown) => {
        this.#rows += rows.length;
        this.note(
          'table',
          `${tableId} + ${rows.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`).join(' ')}`,
        );
        this.oracle.tableCommitted(tableId, rows, rejected, outgrown);
      },
      onLost: (rows) => this.oracle.rowsLost(rows),
      onBreach: (what) => this.oracle.breach(what),
    });
    this.oracle = new Oracle({
      now: () => scheduler.nowMs,
      kafka: this.kafka,
      lanes: scenario.settings.lanes ?? 1,
      tableIdOf: (topic) => this.snowflake.tables.get(tableOf(scenario, topic)) ?? '',
    });
    this.injector = new FaultInjector(this);
    this.operator = new Operator(this, connectorConfig(scenario));
  }

  /** Plays the scenario to its end and judges it. */
  async run(): Promise<Verdict> {
    const { scheduler, scenario, oracle } = this;
    virtualGlobals.scheduler = scheduler;
    const onRejection = (error: unknown): void =>
      oracle.breach(`an unhandled rejection would end the process: ${error instanceof Error ? error.stack : error}`);
    process.on('unhandledRejection', onRejection);
    try {
      const load = new LoadGenerator(this);
      if (scenario.before !== undefined) await runBefore(this, load, scenario.before);
      load.start();
      for (let index = 0; index < scenario.workers; index++) this.startWorker(index);
      scheduler.afterEach = () => this.#afterEach();
      const endMs = startMs + scenario.faultsEndMs;
      await scheduler.run(endMs, () => this.#isOver);
      this.injector.heal();
      const healedMs = scheduler.nowMs;
      const lastMs = Math.max(healedMs, startMs + scenario.load.overMs);
      let nextLookMs = lastMs;
      // A task that stopped with choices waits for the operator, and each answer restarts everybody.
      const dueMs = (): number => Math.max(lastMs, this.operator.changedAtMs) + catchUpMs;
      await scheduler.run(lastMs + mostAnswers * catchUpMs, () => {
        if (this.#isOver || scheduler.nowMs >= dueMs()) return true;
        if (scheduler.nowMs < nextLookMs) return false;
        nextLookMs = scheduler.nowMs + 200;
        return this.#isCaughtUp;
      });
      if (oracle.breaches.length === 0) {
        if (this.#isCaughtUp) this.#caughtUpMs = scheduler.nowMs - lastMs;
        else this.#tellWhatIsMissing();
      }
      if (oracle.breaches.length === 0) await this.#stopInOrder();
    } finally {
      await new Promise((resolve) => setImmediate(resolve));
      process.off('unhandledRejection', onRejection);
      virtualGlobals.scheduler = null;
    }
    return {
      seed: scenario.seed,
      breaches: oracle.breaches,
      strikes: this.injector.strikes,
      events: scheduler.events,
      virtualMs: scheduler.nowMs - startMs,
      rows: this.#rows,
      letters: this.kafka.letters.length,
      caughtUpMs: this.#caughtUpMs,
      requests: this.snowflake.requests,
      boundaries: this.#boundaries,
    };
  }

  /** A new process in the place of the one that was there. */
  startWorker(index: number): void {
    const { scheduler, kafka, snowflake, network, random, scenario } = this;
    const process = new HostProcess(`worker${index}.${this.#starts++}`, scheduler, 0);
    process.onStep = (what) => {
      this.note(process.name, what);
      if (process.name === 'worker0.0' && what !== 'heartbeat') this.#boundaries.push(process.steps);
    };
    const worker: Worker = new Worker({
      ...{ process, kafka, snowflake, network, random },
      logger: this.#logger(process),
      memoryBytes: scenario.settings.memoryBytes,
      offsetFlushMs: scenario.settings.offsetFlushMs,
      onFailed: (task, trace) => this.operator.taskFailed(worker, task, trace),
    });
    process.onDeath = () => {
      this.note(process.name, 'dies');
      this.injector.died(index);
    };
    this.workers[index] = worker;
    scheduler.after(0, process, () => {
      for (let task = 0; task < scenario.tasksPerWorker; task++) this.startTask(worker, task);
    });
  }

  startTask(worker: Worker, task: number): void {
    worker.start(task, this.config);
  }

  get config(): ConnectorConfig {
    return this.operator.config;
  }

  note(who: string, what: string): void {
    this.#trace?.line(this.scheduler.nowMs - startMs, who, what);
  }

  /** What is going on now: the first of these that holds. */
  isMoment(moment: Moment): boolean {
    const underWay = (operation: string): boolean => (this.snowflake.underWay.get(operation) ?? 0) > 0;
    switch (moment) {
      case 'starting':
        return this.kafka.coordinator.size < this.scenario.workers * this.scenario.tasksPerWorker;
      case 'rebalancing':
        return this.kafka.coordinator.isRebalancing && this.kafka.coordinator.generation > 0;
      case 'opening':
        return underWay('open');
      case 'appending':
        return underWay('append');
      case 'uncommitted':
        return this.snowflake.pendingRows > 0;
      case 'reporting':
        return this.kafka.producing > 0;
      case 'committing':
        return this.kafka.committing > 0;
      case 'reading':
        return this.kafka.fetching > 0;
      case 'looking':
        return underWay('select');
      case 'sending-again':
        return this.snowflake.pendingAgain === 0;
      case 'waiting-again':
        return (this.snowflake.pendingAgain ?? 0) > 0;
      case 'idle':
        return this.snowflake.pendingRows === 0 && !underWay('append') && !underWay('open');
    }
  }

  get #isOver(): boolean {
    const most = mostEvents + ((this.scheduler.nowMs - startMs) / 1000) * mostEventsPerSecond;
    if (this.scheduler.events > most) this.oracle.breach(`more than ${most} events: it goes in circles`);
    return this.oracle.breaches.length > 0;
  }

  get #isCaughtUp(): boolean {
    // Before they have begun with what the operator has set, tables and offsets tell nothing of what follows from it.
    if (this.operator.isAnswering || !this.kafka.areAllBegunSince(this.operator.changedAtMs)) return false;
    for (const _ of this.oracle.missing()) return false;
    for (const _ of this.oracle.behind()) return false;
    return true;
  }

  #tellWhatIsMissing(): void {
    const missing = [...this.oracle.missing(), ...this.oracle.behind()];
    const seconds = catchUpMs / 1000;
    this.oracle.breach(
      `${seconds} s after the last fault, or the operator's last answer: ${missing.slice(0, 3).join('; ')} (${missing.length} in all)`,
    );
  }

  /** An orderly stop leaves nothing behind. */
  async #stopInOrder(): Promise<void> {
    const { scheduler } = this;
    const isStopped = ({ process, tasks }: Worker): boolean => process.state !== 'running' || tasks.size === 0;
    this.injector.restartNobody();
    for (const worker of this.workers) {
      if (worker.process.state === 'running') scheduler.after(0, worker.process, () => void worker.stop());
    }
    await scheduler.run(scheduler.nowMs + 40_000, () => this.workers.every(isStopped));
    if (!this.workers.every(isStopped)) this.oracle.breach('an orderly stop did not end within 40 s');
    for (const { budget, process } of this.workers) {
      if (process.state === 'running' && budget.usedBytes() !== 0) {
        this.oracle.breach(`${process.name} has stopped and holds ${budget.usedBytes()} bytes of its memory budget`);
      }
    }
    for (const what of this.oracle.missing()) this.oracle.breach(`after the stop: ${what}`);
  }

  #afterEach(): void {
    this.injector.check();
    for (const { budget, process } of this.workers) {
      if (process.state === 'running' && budget.usedBytes() > budget.limitBytes + memorySlackBytes) {
        this.oracle.breach(`${process.name} holds ${budget.usedBytes()} bytes, its budget is ${budget.limitBytes}`);
      }
    }
  }

  #logger(process: HostProcess): Logger {
    const at = (level: string) => (fields: object, message: string) => {
      if (this.#trace !== null) this.note(process.name, `${level}: ${message}`);
      this.#heard(process, fields, message);
    };
    const logger: Logger = {
      debug: () => {},
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: () => logger,
    };
    return logger;
  }

  /** A worker says what it leaves out, or that it begins anew. */
  #heard(process: HostProcess, fields: object, message: string): void {
    const { code, topic, partition, from, to } = fields as Record<string, unknown>;
    const history = this.injector.historyOf(String(topic));
    // A table that holds rows of the topic's former self cannot tell which of the new ones it lacks, and what is gone from the log tells nothing.
    // And an operator has chosen that nobody looks.
    const isUndecidable =
      (code === 'row-counts-differ' && history.includes('topic-made-again')) ||
      (code === 'not-verified' && (history.includes('retention') || message.endsWith('They are not looked for.')));
    if (!lossCodes.has(String(code)) && !isUndecidable) return;
    const where: TopicPartition = { topic: String(topic), partition: Number(partition) };
    const first = BigInt(String(from));
    if (message.endsWith(`reading on at ${first}`)) this.oracle.beginsAnew(where, first);
    else this.oracle.lossReported(where, this.kafka.logToldOf(process, where), first, BigInt(String(to)), String(code));
    this.note('oracle', `${topicPartitionKey(where)}: ${code} ${from} to ${to}`);
  }
}

export { startMs, world };
