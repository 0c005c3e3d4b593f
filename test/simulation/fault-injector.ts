import type { ChannelRecord } from '../../emulator/src/streaming/index.ts';
import { asNextOffset, type TopicPartition, topicPartitionKey } from '../../src/api/index.ts';
import { tableOf } from './connector-config.ts';
import { appendReplies, errorReplies, type Fault, type FaultKind, moments } from './faults.ts';
import type { Simulation } from './simulation.ts';
import type { RequestFault } from './snowflake/simulated-snowflake.ts';
import type { Worker } from './worker.ts';
import { type Owner, world } from './world/scheduler.ts';

const losesRows: ReadonlySet<string> = new Set(['rows-rejected', 'discarded', 'token-raised', 'column-grown']);
const endsOnly: ReadonlySet<FaultKind> = new Set(['truncation', 'token-raised']);
const beginsAnew: ReadonlySet<FaultKind> = new Set(['topic-made-again', 'table-replaced']);
/** How long a fault waits for its moment. */
const patienceMs = 4_000;

/** Lets the scenario's faults strike, each at its moment, and mends what they broke. */
export class FaultInjector {
  readonly strikes = new Map<string, number>();
  readonly #simulation: Simulation;
  readonly #waiting: Fault[];
  readonly #struck = new Set<string>();
  /** By topic: what an operator has heard of, in the order in which it happened. */
  readonly #heard = new Map<string, FaultKind[]>();
  readonly #heldProducers = new Map<string, number>();
  readonly #skewed = new Set<Worker>();
  #isHealed = false;
  /** Whoever ends comes back. */
  restarts = true;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#waiting = [...simulation.scenario.faults];
  }

  hasStruck(kind: string): boolean {
    return this.#struck.has(kind);
  }

  /** What was done to a topic, or to its table, newest last. */
  historyOf(topic: string): readonly FaultKind[] {
    return this.#heard.get(topic) ?? [];
  }

  /** A partition's producers wait, so that what was done to its log can be noticed. */
  isProducerHeld(where: TopicPartition): boolean {
    const until = this.#heldProducers.get(topicPartitionKey(where)) ?? 0;
    return this.#simulation.scheduler.nowMs < until;
  }

  /** After each event. */
  check(): void {
    const { scheduler, scenario } = this.#simulation;
    const sinceStartMs = scheduler.nowMs - 1_700_000_000_000;
    while (!this.#isHealed) {
      const index = this.#waiting.findIndex(
        (fault) =>
          fault.atMs <= sinceStartMs &&
          (this.#simulation.isMoment(fault.moment) || sinceStartMs > fault.atMs + patienceMs),
      );
      if (index === -1 || sinceStartMs >= scenario.faultsEndMs) return;
      const [fault] = this.#waiting.splice(index, 1);
      if (fault !== undefined) this.#strike(fault);
    }
  }

  /** No more faults; what was broken is mended. */
  heal(): void {
    const { snowflake, kafka, workers, scheduler } = this.#simulation;
    this.#isHealed = true;
    this.#simulation.note('fault', 'faults end');
    snowflake.faults.splice(0);
    snowflake.outageUntilMs = 0;
    snowflake.rejectShare = 0;
    snowflake.freeze(false);
    kafka.produceFaults.splice(0);
    kafka.lostCommitReplies = 0;
    kafka.coordinator.awayUntilMs = scheduler.nowMs;
    for (const { process } of workers) {
      process.resume();
      process.crashAtStep(Number.POSITIVE_INFINITY, 'before');
    }
    snowflake.endHanging();
  }

  /** Who ends now stays ended. */
  restartNobody(): void {
    this.restarts = false;
  }

  /** The process comes back, as a container does. */
  died(index: number): void {
    if (!this.restarts) return;
    const { scheduler, scenario } = this.#simulation;
    scheduler.after(this.#isHealed ? 0 : scenario.surroundings.restartMs, world, () => {
      if (this.restarts) this.#simulation.startWorker(index);
    });
  }

  #strike(fault: Fault): void {
    const { kind } = fault;
    const moment = moments.find((one) => this.#simulation.isMoment(one)) ?? 'idle';
    const at = this.#simulation.isMoment(fault.moment) ? fault.moment : moment;
    this.#simulation.note('fault', `${kind} (${at}) ${JSON.stringify(fault)}`);
    if (!this.#carryOut(fault)) return;
    this.#struck.add(kind);
    const key = `${kind}\t${at}`;
    this.strikes.set(key, (this.strikes.get(key) ?? 0) + 1);
  }

  /** False: there was nothing to strike. */
  #carryOut(fault: Fault): boolean {
    // An operator's offset wipes out what the last commit noted of rows that are not accounted for.
    if (losesRows.has(fault.kind) && this.hasStruck('offsets-reset')) return false;
    if (fault.kind === 'offsets-reset' && [...losesRows].some((kind) => this.hasStruck(kind))) return false;
    const { snowflake, kafka, scheduler, workers } = this.#simulation;
    const worker = workers[fault.target % workers.length];
    const partitions = kafka.partitions();
    const where = partitions[fault.target % partitions.length];
    if (worker === undefined || where === undefined || worker.process.state === 'dead') return false;
    const { process } = worker;
    const later = (ms: number, owner: Owner, act: () => void): void => void scheduler.after(ms, owner, act);
    switch (fault.kind) {
      case 'crash':
        process.crashAtStep(process.steps + fault.steps, fault.isAfter ? 'after' : 'before');
        return true;
      case 'pause':
      case 'zombie': {
        process.pause();
        const { sessionTimeoutMs } = this.#simulation.scenario.surroundings;
        later(fault.kind === 'zombie' ? sessionTimeoutMs + fault.forMs : 1_000, world, () => process.resume());
        return true;
      }
      case 'stop':
        later(0, process, () => {
          void worker.stop().then(() => process.die());
        });
        return true;
      case 'clock-forward':
      case 'clock-back':
        if (this.#skewed.has(worker)) return false;
        this.#skewed.add(worker);
        process.skewMs += (fault.kind === 'clock-back' ? -1 : 1) * fault.forMs * 60;
        return true;
      case 'rebalance':
        kafka.coordinator.rebalance();
        return true;
      case 'coordinator-away':
        kafka.coordinator.awayUntilMs = scheduler.nowMs + fault.forMs;
        return true;
      case 'commit-answer-lost':
        kafka.lostCommitReplies += fault.times;
        return true;
      case 'frozen-commits':
        snowflake.freeze(true);
        later(fault.forMs * 2, world, () => snowflake.freeze(false));
        return true;
      case 'outage':
        snowflake.outageUntilMs = scheduler.nowMs + fault.forMs;
        return true;
      case 'token-revoked':
        snowflake.forgetTokens();
        return true;
      case 'failed-over':
        snowflake.failOver();
        return true;
      case 'rows-rejected':
        snowflake.rejectShare = 0.05;
        later(fault.forMs, world, () => {
          snowflake.rejectShare = 0;
        });
        return true;
      case 'column-grown':
        if (this.#simulation.scenario.settings.structured !== true) return false;
        snowflake.growColumn(tableOf(this.#simulation.scenario, where.topic));
        return true;
      case 'dead-letter-refused':
        kafka.produceFaults.push('refused');
        return true;
      case 'dead-letter-unanswered':
        kafka.produceFaults.push('written-but-refused');
        return true;
      case 'dead-letter-slow':
        for (let time = 0; time < fault.times; time++) kafka.produceFaults.push('slow');
        return true;
      case 'retention':
      case 'truncation':
      case 'compaction':
      case 'topic-made-again':
      case 'offsets-reset':
        return this.#strikeTopics(fault.kind, [where.topic], () => this.#strikeLog(fault, where));
      case 'channel-invalidated':
      case 'channel-taken':
      case 'token-raised':
      case 'table-replaced':
        return this.#strikeTopics(fault.kind, this.#topicsBeside(fault.kind, where), () =>
          this.#strikeChannel(fault, where),
        );
      default:
        snowflake.faults.push(requestFault(fault));
        return true;
    }
  }

  /**
   * An operator's answer is for the whole connector: `earliest`, which one topic needs, would have another one's rows come again
   * where only the end of the log is gone.
   */
  #needsAnotherAnswer(kind: FaultKind, topics: readonly string[]): boolean {
    const opposite = endsOnly.has(kind) ? beginsAnew : beginsAnew.has(kind) ? endsOnly : null;
    if (opposite === null) return false;
    return [...this.#heard].some(([topic, kinds]) => !topics.includes(topic) && kinds.some((one) => opposite.has(one)));
  }

  #strikeTopics(kind: FaultKind, topics: readonly string[], strike: () => boolean): boolean {
    const hasStruck = !this.#needsAnotherAnswer(kind, topics) && strike();
    if (hasStruck) for (const topic of topics) this.#heard.set(topic, [...this.historyOf(topic), kind]);
    return hasStruck;
  }

  /** A table may be that of several topics. */
  #topicsBeside(kind: FaultKind, { topic }: TopicPartition): readonly string[] {
    const { scenario } = this.#simulation;
    if (kind !== 'table-replaced') return [topic];
    return scenario.topics
      .map(({ name }) => name)
      .filter((name) => tableOf(scenario, name) === tableOf(scenario, topic));
  }

  #strikeLog(fault: Fault, where: TopicPartition): boolean {
    const { kafka, oracle, scheduler } = this.#simulation;
    const log = kafka.log(where);
    const hold = (ms: number): void => void this.#heldProducers.set(topicPartitionKey(where), scheduler.nowMs + ms);
    const newest = log.history.at(-1);
    // Before its first commit nothing tells what was read from what was not.
    if (newest === undefined || !kafka.isNoted(where)) return false;
    switch (fault.kind) {
      case 'retention':
        log.deleteBelow(log.start + BigInt(fault.steps));
        kafka.changed();
        return true;
      case 'compaction': {
        const taken = log.history.filter((_, index) => index % 3 === fault.times % 3 && index < log.history.length - 1);
        oracle.excuse(taken, 'compacted');
        log.compact((record) => taken.some(({ offset }) => offset === record.offset));
        return true;
      }
      case 'truncation':
        // Before rows are noted, a channel that the operator has dropped looks like one that never had any.
        if (!kafka.isNoted(where, true)) return false;
        // `earliest`, set for another question, would be taken for this one's answer and have rows come again.
        if (this.#simulation.operator.answer === 'earliest') return false;
        oracle.excuse(log.truncate(log.end - BigInt(Math.min(fault.steps, 3))), 'truncated');
        hold(120_000);
        kafka.changed();
        return true;
      case 'topic-made-again':
        if (!kafka.partitions().every((at) => at.topic !== where.topic || kafka.isNoted(at))) return false;
        kafka.recreate(where.topic, fault.isAfter);
        return true;
      default: {
        // kafka-consumer-groups --reset-offsets, which a group must be inactive for. What another connector wrote only the offset knows.
        if (this.#simulation.scenario.before !== undefined && !kafka.isNoted(where, true)) return false;
        // A channel that was dropped for the end of a truncated log holds no row of those that it has brought: his offset would have them come again.
        const channels = this.#channelsOf(where);
        if (this.historyOf(where.topic).includes('truncation') && channels.some((one) => one.committedToken === null))
          return false;
        for (const { process } of this.#simulation.workers) process.die();
        kafka.coordinator.dissolve();
        const offset = asNextOffset(log.start + (log.end - log.start) / 2n);
        // Of what retention took before it nothing is known any more: Kafka's offset was the only word on it, and the operator's stands now.
        oracle.excuse(
          log.history.filter((record) => record.offset < log.start),
          'passed over by an operator',
        );
        kafka.coordinator.committed.set(topicPartitionKey(where), { offset, metadata: '' });
        // Reading goes on behind the token; of several, no one tells what all have, so reading begins at the offset.
        oracle.mayBeLetteredAgain(
          where,
          (this.#simulation.scenario.settings.lanes ?? 1) > 1 ? offset : this.#behindToken(where),
        );
        return true;
      }
    }
  }

  #strikeChannel(fault: Fault, where: TopicPartition): boolean {
    const { snowflake, scenario, scheduler } = this.#simulation;
    const table = tableOf(scenario, where.topic);
    const pipe = snowflake.pipeOf(table);
    const channel = this.#channelOf(where);
    if (channel === undefined) return false;
    const name = channel.channel;
    if (fault.kind === 'channel-invalidated') {
      return snowflake.service.invalidate(pipe, name, 'ERR_CHANNEL_MUST_BE_REOPENED');
    }
    if (fault.kind === 'channel-taken') {
      const request = { offsetToken: null, failOnUncommittedRows: false };
      return snowflake.service.open(pipe, name, request, scheduler.nowMs).error === undefined;
    }
    if (fault.kind === 'token-raised') return this.#raiseToken(fault, where, channel);
    snowflake.replaceTable(table);
    return true;
  }

  #channelOf({ topic, partition }: TopicPartition): ChannelRecord | undefined {
    return this.#channelsOf({ topic, partition }).find(({ channel }) => channel.endsWith(`${topic}_${partition}`));
  }

  /** Of all lanes. */
  #channelsOf({ topic, partition }: TopicPartition): ChannelRecord[] {
    const { snowflake, scenario } = this.#simulation;
    const { pipe } = snowflake.pipeOf(tableOf(scenario, topic));
    const name = new RegExp(`^SIMULATED_.*${topic}_${partition}(_\\d+of\\d+)?$`);
    return [...snowflake.service.channels()]
      .map(({ record }) => record)
      .filter(({ channel, pipe: of }) => of.pipe === pipe && name.test(channel));
  }

  #behindToken(where: TopicPartition): bigint {
    return BigInt(this.#channelOf(where)?.committedToken ?? '-1') + 1n;
  }

  /** Somebody sets the token to a later offset of the log. */
  #raiseToken({ steps }: Fault, where: TopicPartition, { pipe, channel, committedToken }: ChannelRecord): boolean {
    const { snowflake, kafka, scheduler, oracle } = this.#simulation;
    const before = committedToken === null ? -1n : BigInt(committedToken);
    const last = kafka.log(where).end - 1n;
    const token = before + BigInt(steps) < last ? before + BigInt(steps) : last;
    if (token <= before || !kafka.isNoted(where)) return false;
    oracle.passedOver(where, before + 1n, token);
    const request = { offsetToken: String(token), failOnUncommittedRows: false };
    return snowflake.service.open(pipe, channel, request, scheduler.nowMs).error === undefined;
  }
}

const requestFault = ({ kind, operation, times, reply }: Fault): RequestFault => {
  const [status, text] = errorReplies[reply] ?? [500, ''];
  switch (kind) {
    case 'request-lost':
      return { operation, kind: 'lost', times };
    case 'answer-lost':
    case 'late':
    case 'twice':
    case 'hangs':
      return { operation, kind, times };
    case 'stale-status':
      return { operation: 'status', kind: 'stale', times };
    case 'swallowed':
    case 'discarded':
      return { operation: 'append', kind, times: 1 };
    default:
      return { operation: reply < appendReplies ? 'append' : operation, kind: { reply: status, text }, times };
  }
};
