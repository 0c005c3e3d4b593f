import {
  type Assignment,
  type Clock,
  ConnectError,
  type Logger,
  type RebalanceListener,
  type TopicPartition,
} from '../api/index.ts';
import { Progress } from '../util/progress.ts';
import type { ConsumerOptions } from './client-config/consumer-properties.ts';
import type { DeliveryQueue } from './delivery-queue.ts';
import type { Wanted } from './fetch-ahead.ts';
import type { FetchedPartition } from './fetched-partition.ts';
import { GroupHeartbeat, type Standing } from './group-heartbeat.ts';
import type { GroupMembership } from './hardening/group-membership.ts';
import type { ConsumerGroup, KafkaJsCluster } from './hardening/kafkajs-types.ts';
import { fatalError, type KafkaJsModules } from './hardening/override.ts';
import { idleFetchWaitMs } from './idle-fetch-wait.ts';
import { describeOutOfRange } from './offset-out-of-range.ts';
import type { OwnedPartitions } from './owned-partitions.ts';
import { gatherFacts } from './partition-facts.ts';
import type { PollCallbacks } from './poll-callbacks.ts';
import { startingPoint } from './starting-point.ts';
import type { TopicsSeen, TopicWatch } from './topic-watch.ts';

/** A partition that was not fetched for so long, and the longest wait of a fetch, may be another one by now. */
const unseenMs = 1000;
/** A revoke holds up the whole group: so long at the most, ms. */
const longestRevokeMs = 25_000;
const shareOfRebalanceTimeout = 0.8;

/**
 * `joining`: nothing is owned, JoinGroup is under way. `assigning`, `joined`, `revoking`: owned. Fetched is in `joined` only.
 */
export type Phase = 'joining' | 'assigning' | 'joined' | 'revoking' | 'closed';

export interface GroupMemberOptions {
  readonly modules: KafkaJsModules;
  readonly cluster: KafkaJsCluster;
  readonly options: ConsumerOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly listener: RebalanceListener;
  readonly owned: OwnedPartitions;
  readonly queue: DeliveryQueue;
  readonly callbacks: PollCallbacks;
  readonly topicWatch: TopicWatch;
  /** Whether the task polls as often as max.poll.interval.ms asks. */
  pollsInTime(): boolean;
  onFailure(error: Error): void;
}

/**
 * The group's view of the task: joins, revokes, heartbeats. kafkajs calls it through the overrides; what the task must do or hear goes
 * through `callbacks` to its own loop, and kafkajs waits.
 */
export class GroupMember implements GroupMembership {
  readonly #given: GroupMemberOptions;
  readonly #heartbeat: GroupHeartbeat;
  group: ConsumerGroup | null = null;
  /** From before its JoinGroup until it may fetch: kafkajs leaves only what does. */
  isJoining = false;
  phase: Phase = 'joining';
  lastFetchAtMs = 0;
  /** Topics to read, sorted. */
  subscribed: readonly string[] = [];
  #epoch = 0;
  #rejoin = false;
  readonly #wanting = new Progress();
  #emptyFetches = 0;
  #fetchWaitMs = 0;
  /** The group went on without us: nothing that is held may be committed. */
  isFenced = false;
  #revoking: AbortController | null = null;

