import {
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
import { GroupMember } from './group-member.ts';
import { registerMembership } from './hardening/group-membership.ts';
import type { CrashPayload, EachBatchPayload, KafkaJsConsumer } from './hardening/kafkajs-types.ts';
import { endJoining } from './hardening/leave-while-joining.ts';
import { fatalError, type KafkaJsModules } from './hardening/override.ts';
import { connectFirst, createKafkaJsClient, type KafkaJsClient, type KafkaJsClientOptions } from './kafkajs-client.ts';
import { OffsetCommitter } from './offset-committer.ts';
import { OwnedPartitions } from './owned-partitions.ts';
import { PollCallbacks } from './poll-callbacks.ts';
import { type Place, ResponsePlace } from './response-place.ts';
import { TopicWatch } from './topic-watch.ts';
import { WakeSignal } from './wake-signal.ts';

/** Handlers that may wait at once: the most partitions of a fetch that `poll` can choose among. */
const handlers = 256;
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

/** One running consumer: what the task calls, over a GroupMember that kafkajs calls. */
export class GroupConsumer {
  readonly owned = new OwnedPartitions();
  readonly #given: GroupConsumerOptions;
  readonly #connection: KafkaJsClientOptions;
  readonly #client: KafkaJsClient;
  readonly #consumer: KafkaJsConsumer;
  readonly #wake = new WakeSignal();
  readonly #queue = new DeliveryQueue(() => this.#wake.ring());
  readonly #callbacks = new PollCallbacks(() => this.#wake.ring());
  readonly #committer: OffsetCommitter;
  readonly #topicWatch: TopicWatch;
  readonly #member: GroupMember;
  #lastIds: Promise<unknown> = Promise.resolve();
  #woken = false;
  #failure: Error | null = null;
  #lastPollAtMs: number;
  #toldOfLatePoll = false;

  constructor(given: GroupConsumerOptions) {
    const { modules, options, clock, logger, topics, place } = given;
    this.#given = given;
    this.#lastPollAtMs = clock.now();
    this.#connection = {
      modules,
      client: options.client,
      logger,
      isolation: options.isolation,
      socketFactory: createSocketFactory(new ResponsePlace(place, this.#queue)),
    };
    this.#client = createKafkaJsClient(this.#connection);
    this.#consumer = this.#client.consumer(options);
    this.#committer = new OffsetCommitter(modules, clock, (at, epoch) => this.owned.get(at)?.epoch === epoch);
    this.#topicWatch = new TopicWatch({
      ...{ modules, cluster: this.#client.cluster, topics, clock, logger },
      maxAgeMs: options.client.metadataMaxAge,
      onSeen: (seen) => this.#member.sawTopics(seen),
      onError: (error) => this.#fail(error),
    });
    this.#member = new GroupMember({
      ...given,
      cluster: this.#client.cluster,
      owned: this.owned,
      queue: this.#queue,
      callbacks: this.#callbacks,
      topicWatch: this.#topicWatch,
      pollsInTime: () => this.#pollsInTime(),
      onFailure: (error) => this.#fail(error),
    });
    registerMembership(this.#client.cluster, this.#member);
  }

  async start(): Promise<void> {
    const { options, clock } = this.#given;
    try {
      await connectFirst(this.#client, this.#connection, clock);
      await this.#subscribe();
      this.#consumer.on('consumer.crash', ({ payload }) => this.#crashed(payload));
    } catch (error) {
      this.#member.close();
      await this.#client.cluster.disconnect().catch(() => undefined); // it never got as far as to matter
      throw explainKafkaError(error, `consumer group ${options.groupId}`);
    }
    this.#lastPollAtMs = clock.now();
    this.#topicWatch.start();
    // resolves only after the first assignment, which waits for `poll`; kafkajs reports failures as CRASH
    void this.#consumer
      .run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: handlers,
        eachBatch: (payload) => this.#handle(payload),
      })
      .catch((error: unknown) => this.#fail(explainKafkaError(error, `consumer group ${options.groupId}`)));
  }

  /** A topic just made may be known to one broker and not yet to the next. */
  async #subscribe(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#member.subscribe((await this.#topicWatch.look()).present);
        return;
      } catch (error) {
        if (error instanceof ConnectError || attempt === subscribeAttempts) throw error;
        await this.#given.clock.sleep(subscribeRetryMs);
      }
    }
  }

  async poll(timeoutMs: number): Promise<FetchedBatch | null> {
    const { clock } = this.#given;
    let isOver = timeoutMs <= 0;
    // A timer, not a time of day: somebody may set the clock back meanwhile.
    const timer = clock.setTimer(timeoutMs, () => {
      isOver = true;
      this.#wake.ring();
    });
    try {
      for (;;) {
        this.#lastPollAtMs = clock.now();
        this.#toldOfLatePoll = false;
        if (this.#failure !== null) throw this.#failure;
        if (await this.#callbacks.runOne()) continue;
        const batch = this.#take();
        if (batch !== null) return batch;
        if (this.#woken || isOver) {
          this.#woken = false;
          return null;
        }
        await this.#wake.wait(clock, timeoutMs);
      }
    } finally {
      timer.cancel();
    }
  }

  get subscription(): readonly string[] {
    return this.#member.subscribed;
  }

  wakeup(): void {
    this.#woken = true;
    this.#wake.ring();
  }

  #take(): FetchedBatch | null {
    const taken = this.#member.mayDeliver ? this.#queue.take((fetched) => this.#isNext(fetched)) : null;
    if (taken === null) return null;
    const { fetched, release } = taken;
    const { topic, partition, highWatermark } = fetched;
    const fetchOffset = this.owned.position(fetched) ?? asNextOffset(fetched.fetchOffset);
    const nextOffset = asNextOffset(fetched.nextOffset);
    const batches = fetched.recordBatches.filter(({ lastOffset }) => lastOffset >= fetchOffset);
    const epoch = this.owned.get(fetched)?.epoch ?? 0;
    this.owned.place(fetched, nextOffset);
    return {
      ...{ topic, partition, epoch, fetchOffset, nextOffset, batches, release },
      highWatermark: BigInt(highWatermark),
      recordCount: batches.reduce((count, batch) => count + batch.recordCount, 0),
      byteSize: batches.reduce((bytes, batch) => bytes + batch.bytes.length, 0),
    };
  }

  /**
   * Only what continues at the position is delivered. A partition that passes from one broker's fetcher to another's is fetched twice
   * (K3): what lies behind the position is skipped, and where the fetch does not touch the position, it is repeated from there.
   */
  #isNext(fetched: FetchedPartition): boolean {
    const position = this.owned.position(fetched);
    if (position === null || this.owned.isPaused(fetched)) return false;
    return fetched.fetchOffset <= position && position < fetched.nextOffset;
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.owned.pause(partitions);
    for (const partition of partitions) this.#queue.discard(partition);
  }
  resume(partitions: readonly TopicPartition[]): void {
    this.owned.resume(partitions);
    this.#member.wantMore();
  }
  seek(partition: TopicPartition, offset: NextOffset): void {
    if (!this.owned.place(partition, offset)) {
      const { topic, partition: number } = partition;
      this.#given.logger.debug({ topic, partition: number }, 'A seek of a partition that is not assigned any more');
      return;
    }
    this.#queue.discard(partition);
  }

  /** Kafka takes offsets of the old log for those of a topic that was made again under its name: so its id is asked for before. */
  async commit(offsets: readonly OffsetCommit[]): Promise<readonly CommitResult[]> {
    if (offsets.length === 0) return [];
    const topics = [...new Set(offsets.map(({ topic }) => topic))];
    // One question after another: commits must go out in the order in which they were asked for.
    const asked = this.#lastIds.then(() => this.#topicWatch.idsOf(topics));
    this.#lastIds = asked;
    const ids = await asked;
    const isAnother = (commit: OffsetCommit): boolean => {
      const before = this.owned.get(commit)?.topicId ?? null;
      const now = ids.get(commit.topic) ?? null;
      return before !== null && now !== null && before !== now;
    };
    const another = offsets.filter(isAnother);
    if (another.length > 0) void this.#topicWatch.check();
    const same = offsets.filter((commit) => !another.includes(commit));
    const results = same.length === 0 ? [] : await this.#committer.commit(this.#member.group, same);
    const reason = 'the topic was deleted and made again';
    return [
      ...results,
      ...another.map(({ topic, partition }) => ({ topic, partition, outcome: 'rejected', reason }) as const),
    ];
  }

  health(): ConsumerHealth {
    const { phase, group, lastFetchAtMs, lastHeartbeatAtMs } = this.#member;
    const states = {
      joining: 'joining',
      assigning: 'joining',
      joined: 'running',
      revoking: 'joining',
      closed: 'stopped',
    } as const;
    return {
      state: this.#failure === null ? states[phase] : 'failed',
      memberId: group?.memberId ?? '',
      generation: group?.generationId ?? -1,
      lastFetchAtMs,
      lastHeartbeatAtMs,
    };
  }

  /** K6: revoke and commit while the member still stands, then leave. */
  async close(deadline: AbortSignal): Promise<void> {
    if (this.#member.phase === 'closed') return;
    const { listener, modules } = this.#given;
    const partitions = this.owned.assignments();
    const lost = this.#failure !== null || this.#member.isFenced;
    this.#topicWatch.stop();
    this.#member.close();
    this.#queue.discard();
    this.#callbacks.refuse(fatalError(modules, new ConnectError('the consumer is closing')));
    try {
      if (partitions.length > 0 && !lost) await listener.onPartitionsRevoked(partitions, deadline);
      this.owned.giveUp(false);
      if (partitions.length > 0 && lost) await listener.onPartitionsLost(partitions);
    } finally {
      this.#queue.letGo();
      this.#member.stop();
      await this.#leaveWhileJoining(deadline);
      await this.#disconnect(deadline);
    }
  }

  /** Over another connection: on its own the member would have to wait for the group to join. */
  async #leaveWhileJoining(deadline: AbortSignal): Promise<void> {
    const memberId = endJoining(this.#client.cluster);
    if (memberId === null || !this.#member.isJoining) return;
    const { groupId } = this.#given.options;
    const { modules, client, logger } = this.#connection;
    const { cluster } = createKafkaJsClient({ modules, client, logger });
    try {
      await orAborted(cluster.connect(), deadline);
      const broker = await orAborted(cluster.findGroupCoordinator({ groupId }), deadline);
      await orAborted(broker.leaveGroup({ groupId, memberId }), deadline);
    } catch (error) {
      this.#given.logger.debug({ error: errorMessage(error) }, 'Leaving the group in the middle of its join failed');
    } finally {
      await cluster.disconnect().catch(() => undefined); // it never mattered to anybody else
    }
  }

  async #disconnect(deadline: AbortSignal): Promise<void> {
    const leaving = this.#consumer.disconnect();
    leaving.catch(() => undefined); // after the deadline nobody waits for it
    this.#member.wantMore(); // kafkajs waits for its fetchers, and they for something to ask for
    try {
      await orAborted(leaving, deadline);
    } catch (error) {
      this.#given.logger.warn(
        { error: errorMessage(error) },
        'The Kafka consumer did not disconnect in time; its group session will expire',
      );
    }
  }

  /** kafkajs's handler: waits until the batch is read, or is not wanted any more. */
  async #handle({ batch }: EachBatchPayload): Promise<void> {
    if (this.#member.mayDeliver) await this.#queue.offer(batch);
  }

  #pollsInTime(): boolean {
    const { options, clock, logger } = this.#given;
    const sinceMs = clock.now() - this.#lastPollAtMs;
    if (sinceMs < options.maxPollIntervalMs || this.#callbacks.isRunning) return true;
    if (this.#toldOfLatePoll) return false;
    this.#toldOfLatePoll = true;
    logger.warn(
      { sinceMs, maxPollIntervalMs: options.maxPollIntervalMs },
      'The task has not polled for max.poll.interval.ms: heartbeats stop, and the group will give its partitions to another member',
    );
    return false;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake.ring();
  }

  #crashed({ error, restart }: CrashPayload): void {
    if (this.#member.phase === 'closed') return;
    const { logger, options } = this.#given;
    if (!restart) {
      this.#fail(explainKafkaError(error, `consumer group ${options.groupId} (${options.client.brokers.join(', ')})`));
      return;
    }
    this.#member.fence(); // kafkajs has left the group
    logger.warn({ error: error.message }, 'Kafka is away for long: the consumer starts over');
  }
}
