import type { CommittableOffset, NextOffset, OffsetCommit, TopicPartition } from '../api/index.ts';

export interface ConsumedOffset extends TopicPartition {
  readonly epoch: number;
  /** Behind the last record that was put, filtered or dead-lettered. */
  readonly offset: NextOffset;
}

export interface OffsetsToCommit {
  readonly commits: readonly OffsetCommit[];
  /** What the task answered and must not be committed, in words for the log. */
  readonly ignored: readonly string[];
}

/**
 * From what `SinkTask.preCommit` answered to what is sent: nothing that was not consumed, nothing that is not assigned, nothing
 * that is committed already (same offset and same metadata).
 */
export const offsetsToCommit = (
  consumed: ReadonlyMap<string, ConsumedOffset>,
  answered: ReadonlyMap<string, TopicPartition & CommittableOffset>,
  committed: ReadonlyMap<string, CommittableOffset>,
): OffsetsToCommit => {
  const commits: OffsetCommit[] = [];
  const ignored: string[] = [];
  for (const [key, { topic, partition, offset, metadata }] of answered) {
    const position = consumed.get(key);
    if (position === undefined) {
      ignored.push(`Ignoring invalid task provided offset ${key}/${offset} -- partition not assigned`);
    } else if (offset > position.offset) {
      ignored.push(
        `Ignoring invalid task provided offset ${key}/${offset} -- not yet consumed (position ${position.offset})`,
      );
    } else if (committed.get(key)?.offset !== offset || committed.get(key)?.metadata !== metadata) {
      commits.push({ topic, partition, epoch: position.epoch, offset, metadata });
    }
  }
  return { commits, ignored };
};