  constructor(given: GroupMemberOptions) {
    this.#given = given;
    this.#heartbeat = new GroupHeartbeat({
      clock: given.clock,
      intervalMs: given.options.heartbeatIntervalMs,
      mayBeat: () => given.pollsInTime(),
      onStanding: (_, standing) => this.#learned(standing),
    });
  }

  get lastHeartbeatAtMs(): number {
    return this.#heartbeat.lastAtMs;
  }
  get mayDeliver(): boolean {
    return this.phase === 'joined' && !this.#rejoin;
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    await this.#given.cluster.addMultipleTargetTopics(topics);
    this.subscribed = topics;
  }

  /** Nothing is fetched, joined or beaten any more, once `stop` has let go of the heartbeat too. */
  close(): void {
    this.phase = 'closed';
    this.wantMore();
  }
  stop(): void {
    this.#heartbeat.stop();
  }

  // ---- asked by the overrides

  mustJoin(group: ConsumerGroup): boolean {
    return this.phase !== 'closed' && (!this.mayDeliver || group !== this.group);
  }

  fetchWaitMs(): number {
    const { owned, options } = this.#given;
    const { maxWaitMs } = options;
    const { size: partitions, arePaused } = owned;
    this.#fetchWaitMs = idleFetchWaitMs({ maxWaitMs, partitions, arePaused, emptyInRow: this.#emptyFetches });
    return this.#fetchWaitMs;
  }

  wanted(): Wanted {
    return this.phase === 'joined' ? this.#given.owned.wanted() : new Map();
  }

  async moreWanted(timeoutMs: number): Promise<void> {
    const { clock } = this.#given;
    const waiting = new AbortController();
    const timer = clock.setTimer(timeoutMs, () => waiting.abort());
    await this.#wanting.next(waiting.signal);
    timer.cancel();
  }

  /** A fetcher that had nothing to ask for need not wait any longer. */
  wantMore(): void {
    this.#wanting.tell();
  }

  /**
   * A topic that is deleted while its partition is being fetched answers with an error. Where none was fetched for a while (it was
   * paused, or the task was busy), it may have been made again unseen, and be read from the middle: its id is asked for first.
   */
  fetched(asked: Wanted, partitions: readonly FetchedPartition[], ageMs: number): Promise<void> | void {
    const { clock, owned, options, topicWatch } = this.#given;
    const now = clock.now();
    this.lastFetchAtMs = now;
    const unseenSince = now - Math.max(options.maxWaitMs, this.#fetchWaitMs) - unseenMs;
    this.#emptyFetches = partitions.every(({ recordCount }) => recordCount === 0) ? this.#emptyFetches + 1 : 0;
    const isUnsure = owned.asked(asked.keys(), unseenSince, now - ageMs);
    for (const fetched of partitions) owned.endsAt(fetched, BigInt(fetched.highWatermark));
    if (isUnsure && this.phase !== 'closed') return topicWatch.check();
  }

  async beforeJoin(group: ConsumerGroup): Promise<void> {
    const { owned, clock, callbacks, cluster, logger, options } = this.#given;
    this.#refuseClosed();
    this.#letGo();
    if (owned.size > 0) {
      const sinceMs = clock.now();
      this.#enter('revoking');
      await callbacks.run(
        () => this.#giveUp(group, sinceMs),
        (error) => this.#callbackFailed(error),
      );
    }
    this.#enter('joining');
    logger.info(
      { group: options.groupId, sessionTimeoutMs: options.sessionTimeoutMs },
      'Joining the consumer group; a member that was killed is waited for until its session ends',
    );
    this.#applySubscription(group);
    await cluster.addMultipleTargetTopics(this.subscribed);
    this.isJoining = true;
  }

  async afterJoin(group: ConsumerGroup): Promise<void> {
    const { options, clock, topicWatch, callbacks } = this.#given;
    this.#refuseClosed(); // whoever closed it has left the group, and nobody would ever stop its heartbeat
    this.group = group;
    this.#rejoin = false;
    this.isFenced = false;
    this.#enter('assigning');
    this.#heartbeat.watch(group);
    const epoch = ++this.#epoch;
    const assignments = await gatherFacts({
      group,
      isolation: options.isolation,
      clock,
      epoch,
      lookAtTopics: () => topicWatch.look(),
      isOursNow: (partition) => this.#isOursNow(group, partition, epoch),
    });
    await callbacks.run(
      () => this.#assign(assignments),
      (error) => this.#callbackFailed(error),
    );
    this.isJoining = false;
  }

  #refuseClosed(): void {
    if (this.phase === 'closed') throw fatalError(this.#given.modules, new ConnectError('the consumer is closing'));
  }

  async leaderMissing(): Promise<void> {
    if (this.phase !== 'closed') await this.#given.topicWatch.check();
  }

  async offsetOutOfRange(group: ConsumerGroup, { topic, partition }: TopicPartition): Promise<void> {
    const position = this.#given.owned.position({ topic, partition });
    if (position === null) return;
    const error = await describeOutOfRange(group.cluster, { topic, partition }, position);
    if (error === null) return;
    this.failed(error);
    throw error;
  }

  failed(error: Error): void {
    this.#given.onFailure(error);
  }

  // ---- run on the task's loop

  async #giveUp(group: ConsumerGroup, sinceMs: number): Promise<void> {
    const { listener, owned, queue } = this.#given;
    const partitions = owned.assignments();
    if (await this.#isOut(group)) {
      owned.giveUp(false);
      await listener.onPartitionsLost(partitions);
      return;
    }
    const deadline = this.#revokeDeadline(sinceMs);
    try {
      await listener.onPartitionsRevoked(partitions, deadline.signal);
    } finally {
      deadline.cancel();
      // what the task did not finish is read again, should the partition come straight back
      for (const fetched of queue.stragglers()) owned.rewind(fetched, fetched.fetchOffset);
      owned.giveUp(!this.isFenced);
    }
  }

  /** Asked only now: the task may have been away for long since the group asked. */
  async #isOut(group: ConsumerGroup): Promise<boolean> {
    const startedOver = group !== this.group; // a new object: kafkajs left the group on its way
    return this.isFenced || startedOver || (await this.#heartbeat.beat(group)) === 'fenced';
  }

  /** While the group prepares a rebalance nobody else has been given anything. */
  async #isOursNow(group: ConsumerGroup, partition: TopicPartition, epoch: number): Promise<boolean> {
    const standing = await this.#heartbeat.beat(group);
    const isCurrent = this.#given.owned.get(partition)?.epoch === epoch;
    if (standing === 'unknown' && isCurrent) {
      throw new Error('the group coordinator does not answer whether the partition is still assigned here');
    }
    if (isCurrent && group === this.group) this.#learned(standing);
    return isCurrent && standing !== 'fenced';
  }

  /** Counted from when the group asked, not from when the task came to hear of it. */
  #revokeDeadline(sinceMs: number): { signal: AbortSignal; cancel: () => void } {
    const { options, clock } = this.#given;
    const limitMs = Math.min(options.maxPollIntervalMs * shareOfRebalanceTimeout, longestRevokeMs);
    const controller = new AbortController();
    const timer = clock.setTimer(Math.max(0, sinceMs + limitMs - clock.now()), () =>
      controller.abort(new ConnectError(`the revoke took longer than ${limitMs} ms`)),
    );
    this.#revoking = controller;
    const cancel = (): void => {
      timer.cancel();
      this.#revoking = null;
    };
    return { signal: controller.signal, cancel };
  }

  async #assign(assignments: readonly Assignment[]): Promise<void> {
    const { listener, options, owned } = this.#given;
    owned.take(assignments);
    await listener.onPartitionsAssigned(assignments);
    for (const assignment of owned.unplaced()) owned.place(assignment, startingPoint(assignment, options.offsetReset));
    this.#enter('joined');
  }

  #callbackFailed(error: unknown): Error {
    const failure = error instanceof Error ? error : new ConnectError(String(error));
    this.failed(failure);
    return fatalError(this.#given.modules, failure);
  }

  // ---- what the member learns

  #learned(standing: Standing): void {
    if (this.phase === 'joining' || this.phase === 'closed') return;
    if (standing === 'fenced') this.fence();
    else if (standing === 'rebalancing' && this.phase !== 'revoking') this.#wantRejoin();
  }

  fence(): void {
    this.isFenced = true;
    this.#revoking?.abort(new ConnectError('the group has given the partitions away'));
    this.#wantRejoin();
  }

  #wantRejoin(): void {
    this.#rejoin = true;
    this.#letGo();
  }

  /** kafkajs need not wait for what the task has in hand: that may take as long as Snowflake does. */
  #letGo(): void {
    this.#given.queue.discard();
    this.#given.queue.letGo();
  }

  sawTopics({ present, ids }: TopicsSeen): void {
    if (this.phase === 'closed') return;
    const again = this.#madeAgain(ids);
    if (again !== null) {
      this.failed(again);
      return;
    }
    if (present.join('\n') === this.subscribed.join('\n')) return;
    this.#given.logger.info({ topics: present }, 'The topics to read have changed: joining the group again');
    this.subscribed = present;
    this.#dropTargets(); // or every refresh of metadata fails for a topic that is gone
    this.#wantRejoin();
  }

  #madeAgain(ids: TopicsSeen['ids']): ConnectError | null {
    for (const { topic, topicId } of this.#given.owned.assignments()) {
      const now = ids.get(topic) ?? null;
      if (topicId === null || now === null || now === topicId) continue;
      return new ConnectError(
        `topic ${topic} was deleted and made again (topic id ${topicId} before, ${now} now): offsets of the old log mean nothing in the new one. Restart the task: it says then which choices there are`,
      );
    }
    return null;
  }

  #dropTargets(): void {
    const { targetTopics } = this.#given.cluster;
    for (const topic of targetTopics) if (!this.subscribed.includes(topic)) targetTopics.delete(topic);
  }

  /** Names are taken over only before a join: kafkajs compares them with the assignment in between. */
  #applySubscription(group: ConsumerGroup): void {
    this.#dropTargets();
    for (const topic of Object.keys(group.topicConfigurations)) {
      if (!this.subscribed.includes(topic)) delete group.topicConfigurations[topic];
    }
    for (const topic of this.subscribed) group.topicConfigurations[topic] = { fromBeginning: true };
    group.topicsSubscribed = [...this.subscribed];
  }

  #enter(phase: Phase): void {
    if (this.phase !== 'closed') this.phase = phase;
  }
}
