import { asNextOffset, topicPartitionKey } from '../api/index.ts';
import type { FetchFrom } from './fetch-session.ts';
import type { FetchedPartition } from './fetched-partition.ts';

/** What to read from one broker, by partition. */
export type Wanted = ReadonlyMap<string, FetchFrom>;

/**
 * What will be wanted next if all that was fetched is read, and nobody seeks, pauses or rebalances. Null unless the log is known to
 * hold more: where it is not, a broker would have nothing to answer.
 */
export const wantedBehind = (wanted: Wanted, fetched: readonly FetchedPartition[]): Wanted | null => {
  if (!fetched.some(({ fetchOffset, nextOffset, end }) => fetchOffset < nextOffset && nextOffset < end)) return null;
  const behind = new Map(wanted);
  for (const { topic, partition, nextOffset } of fetched)
    behind.set(topicPartitionKey({ topic, partition }), { topic, partition, offset: asNextOffset(nextOffset) });
  return behind;
};

/** Whether the answer to one is an answer to the other. */
export const isSameWanted = (one: Wanted, other: Wanted): boolean =>
  one.size === other.size && [...one].every(([key, { offset }]) => other.get(key)?.offset === offset);
