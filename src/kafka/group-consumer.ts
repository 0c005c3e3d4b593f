import {
  type Assignment,
  asNextOffset,
  type Clock,
  type CommitResult,
  ConnectError,
  type ConsumerHealth,
  errorMessage,
  type FetchedBatch,
  type Logger,
  type NextOffset,
  type OffsetCommit,
  type RebalanceListener,
  type TopicPartition,
} from '../api/index.ts';
import { orAborted } from '../util/signals.ts';
import type { ConsumerOptions } from './client-config/consumer-properties.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { explainKafkaError } from './explain-kafka-error.ts';
import type { FetchedPartition } from './fetched-partition.ts';
import { createSocketFactory } from './framing-socket.ts';
import { GroupHeartbeat, type Standing } from './group-heartbeat.ts';
import { type GroupMembership, registerMembership } from './hardening/group-membership.ts';
import type { ConsumerGroup, CrashPayload, EachBatchPayload, KafkaJsConsumer } from './hardening/kafkajs-types.ts';
import { fatalError, type KafkaJsModules } from './hardening/override.ts';
import { connectFirst, createKafkaJsClient, type KafkaJsClient, type KafkaJsClientOptions } from './kafkajs-client.ts';
import { OffsetCommitter } from './offset-committer.ts';
import { describeOutOfRange } from './offset-out-of-range.ts';
import { OwnedPartitions } from './owned-partitions.ts';
import { gatherFacts } from './partition-facts.ts';
import { byTopic } from './partition-offsets.ts';
import { PollCallbacks } from './poll-callbacks.ts';
import { type Place, ResponsePlace } from './response-place.ts';
import { startingPoint } from './starting-point.ts';
import { type TopicsSeen, TopicWatch } from './topic-watch.ts';
import { WakeSignal } from './wake-signal.ts';

/** Handlers that may wait at once: the most partitions that one poll round can choose among. */
const handlers = 256;
/** A revoke holds up the whole group: so long at the most, ms. */
const longestRevokeMs = 25_000;
const shareOfRebalanceTimeout = 0.8;
const subscribeAttempts = 10;
const subscribeRetryMs = 300;

export interface GroupConsumerOptions {
  readonly modules: KafkaJsModules;
  readonly options: ConsumerOptions;
  readonly topics: readonly string[] | RegExp;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly place: Place;
  readonly listener: RebalanceListener;
}

/**
 * `joining`: nothing is owned, JoinGroup is under way. `assigning`, `joined`, `revoking`: owned. kafkajs's loop fetches in `joined` only.
 */
type Phase = 'joining' | 'assigning' | 'joined' | 'revoking' | 'closed';

/** One running member of a consumer group: kafkajs's loop on one side, the task's `poll` on the other. */
export class GroupConsumer implements GroupMembership {
  readonly owned = new OwnedPartitions();
  readonly #given: GroupConsumerOptions;
  readonly #connection: KafkaJsClientOptions;
  readonly #client: KafkaJsClient;
  readonly #consumer: KafkaJsConsumer;
  readonly #wake = new WakeSignal();
  readonly #queue = new DeliveryQueue(() => this.#wake.ring());
  readonly #callbacks = new PollCallbacks(() => this.#wake.ring());
  readonly #heartbeat: GroupHeartbeat;
  readonly #committer: OffsetCommitter;
  readonly #topicWatch: TopicWatch;
  #group: ConsumerGroup | null = null;
  #phase: Phase = 'joining';
  #subscribed: readonly string[] = [];
  #epoch = 0;
  #rejoin = false;
  #fenced = false;
  #woken = false;
  #revoking: AbortController | null = null;
  #failure: Error | null = null;
  #lastPollAtMs: number;
  #lastFetchAtMs = 0;

