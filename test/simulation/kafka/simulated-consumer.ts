import {
  type Assignment,
  asNextOffset,
  type CommitResult,
  ConnectError,
  type ConsumerHealth,
  type FetchedBatch,
  type NextOffset,
  type OffsetCommit,
  type RebalanceListener,
  type SourceConsumer,
  type Timer,
  type TopicPartition,
  topicPartitionKey,
} from '../../../src/api/index.ts';
import type { HostProcess } from '../world/host-process.ts';
import type { Network } from '../world/network.ts';
import type { SeededRandom } from '../world/seeded-random.ts';
import type { Joined } from './group-coordinator.ts';
import type { Fetched } from './partition-log.ts';
import type { SimulatedKafka } from './simulated-kafka.ts';

const heartbeatMs = 1000;
/** How long a revoke may take: src/kafka's group-member.ts. */
const longestRevokeMs = 25_000;
const commitTimeoutMs = 5000;

export interface SimulatedConsumerOptions {
  readonly kafka: SimulatedKafka;
  readonly network: Network;
  readonly process: HostProcess;
  readonly random: SeededRandom;
}

interface Owned {
  readonly assignment: Assignment;
  position: NextOffset | null;
}

interface Waiting extends Fetched, TopicPartition {}

/** The port of src/api/source-consumer.ts over the model of a cluster, with the life of src/kafka's group member. */
export class SimulatedConsumer implements SourceConsumer {
  readonly #options: SimulatedConsumerOptions;
  readonly #owned = new Map<string, Owned>();
  readonly #paused = new Set<string>();
  #listener: RebalanceListener | null = null;
  #phase: 'starting' | 'joining' | 'running' | 'closed' = 'starting';
  #member: Joined | null = null;
  #isFenced = false;
  #epoch = 0;
  #callbacks: (() => Promise<void>)[] = [];
  #queue: Waiting[] = [];
  /** Batches handed over and not released. */
  #held = 0;
  #isFetching = false;
  #failure: Error | null = null;
  #wake: (() => void) | null = null;
  #woken = false;
  #heartbeat: Timer | null = null;
  #revoking: AbortController | null = null;
  #isAssigning = false;
  /** One after the other: they share a connection, which keeps their order. */
  #commits: Promise<unknown> = Promise.resolve();
  #forgetChanges: () => void = () => {};

  constructor(options: SimulatedConsumerOptions) {
    this.#options = options;
  }

  async start(listener: RebalanceListener): Promise<void> {
    this.#listener = listener;
    await this.#call('connect', () => undefined);
    this.#forgetChanges = this.#options.kafka.onChange(() => this.#fetch());
    this.#beat();
    void this.#join();
  }

