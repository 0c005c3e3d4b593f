import type { TopicPartition } from '../../src/api/index.ts';
import type { Fate, NewRecord } from './kafka/partition-log.ts';
import type { Simulation } from './simulation.ts';
import { world } from './world/scheduler.ts';
import { SeededRandom } from './world/seeded-random.ts';

/** Producers of the source topics: batches of records at random times, transactions, some of them aborted. */
export class LoadGenerator {
  readonly #simulation: Simulation;
  readonly #random: SeededRandom;
  readonly #gaps: SeededRandom;
  #nextId = 1;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#random = new SeededRandom(simulation.scenario.seed, 3);
    this.#gaps = new SeededRandom(simulation.scenario.seed, 12);
  }

  start(): void {
    const { scheduler, scenario, kafka } = this.#simulation;
    const { load } = scenario;
    const random = this.#random;
    if (load.everyMs !== undefined) {
      this.#trickle(load.everyMs);
      return;
    }
    for (let left = load.records; left > 0; ) {
      const count = Math.min(left, random.between(1, load.mostPerBatch));
      left -= count;
      const where = random.pick(kafka.partitions());
      const isTransactional = random.chance(load.transactional);
      const isAborted = isTransactional && random.chance(load.aborted * 3);
      const records = Array.from({ length: count }, () => this.#record(isAborted));
      scheduler.after(random.between(0, load.overMs), world, () =>
        this.#produce(where, records, isTransactional, isAborted),
      );
    }
  }

  /** Records that are there before anybody reads. */
  produceNow(where: TopicPartition, count: number): void {
    const records = Array.from({ length: count }, () => this.#record(false));
    if (count > 0) this.#produce(where, records, false, false);
  }

  #trickle(everyMs: number): void {
    const { scheduler, scenario, kafka } = this.#simulation;
    for (let index = 0; index < scenario.load.records; index++) {
      scheduler.after(index * everyMs, world, () => {
        const partitions = kafka.partitions();
        const where = partitions[index % partitions.length];
        if (where !== undefined) this.#produce(where, [this.#record(false)], false, false);
      });
    }
  }

  #produce(where: TopicPartition, records: readonly NewRecord[], isTransactional: boolean, isAborted: boolean): void {
    const { kafka, oracle, scenario, injector, scheduler } = this.#simulation;
    if (injector.isProducerHeld(where)) {
      scheduler.after(500, world, () => this.#produce(where, records, isTransactional, isAborted));
      return;
    }
    const log = kafka.log(where);
    const from = log.history.length;
    if ((scenario.settings.lanes ?? 1) > 1 && this.#gaps.chance(0.5)) log.appendGap(this.#gaps.between(50, 600));
    log.append(records, scenario.load.codec, isAborted);
    if (isTransactional) log.appendMarker();
    oracle.produced(where, log, log.history.slice(from));
    kafka.changed();
  }

  #record(isAborted: boolean): NewRecord {
    const { load, settings } = this.#simulation.scenario;
    const random = this.#random;
    const id = this.#nextId++;
    const isFiltered = random.chance(load.filtered) && settings.hasFilter;
    const isInvalid = random.chance(load.invalid);
    const isTombstone = !isInvalid && random.chance(load.tombstones);
    const isOdd = random.chance(load.odd);
    const padding = 'x'.repeat(random.between(0, load.mostPadding));
    const json = isOdd ? `{"id":${id},"a":1,"a":2,"\\u0070":"${padding}"}` : `{"id":${id},"p":"${padding}"}`;
    let fate: Fate = 'row';
    if (isInvalid) fate = 'dead-letter';
    else if (isFiltered || (isTombstone && settings.onNullValue === 'ignore')) fate = 'nothing';
    return {
      id,
      fate: isAborted ? 'nothing' : fate,
      timestamp: BigInt(1_700_000_000_000 + id),
      key: Buffer.from(String(id)),
      value: isTombstone ? null : Buffer.from(isInvalid ? json.slice(0, -1) : json),
      headers: isFiltered ? [['drop', Buffer.from('1')]] : [],
    };
  }
}