  constructor(given: GroupConsumerOptions) {
    const { modules, options, clock, logger, topics, place } = given;
    this.#given = given;
    const responses = new ResponsePlace(place, () => this.#queue.isInUse);
    this.#connection = {
      modules,
      client: options.client,
      logger,
      isolation: options.isolation,
      socketFactory: createSocketFactory(responses),
    };
    this.#client = createKafkaJsClient(this.#connection);
    registerMembership(this.#client.cluster, this);
    this.#consumer = this.#client.consumer(options);
    this.#committer = new OffsetCommitter(modules, clock, (at, epoch) => this.owned.get(at)?.epoch === epoch);
    this.#heartbeat = new GroupHeartbeat({
      clock,
      intervalMs: options.heartbeatIntervalMs,
      mayBeat: () => this.#pollsInTime(),
      onStanding: (_, standing) => this.#learned(standing),
    });
    this.#topicWatch = new TopicWatch({
      modules,
      cluster: this.#client.cluster,
      topics,
      maxAgeMs: options.client.metadataMaxAge,
      clock,
      logger,
      onSeen: (seen) => this.#sawTopics(seen),
      onError: (error) => this.failed(error),
    });
    this.#lastPollAtMs = clock.now();
  }

  async start(): Promise<void> {
    const { options, clock } = this.#given;
    try {
      await connectFirst(this.#client, this.#connection, clock);
      await this.#subscribe();
      this.#consumer.on('consumer.crash', ({ payload }) => this.#crashed(payload));
      await this.#consumer.subscribe({ topics: this.#subscribed, fromBeginning: true });
    } catch (error) {
      this.#phase = 'closed';
      await this.#client.cluster.disconnect().catch(() => undefined); // it never got as far as to matter
      throw explainKafkaError(error, `consumer group ${options.groupId}`);
    }
    this.#lastPollAtMs = clock.now();
    this.#topicWatch.start();
    // resolves only after the first assignment, which waits for `poll`: kafkajs reports failures as CRASH
    void this.#consumer
      .run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: handlers,
        eachBatch: (payload) => this.#handle(payload),
      })
      .catch((error: unknown) => this.failed(explainKafkaError(error, `consumer group ${options.groupId}`)));
  }

  /** A topic just made may be known to one broker and not yet to the next. */
  async #subscribe(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        this.#subscribed = (await this.#topicWatch.look()).present;
        await this.#client.cluster.addMultipleTargetTopics(this.#subscribed);
        return;
      } catch (error) {
        if (error instanceof ConnectError || attempt === subscribeAttempts) throw error;
        await this.#given.clock.sleep(subscribeRetryMs);
      }
    }
  }

  // ---- the task's side

  async poll(timeoutMs: number): Promise<FetchedBatch | null> {
    const { clock } = this.#given;
    const deadlineMs = clock.now() + timeoutMs;
    for (;;) {
      this.#lastPollAtMs = clock.now();
      if (this.#failure !== null) throw this.#failure;
      if (await this.#callbacks.runOne()) continue;
      const batch = this.#take();
      if (batch !== null) return batch;
      const leftMs = deadlineMs - clock.now();
      if (this.#woken || leftMs <= 0) {
        this.#woken = false;
        return null;
      }
      await this.#wake.wait(clock, leftMs);
    }
  }

  wakeup(): void {
    this.#woken = true;
    this.#wake.ring();
  }

  #take(): FetchedBatch | null {
    const taken = this.#phase === 'joined' ? this.#queue.take((fetched) => this.#isNext(fetched)) : null;
    if (taken === null) return null;
    const { fetched, release } = taken;
    const { topic, partition, nextOffset } = fetched;
    const fetchOffset = this.owned.position(fetched) ?? asNextOffset(fetched.fetchOffset);
    this.owned.place(fetched, asNextOffset(nextOffset));
    const batches = fetched.recordBatches.filter(({ lastOffset }) => lastOffset >= fetchOffset);
    return {
      topic,
      partition,
      epoch: this.owned.get(fetched)?.epoch ?? this.#epoch,
      fetchOffset,
      nextOffset: asNextOffset(nextOffset),
      highWatermark: BigInt(fetched.highWatermark),
      batches,
      recordCount: batches.reduce((count, batch) => count + batch.recordCount, 0),
      byteSize: batches.reduce((bytes, batch) => bytes + batch.bytes.length, 0),
      release,
    };
  }

  /**
   * Only what continues at the position is delivered. A partition that passes from one broker's fetcher to another's is fetched twice
   * (K3): what lies behind the position is skipped, and where the fetch does not touch the position, it is repeated from there.
   */
  #isNext(fetched: FetchedPartition): boolean {
    const position = this.owned.position(fetched);
    if (position === null || this.owned.isPaused(fetched)) return false;
    if (fetched.fetchOffset <= position && position < fetched.nextOffset) return true;
    this.#group?.seek({ topic: fetched.topic, partition: fetched.partition, offset: String(position) });
    return false;
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.owned.pause(partitions);
    for (const partition of partitions) this.#queue.discard(partition);
    this.#group?.pause(byTopic(partitions));
  }
  resume(partitions: readonly TopicPartition[]): void {
    this.owned.resume(partitions);
    this.#group?.resume(byTopic(partitions));
  }
  seek(partition: TopicPartition, offset: NextOffset): void {
    if (!this.owned.place(partition, offset)) {
      this.#given.logger.debug({ ...partition }, 'A seek of a partition that is not assigned any more is ignored');
      return;
    }
    this.#queue.discard(partition);
    this.#group?.seek({ ...partition, offset: String(offset) });
  }

  commit(offsets: readonly OffsetCommit[]): Promise<readonly CommitResult[]> {
    return this.#committer.commit(this.#group, offsets);
  }

  health(): ConsumerHealth {
    const states = {
      joining: 'joining',
      assigning: 'joining',
      joined: 'running',
      revoking: 'joining',
      closed: 'stopped',
    } as const;
    return {
      state: this.#failure === null ? states[this.#phase] : 'failed',
      memberId: this.#group?.memberId ?? '',
      generation: this.#group?.generationId ?? -1,
      lastFetchAtMs: this.#lastFetchAtMs,
      lastHeartbeatAtMs: this.#heartbeat.lastAtMs,
    };
  }

  /** K6: revoke and commit while the member still stands, then leave. */
  async close(deadline: AbortSignal): Promise<void> {
    if (this.#phase === 'closed') return;
    const { listener, modules } = this.#given;
    const wasOwned = this.owned.assignments();
    const lost = this.#failure !== null || this.#fenced;
    this.#phase = 'closed';
    this.#topicWatch.stop();
    this.#group?.pause(byTopic(wasOwned));
    this.#queue.discard();
    this.#callbacks.refuse(fatalError(modules, new ConnectError('the consumer is closing')));
    try {
      if (wasOwned.length > 0 && !lost) await listener.onPartitionsRevoked(wasOwned, deadline);
      this.owned.giveUp(false);
      if (wasOwned.length > 0 && lost) await listener.onPartitionsLost(wasOwned);
    } finally {
      this.#queue.abandonTaken();
      this.#heartbeat.stop();
      await this.#disconnect(deadline);
    }
  }

  async #disconnect(deadline: AbortSignal): Promise<void> {
    const leaving = this.#consumer.disconnect();
    leaving.catch(() => undefined); // after the deadline nobody waits for it
    try {
      await orAborted(leaving, deadline);
    } catch (error) {
      this.#given.logger.warn(
        { error: errorMessage(error) },
        'The Kafka consumer did not disconnect in time; its group session will expire',
      );
    }
  }

  // ---- kafkajs's side

  async #handle({ batch, resolveOffset }: EachBatchPayload): Promise<void> {
    if (this.#phase !== 'joined' || this.#rejoin) return;
    const outcome = await this.#queue.offer(batch);
    if (outcome === 'consumed') resolveOffset(batch.lastOffset());
  }

  mustJoin(group: ConsumerGroup): boolean {
    if (this.#phase === 'closed') return false;
    return this.#rejoin || this.#phase !== 'joined' || group !== this.#group;
  }

  fetched(partitions: readonly FetchedPartition[]): void {
    this.#lastFetchAtMs = this.#given.clock.now();
    for (const fetched of partitions) this.owned.sawHighWatermark(fetched, BigInt(fetched.highWatermark));
  }

  async beforeJoin(group: ConsumerGroup): Promise<void> {
    this.#queue.discard();
    if (this.owned.size > 0) {
      // a new group object: kafkajs started over and left the group on its way
      const lost = this.#fenced || group !== this.#group || (await this.#heartbeat.beat(group)) === 'fenced';
      const sinceMs = this.#given.clock.now();
      if (this.#phase !== 'closed') this.#phase = 'revoking';
      await this.#callbacks.run(
        () => this.#giveUp(lost, sinceMs),
        (error) => this.#callbackFailed(error),
      );
    }
    if (this.#phase !== 'closed') this.#phase = 'joining';
    this.#applySubscription(group);
    await this.#client.cluster.addMultipleTargetTopics(this.#subscribed);
  }

  async #giveUp(lostBefore: boolean, sinceMs: number): Promise<void> {
    const { listener, options, clock } = this.#given;
    const partitions = this.owned.assignments();
    if (lostBefore || this.#fenced) {
      this.owned.giveUp(false);
      await listener.onPartitionsLost(partitions);
      return;
    }
    const limitMs = Math.min(options.maxPollIntervalMs * shareOfRebalanceTimeout, longestRevokeMs);
    const deadline = new AbortController();
    this.#revoking = deadline;
    const timer = clock.setTimer(Math.max(0, sinceMs + limitMs - clock.now()), () =>
      deadline.abort(new ConnectError(`the revoke took longer than ${limitMs} ms`)),
    );
    try {
      await listener.onPartitionsRevoked(partitions, deadline.signal);
    } finally {
      timer.cancel();
      this.#revoking = null;
      this.owned.giveUp(!this.#fenced);
    }
  }

  /** Names are taken over only here: kafkajs compares them with the assignment in between. */
  #applySubscription(group: ConsumerGroup): void {
    for (const topic of group.cluster.targetTopics) {
      if (!this.#subscribed.includes(topic)) group.cluster.targetTopics.delete(topic);
    }
    for (const topic of Object.keys(group.topicConfigurations)) {
      if (!this.#subscribed.includes(topic)) delete group.topicConfigurations[topic];
    }
    for (const topic of this.#subscribed) group.topicConfigurations[topic] = { fromBeginning: true };
    group.topicsSubscribed = [...this.#subscribed];
  }

  async afterJoin(group: ConsumerGroup): Promise<void> {
    const { options, clock } = this.#given;
    this.#group = group;
    this.#rejoin = false;
    this.#fenced = false;
    if (this.#phase !== 'closed') this.#phase = 'assigning';
    this.#heartbeat.watch(group);
    const assignments = await gatherFacts({
      group,
      isolation: options.isolation,
      clock,
      epoch: ++this.#epoch,
      lookAtTopics: () => this.#topicWatch.look(),
    });
    await this.#callbacks.run(
      () => this.#assign(group, assignments),
      (error) => this.#callbackFailed(error),
    );
  }

  async #assign(group: ConsumerGroup, assignments: readonly Assignment[]): Promise<void> {
    const { listener, options } = this.#given;
    this.owned.take(assignments);
    await listener.onPartitionsAssigned(assignments);
    for (const assignment of this.owned.unplaced())
      this.owned.place(assignment, startingPoint(assignment, options.offsetReset));
    const committed = group.offsetManager.committedOffsets();
    for (const { topic, partition } of assignments) {
      const offsets = committed[topic] ?? {};
      offsets[partition] = String(this.owned.position({ topic, partition }));
      committed[topic] = offsets;
    }
    group.resume(byTopic(assignments));
    group.pause(byTopic(this.owned.paused()));
    this.#phase = 'joined';
  }

  #callbackFailed(error: unknown): Error {
    const failure = error instanceof Error ? error : new ConnectError(String(error));
    this.failed(failure);
    return fatalError(this.#given.modules, failure);
  }

  #learned(standing: Standing): void {
    if (this.#phase === 'joining' || this.#phase === 'closed') return;
    if (standing === 'fenced') {
      this.#fenced = true;
      this.#revoking?.abort(new ConnectError('the group has given the partitions away'));
    }
    if (standing === 'fenced' || (standing === 'rebalancing' && this.#phase !== 'revoking')) this.#wantRejoin();
  }

  #wantRejoin(): void {
    this.#rejoin = true;
    this.#queue.discard();
  }

  #pollsInTime(): boolean {
    const { options, clock, logger } = this.#given;
    const sinceMs = clock.now() - this.#lastPollAtMs;
    if (sinceMs < options.maxPollIntervalMs || this.#callbacks.isRunning) return true;
    logger.warn(
      { sinceMs, maxPollIntervalMs: options.maxPollIntervalMs },
      'The task has not polled for max.poll.interval.ms: heartbeats stop, and the group will give its partitions to another member',
    );
    return false;
  }

  leaderMissing(): Promise<void> {
    return this.#topicWatch.check();
  }

  #sawTopics({ present, ids }: TopicsSeen): void {
    if (this.#phase === 'closed') return;
    for (const { topic, topicId } of this.owned.assignments()) {
      const now = ids.get(topic);
      if (topicId === null || now === undefined || now === null || now === topicId) continue;
      this.failed(
        new ConnectError(
          `topic ${topic} was deleted and made again (topic id ${topicId} before, ${now} now): offsets of the old log mean nothing in the new one. Restart the connector: it says then which choices there are`,
        ),
      );
      return;
    }
    if (present.join('\n') === this.#subscribed.join('\n')) return;
    this.#given.logger.info({ topics: present }, 'The topics to read have changed: joining the group again');
    this.#subscribed = present;
    for (const topic of this.#client.cluster.targetTopics) {
      if (!present.includes(topic)) this.#client.cluster.targetTopics.delete(topic); // or every refresh of metadata fails
    }
    this.#wantRejoin();
  }

  async offsetOutOfRange(group: ConsumerGroup, { topic, partition }: TopicPartition): Promise<void> {
    const position = this.owned.position({ topic, partition });
    if (position === null) return;
    const error = await describeOutOfRange(group.cluster, { topic, partition }, position);
    if (error === null) return;
    this.failed(error);
    throw error;
  }

  failed(error: Error): void {
    this.#failure ??= error;
    this.#wake.ring();
  }

  #crashed({ error, restart }: CrashPayload): void {
    if (this.#phase === 'closed') return;
    const { logger, options } = this.#given;
    if (restart) {
      this.#fenced = true;
      logger.warn({ error: error.message }, 'Kafka is away for long: the consumer starts over');
      return;
    }
    this.failed(explainKafkaError(error, `consumer group ${options.groupId} (${options.client.brokers.join(', ')})`));
  }
}
