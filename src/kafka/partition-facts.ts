import { type Assignment, asNextOffset, type Clock, type TopicPartition, topicPartitionKey } from '../api/index.ts';
import type { ConsumerGroup } from './hardening/kafkajs-types.ts';
import {
  fetchCommitted,
  type IsolationLevel,
  listOffsets,
  logEndTimestamp,
  logStartTimestamp,
} from './partition-offsets.ts';
import type { TopicsSeen } from './topic-watch.ts';

const retryMs = 250;
const joinLimitMs = 2_000;
/** Of questions that come later, with no join to repeat in their place: Java's default.api.timeout.ms. */
const laterLimitMs = 60_000;

export interface FactSources {
  readonly group: ConsumerGroup;
  readonly isolation: IsolationLevel;
  readonly clock: Clock;
  readonly epoch: number;
  lookAtTopics(): Promise<TopicsSeen>;
  /** Of the epoch. */
  isOursNow(partition: TopicPartition): Promise<boolean>;
}

/** Partitions that kafkajs was just assigned. */
export const assignedPartitions = (group: ConsumerGroup): readonly TopicPartition[] =>
  group.assigned().flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));

/**
 * All that a resume decision needs to know of the partitions just assigned. Leaders and coordinator may be moving at such a time, so
 * it asks again for two seconds; then the error goes up and the group is joined anew.
 */
export const gatherFacts = (sources: FactSources): Promise<readonly Assignment[]> =>
  untilAnswered(sources, joinLimitMs, () => askOnce(sources));

const untilAnswered = async <T>(
  { clock, group }: Pick<FactSources, 'clock' | 'group'>,
  limitMs: number,
  ask: () => Promise<T>,
): Promise<T> => {
  const deadlineMs = clock.now() + limitMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (clock.now() >= deadlineMs) throw error;
      await clock.sleep(retryMs);
      await group.cluster.refreshMetadata().catch(() => undefined); // the next attempt tells
    }
  }
};

const askOnce = async (sources: FactSources): Promise<readonly Assignment[]> => {
  const { group, isolation, epoch, lookAtTopics } = sources;
  const partitions = assignedPartitions(group);
  if (partitions.length === 0) return [];
  const [committed, starts, ends, { ids }] = await Promise.all([
    fetchCommitted(group, partitions),
    listOffsets(group.cluster, partitions, logStartTimestamp, isolation),
    listOffsets(group.cluster, partitions, logEndTimestamp, isolation),
    lookAtTopics(),
  ]);
  return partitions.map((partition) => {
    const key = topicPartitionKey(partition);
    const logStart = starts.get(key);
    const logEnd = ends.get(key);
    if (logStart === undefined || logEnd === undefined) throw new Error(`no leader answered for ${key}`);
    return {
      ...partition,
      epoch,
      committed: committed.get(key) ?? null,
      logStart: asNextOffset(logStart),
      logEnd: asNextOffset(logEnd),
      endNow: async () => {
        const ends = await untilAnswered(sources, laterLimitMs, () =>
          listOffsets(group.cluster, [partition], logEndTimestamp, isolation),
        );
        return ends.get(key) ?? asNextOffset(logEnd);
      },
      committedNow: async () =>
        (await untilAnswered(sources, laterLimitMs, () => fetchCommitted(group, [partition]))).get(key) ?? null,
      isOursNow: () => sources.isOursNow(partition),
      topicId: ids.get(partition.topic) ?? null,
      topicIdNow: async () => (await lookAtTopics()).ids.get(partition.topic) ?? null,
    };
  });
};