  async poll(timeoutMs: number): Promise<FetchedBatch | null> {
    let isOver = timeoutMs <= 0;
    const timer = this.#options.process.clock.setTimer(timeoutMs, () => {
      isOver = true;
      this.#wake?.();
    });
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      const callback = this.#callbacks.shift();
      if (callback !== undefined) {
        await callback();
        continue;
      }
      const batch = this.#take();
      if (batch !== null || this.#woken || isOver) {
        if (batch === null) this.#woken = false;
        timer.cancel();
        return batch;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }

  wakeup(): void {
    this.#woken = true;
    this.#wake?.();
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      this.#paused.add(topicPartitionKey(partition));
      this.#discard(partition);
    }
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#paused.delete(topicPartitionKey(partition));
    this.#fetch();
  }

  seek(partition: TopicPartition, offset: NextOffset): void {
    const owned = this.#owned.get(topicPartitionKey(partition));
    if (owned === undefined) return;
    owned.position = offset;
    this.#discard(partition);
    this.#fetch();
  }

  position(partition: TopicPartition): NextOffset | null {
    return this.#owned.get(topicPartitionKey(partition))?.position ?? null;
  }

  assignment(): readonly Assignment[] {
    return [...this.#owned.values()].map(({ assignment }) => assignment);
  }

  subscription(): readonly string[] {
    return [...this.#options.kafka.topics.keys()];
  }

  highWatermark(partition: TopicPartition): bigint | null {
    return this.#owned.has(topicPartitionKey(partition)) ? this.#options.kafka.log(partition).end : null;
  }

  async commit(offsets: readonly OffsetCommit[]): Promise<readonly CommitResult[]> {
    const { kafka } = this.#options;
    const isCurrent = ({ topic, partition, epoch }: OffsetCommit): boolean =>
      this.#owned.get(topicPartitionKey({ topic, partition }))?.assignment.epoch === epoch;
    const current = offsets.filter(isCurrent);
    const results: CommitResult[] = offsets
      .filter((offset) => !isCurrent(offset))
      .map(({ topic, partition }) => ({ topic, partition, outcome: 'stale-epoch' }));
    const member = this.#member;
    if (member === null || current.length === 0) return results;
    const outcome = this.#commits.then(async () => {
      if (kafka.coordinator.isAway) await this.#options.process.clock.sleep(commitTimeoutMs);
      return this.#call('commit', () => {
        const answer = kafka.coordinator.commit(member.memberId, member.generation, current);
        if (answer !== 'committed' || kafka.lostCommitReplies === 0) return answer;
        kafka.lostCommitReplies--;
        return 'rejected';
      });
    });
    this.#commits = outcome;
    const answer = await outcome;
    return [
      ...results,
      ...current.map(({ topic, partition }) => ({
        topic,
        partition,
        outcome: answer,
        reason: 'the simulated coordinator',
      })),
    ];
  }

  health(): ConsumerHealth {
    const state = this.#phase === 'running' ? 'running' : 'joining';
    return { state, memberId: '', generation: 0, lastFetchAtMs: 0, lastHeartbeatAtMs: 0 };
  }

  async close(deadline: AbortSignal): Promise<void> {
    if (this.#phase === 'closed') return;
    const { kafka } = this.#options;
    const partitions = this.assignment();
    const isLost = this.#failure !== null || this.#isFenced;
    this.#phase = 'closed';
    this.#heartbeat?.cancel();
    this.#forgetChanges();
    this.#queue = [];
    this.#callbacks = [];
    if (partitions.length > 0 && !isLost) await this.#listener?.onPartitionsRevoked(partitions, deadline);
    this.#owned.clear();
    if (partitions.length > 0 && isLost) await this.#listener?.onPartitionsLost(partitions);
    const member = this.#member;
    if (member !== null) await this.#call('leave', () => kafka.coordinator.leave(member.memberId));
  }

  // ---- the group

  #beat(): void {
    const { process, random, kafka } = this.#options;
    this.#heartbeat = process.clock.setTimer(heartbeatMs + random.between(0, 100), () => {
      const member = this.#member;
      this.#beat();
      // Heartbeats go on while partitions are revoked and assigned, however long that takes.
      const isInCallback = this.#revoking !== null || this.#isAssigning;
      if (member === null || (this.#phase === 'joining' && !isInCallback)) return;
      void this.#call('heartbeat', () => kafka.coordinator.heartbeat(member.memberId, member.generation)).then(
        (standing) => {
          if (member !== this.#member || this.#phase === 'closed') return;
          if (standing === 'fenced') {
            this.#isFenced = true;
            this.#revoking?.abort(new ConnectError('the group has given the partitions away'));
          }
          if (this.#phase === 'running' && (standing === 'fenced' || standing === 'rebalancing')) void this.#join();
        },
      );
    });
  }

  async #join(): Promise<void> {
    if (this.#phase === 'joining' || this.#phase === 'closed') return;
    this.#phase = 'joining';
    this.#queue = [];
    const { kafka, process } = this.#options;
    if (this.#owned.size > 0) await this.#onLoop(() => this.#giveUp());
    const memberId = this.#isFenced ? null : (this.#member?.memberId ?? null);
    while (kafka.coordinator.isAway) await process.clock.sleep(500);
    const joined = await this.#call('join', () => kafka.coordinator.join(memberId));
    if (this.#isClosed) return;
    this.#member = joined;
    this.#isFenced = false;
    this.#epoch++;
    this.#isAssigning = true;
    const assignments = await this.#call('facts', () => joined.partitions.map((at) => this.#factsOf(at, joined)));
    await this.#onLoop(() => this.#assign(assignments));
  }

  get #isClosed(): boolean {
    return this.#phase === 'closed';
  }

  async #isOursNow({ memberId, generation }: Joined): Promise<boolean> {
    const { coordinator } = this.#options.kafka;
    const standing = await this.#call('heartbeat', () => coordinator.heartbeat(memberId, generation));
    if (standing === 'away') throw new Error('the simulated coordinator is away');
    return standing !== 'fenced';
  }

  #factsOf(at: TopicPartition, member: Joined): Assignment {
    const { kafka, process } = this.#options;
    const log = kafka.tell(process, at);
    const committed = () => kafka.coordinator.committed.get(topicPartitionKey(at)) ?? null;
    return {
      ...at,
      epoch: this.#epoch,
      committed: committed(),
      logStart: asNextOffset(log.start),
      logEnd: asNextOffset(log.end),
      endNow: () => this.#call('log-end', () => asNextOffset(kafka.log(at).end)),
      committedNow: () => this.#call('committed', committed),
      isOursNow: () => this.#isOursNow(member),
      topicId: kafka.topic(at.topic).id,
      topicIdNow: () => this.#call('topic-id', () => kafka.topic(at.topic).id),
    };
  }

  /** Runs inside the next `poll`. */
  #onLoop(callback: () => Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#callbacks.push(() => callback().then(resolve));
    this.#wake?.();
    return promise;
  }

  async #giveUp(): Promise<void> {
    const partitions = this.assignment();
    const { kafka, process } = this.#options;
    const member = this.#member;
    const standing =
      this.#isFenced || member === null
        ? 'fenced'
        : await this.#call('heartbeat', () => kafka.coordinator.heartbeat(member.memberId, member.generation));
    if (standing === 'fenced') {
      this.#isFenced = true;
      this.#owned.clear();
      await this.#listener?.onPartitionsLost(partitions);
      return;
    }
    const controller = new AbortController();
    this.#revoking = controller;
    const timer = process.clock.setTimer(longestRevokeMs, () => controller.abort(new ConnectError('revoke too long')));
    await this.#listener?.onPartitionsRevoked(partitions, controller.signal);
    timer.cancel();
    this.#revoking = null;
    this.#owned.clear();
  }

  async #assign(assignments: readonly Assignment[]): Promise<void> {
    this.#paused.clear();
    for (const assignment of assignments) {
      this.#owned.set(topicPartitionKey(assignment), { assignment, position: null });
    }
    await this.#listener?.onPartitionsAssigned(assignments);
    for (const owned of this.#owned.values()) {
      // A task that could not open it has not said where to read, and is about to end.
      if (owned.position !== null) this.#options.kafka.begins(owned.assignment);
      owned.position ??= owned.assignment.committed?.offset ?? owned.assignment.logStart;
    }
    this.#isAssigning = false;
    this.#phase = 'running';
    this.#fetch();
  }

  // ---- fetching

  #discard({ topic, partition }: TopicPartition): void {
    this.#queue = this.#queue.filter((waiting) => waiting.topic !== topic || waiting.partition !== partition);
  }

  /** One fetch at a time, and the next one when all of the last is read. */
  #fetch(): void {
    if (this.#phase !== 'running' || this.#isFetching || this.#held > 0 || this.#queue.length > 0) return;
    const wanted = this.#wanted();
    if (!wanted.some(({ owned, position }) => this.#hasNews(owned.assignment, position))) return;
    this.#isFetching = true;
    const member = this.#member;
    void this.#call('fetch', () => this.#read(wanted)).then((fetched) => {
      this.#isFetching = false;
      const isOurs = member === this.#member && this.#phase === 'running';
      if (isOurs && fetched instanceof Error) this.#fail(fetched);
      else if (isOurs && !(fetched instanceof Error))
        this.#queue.push(...fetched.filter((one) => !this.#isPaused(one)));
      this.#wake?.();
      this.#fetch();
    });
  }

  #wanted(): { owned: Owned; position: NextOffset }[] {
    return [...this.#owned.values()].flatMap((owned) =>
      owned.position === null || this.#isPaused(owned.assignment) ? [] : [{ owned, position: owned.position }],
    );
  }

  #hasNews(assignment: Assignment, position: NextOffset): boolean {
    const { kafka } = this.#options;
    const log = kafka.log(assignment);
    return position !== log.end || position < log.start || kafka.topic(assignment.topic).id !== assignment.topicId;
  }

  #read(wanted: readonly { readonly owned: Owned; readonly position: NextOffset }[]): Waiting[] | Error {
    const { kafka, random } = this.#options;
    const fetched: Waiting[] = [];
    for (const { owned, position } of wanted) {
      const { topic, partition, topicId } = owned.assignment;
      const log = kafka.log({ topic, partition });
      if (kafka.topic(topic).id !== topicId) return new ConnectError(`topic ${topic} was deleted and made again`);
      if (position < log.start || position > log.end) {
        return new ConnectError(
          `${topic}-${partition}: offset ${position} must be read next, but the log holds others`,
        );
      }
      const one = log.fetch(position, random.between(1, 4));
      if (one !== null) fetched.push({ topic, partition, ...one });
    }
    const [first] = fetched;
    // The order of partitions in a fetch's answer is the broker's affair.
    if (first !== undefined && random.chance(0.5)) fetched.push(...fetched.splice(0, 1));
    return fetched;
  }

  #isPaused(partition: TopicPartition): boolean {
    return this.#paused.has(topicPartitionKey(partition));
  }

  #take(): FetchedBatch | null {
    if (this.#phase !== 'running') return null;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const owned = this.#owned.get(topicPartitionKey(next));
      const position = owned?.position ?? null;
      if (owned === undefined || position === null || this.#isPaused(next)) continue;
      if (next.fetchOffset > position || position >= next.nextOffset) continue;
      return this.#handOver(next, owned, position);
    }
    this.#fetch();
    return null;
  }

  #handOver({ topic, partition, nextOffset, batches: all }: Waiting, owned: Owned, from: NextOffset): FetchedBatch {
    owned.position = nextOffset;
    this.#held++;
    let isHeld = true;
    const batches = all.filter(({ lastOffset }) => lastOffset >= from);
    return {
      topic,
      partition,
      epoch: owned.assignment.epoch,
      fetchOffset: from,
      nextOffset,
      highWatermark: this.#options.kafka.log({ topic, partition }).end,
      batches,
      recordCount: batches.reduce((sum, { recordCount }) => sum + recordCount, 0),
      byteSize: batches.reduce((sum, { bytes }) => sum + bytes.length, 0),
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#held--;
        this.#fetch();
      },
    };
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  async #call<T>(what: 'commit' | 'fetch' | string, act: () => T | Promise<T>): Promise<T> {
    const { kafka, network, process } = this.#options;
    if (what === 'commit') kafka.committing++;
    if (what === 'fetch') kafka.fetching++;
    const answer = network.call(process, what, () => {
      if (what === 'commit') kafka.committing--;
      if (what === 'fetch') kafka.fetching--;
      return act();
    });
    return await answer;
  }
}
