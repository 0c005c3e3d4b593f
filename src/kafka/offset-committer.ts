import {
  type Clock,
  type CommitResult,
  errorMessage,
  type OffsetCommit,
  type TopicPartition,
  topicPartitionKey,
} from '../api/index.ts';
import { orAborted } from '../util/signals.ts';
import { apiKeys, sendUnparsed } from './broker-request.ts';
import type { ConsumerGroup, RequestDefinition } from './hardening/kafkajs-types.ts';
import type { KafkaJsModules } from './hardening/override.ts';
import { byTopic } from './partition-offsets.ts';

const attempts = 5;
const retryMs = 200;
/** A commit holds up the task's loop: so long for all attempts, then it is refused and a later one follows. */
const commitTimeoutMs = 5000;

/** Kafka's error codes that a commit may bring (protocol guide). */
const errorNames: Readonly<Record<number, string>> = {
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  7: 'REQUEST_TIMED_OUT',
  12: 'OFFSET_METADATA_TOO_LARGE',
  14: 'COORDINATOR_LOAD_IN_PROGRESS',
  15: 'COORDINATOR_NOT_AVAILABLE',
  16: 'NOT_COORDINATOR',
  22: 'ILLEGAL_GENERATION',
  25: 'UNKNOWN_MEMBER_ID',
  27: 'REBALANCE_IN_PROGRESS',
  28: 'INVALID_COMMIT_OFFSET_SIZE',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  30: 'GROUP_AUTHORIZATION_FAILED',
};
/** The coordinator is elsewhere or not ready: ask for it again. */
const coordinatorCodes = new Set([7, 14, 15, 16]);

interface CommitAnswer {
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[];
  }[];
}

/**
 * Commits under the generation that the offsets were read under, and tells per partition what the broker said. kafkajs would send
 * them under whatever generation is current (K4), forget them while stopping (K6), and answer with the first error only.
 */
export class OffsetCommitter {
  readonly #modules: KafkaJsModules;
  readonly #clock: Clock;
  /** Whether this epoch of the partition is still ours. */
  readonly #isCurrent: (partition: TopicPartition, epoch: number) => boolean;

  constructor(modules: KafkaJsModules, clock: Clock, isCurrent: (partition: TopicPartition, epoch: number) => boolean) {
    this.#modules = modules;
    this.#clock = clock;
    this.#isCurrent = isCurrent;
  }

  async commit(group: ConsumerGroup | null, offsets: readonly OffsetCommit[]): Promise<readonly CommitResult[]> {
    const results: CommitResult[] = [];
    const expired = new AbortController();
    const timer = this.#clock.setTimer(commitTimeoutMs, () =>
      expired.abort(new Error(`the coordinator did not answer within ${commitTimeoutMs} ms`)),
    );
    let left = offsets;
    for (let attempt = 1; left.length > 0; attempt++) {
      const current = left.filter((offset) => this.#isCurrent(offset, offset.epoch));
      results.push(...left.filter((offset) => !current.includes(offset)).map(stale));
      if (group === null || current.length === 0) break;
      const { settled, retriable } = await this.#send(group, current, expired.signal);
      results.push(...settled);
      left = retriable.map(({ offset }) => offset);
      if (attempt === attempts || expired.signal.aborted) {
        results.push(...retriable.map(({ offset, reason }) => rejected(offset, reason)));
        break;
      }
      if (left.length > 0) await this.#clock.sleep(retryMs);
    }
    timer.cancel();
    return results;
  }

  async #send(group: ConsumerGroup, offsets: readonly OffsetCommit[], expired: AbortSignal): Promise<Answered> {
    try {
      const codes = await orAborted(this.#request(group, offsets), expired);
      const answered: Answered = { settled: [], retriable: [] };
      for (const offset of offsets) {
        const code = codes.get(topicPartitionKey(offset)) ?? -1;
        const reason = errorNames[code] ?? `error code ${code}`;
        if (coordinatorCodes.has(code)) answered.retriable.push({ offset, reason });
        else answered.settled.push(code === 0 ? committed(offset) : rejected(offset, reason));
      }
      if (answered.retriable.length > 0) await orAborted(findCoordinator(group), expired);
      return answered;
    } catch (error) {
      if (!expired.aborted) await orAborted(findCoordinator(group), expired).catch(() => undefined); // then it ends as expired
      return { settled: [], retriable: offsets.map((offset) => ({ offset, reason: errorMessage(error) })) };
    }
  }

  async #request(group: ConsumerGroup, offsets: readonly OffsetCommit[]): Promise<ReadonlyMap<string, number>> {
    const { requests } = this.#modules.load<{ requests: { OffsetCommit: RequestDefinition } }>('protocol/requests');
    const { groupId, memberId, generationId } = group;
    const coordinator = await group.offsetManager.getCoordinator();
    const values = new Map(offsets.map((offset) => [topicPartitionKey(offset), offset]));
    const topics = byTopic(offsets).map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((partition) => {
        const { offset, metadata } = values.get(topicPartitionKey({ topic, partition })) ?? {
          offset: 0n,
          metadata: '',
        };
        return { partition, offset: String(offset), metadata };
      }),
    }));
    const request = coordinator.lookupRequest(apiKeys.OffsetCommit, requests.OffsetCommit);
    const payload = { groupId, memberId, groupGenerationId: generationId, topics };
    const { responses } = await sendUnparsed<CommitAnswer>(coordinator, request(payload));
    return new Map(
      responses.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, errorCode }) => [topicPartitionKey({ topic, partition }), errorCode] as const),
      ),
    );
  }
}

interface Answered {
  readonly settled: CommitResult[];
  readonly retriable: { readonly offset: OffsetCommit; readonly reason: string }[];
}

const committed = ({ topic, partition }: OffsetCommit): CommitResult => ({ topic, partition, outcome: 'committed' });
const stale = ({ topic, partition }: OffsetCommit): CommitResult => ({ topic, partition, outcome: 'stale-epoch' });
const rejected = ({ topic, partition }: OffsetCommit, reason: string): CommitResult => ({
  topic,
  partition,
  outcome: 'rejected',
  reason,
});

const findCoordinator = async (group: ConsumerGroup): Promise<void> => {
  try {
    const coordinator = await group.cluster.findGroupCoordinator({ groupId: group.groupId });
    group.coordinator = coordinator;
    group.offsetManager.coordinator = coordinator;
  } catch {
    // still away: the next attempt says so
  }
};
