import type { TopicPartition } from '../../api/index.ts';

/** A channel that an earlier connector may have written by. */
export interface FoundChannel {
  readonly name: string;
  /** As SHOW CHANNELS prints it; null where it has none yet. */
  readonly token: string | null;
}

/** All that is known of a partition before the take-over. */
export interface PartitionFacts extends TopicPartition {
  readonly table: string;
  readonly logStart: bigint;
  readonly logEnd: bigint;
  /** The old group's committed offset: next to read. */
  readonly committed: bigint | null;
  /** That offset was written by a take-over or a run of ours. */
  readonly isOurs: boolean;
  readonly channels: readonly FoundChannel[];
  /** Highest offset of a row in the table; null: no row; undefined: it cannot be read, or its rows do not say which record they are. */
  readonly highestRow: bigint | null | undefined;
  /** Files that v3's pipe has not loaded yet; null: there is no such pipe, or it cannot be seen. */
  readonly pendingFiles: number | null;
}

export type PartitionPlan = PartitionFacts &
  (
    | {
        readonly kind: 'take-over';
        readonly start: bigint;
        readonly because: string;
        readonly doubts: readonly string[];
      }
    | { readonly kind: 'new'; readonly because: string }
    | { readonly kind: 'stop'; readonly because: string }
  );

/** The offset that a token is; null: none, or no offset. */
export const tokenOf = ({ token }: FoundChannel): bigint | null =>
  token !== null && /^\d+$/.test(token) ? BigInt(token) : null;

const whoWrote = 'name the old group with --from-group, or the old connector with --from-connector';

/** Neither channel nor group knows it. */
const unknownPartition = (facts: PartitionFacts, stop: (because: string) => PartitionPlan): PartitionPlan => {
  const { highestRow, logStart, logEnd, table } = facts;
  if (highestRow === null || logEnd === 0n)
    return { ...facts, kind: 'new', because: 'neither token nor committed offset: it begins as a new connector would' };
  if (highestRow === undefined)
    return stop(
      `neither a channel nor the group knows this partition, and rows of table ${table} cannot be told apart (the role may not SELECT from it, or its rows lack RECORD_METADATA with topic, partition and offset), so whether it was written before is not known: ${whoWrote}; if it is new, set the group's offset to ${logStart}`,
    );
  return stop(
    `the table has rows up to offset ${highestRow}, but neither a channel nor the group says who wrote them: ${whoWrote}`,
  );
};

/**
 * Where ours must begin so that no record is left out and none is written twice. Rows and tokens become visible together, so the
 * highest token is the truth; Kafka's commit follows it. Whatever speaks against that stops the take-over.
 */
export const planPartition = (facts: PartitionFacts): PartitionPlan => {
  const stop = (because: string): PartitionPlan => ({ ...facts, kind: 'stop', because });
  const odd = facts.channels.find((channel) => channel.token !== null && tokenOf(channel) === null);
  if (odd !== undefined)
    return stop(`channel ${odd.name} has token ${odd.token}, which is no Kafka offset: another program writes by it`);
  const tokens = facts.channels.flatMap((channel) => tokenOf(channel) ?? []);
  const token = tokens.length === 0 ? null : tokens.reduce((a, b) => (a > b ? a : b));
  const { committed, logStart, logEnd, highestRow, isOurs } = facts;
  if (token === null && committed === null) return unknownPartition(facts, stop);
  const afterToken = token === null ? null : token + 1n;
  if (afterToken !== null && committed !== null && committed > afterToken && !isOurs)
    return stop(
      `the group committed ${committed}, but the channel's token is ${token}: offsets ${afterToken} to ${committed - 1n} may not be in the table. If they are records that were filtered, dead-lettered or ignored, set the group's offset to ${afterToken}: reading them again writes no row`,
    );
  const start =
    isOurs && committed !== null && (afterToken === null || committed > afterToken)
      ? committed
      : (afterToken ?? committed ?? 0n);
  if (start > logEnd)
    return stop(
      `offset ${start} comes next, but the log ends at ${logEnd}: the topic was made again, or this is another cluster`,
    );
  if (start < logStart)
    return stop(
      `offset ${start} comes next, but the log begins at ${logStart}: ${logStart - start} offsets are lost to retention; to go on without them set the group's offset to ${logStart}`,
    );
  if (highestRow !== null && highestRow !== undefined && highestRow >= start)
    return stop(
      `the table has a row of offset ${highestRow}, at or above ${start} where ours would begin: it would be written twice. Somebody else writes to the table, or the old connector is still at work`,
    );
  if (facts.pendingFiles !== null && facts.pendingFiles > 0)
    return stop(
      `the old pipe has ${facts.pendingFiles} files that are not loaded yet: wait until it has (SYSTEM$PIPE_STATUS, pendingFileCount 0)`,
    );
  const doubts = [
    ...(highestRow === undefined
      ? [
          'the table could not be read, or its rows do not say which record they are: that none is at or above the start is not proven',
        ]
      : []),
    ...(token === null && facts.pendingFiles === null && highestRow !== undefined && (highestRow ?? -1n) < start - 1n
      ? [
          `no channel, and the newest row has offset ${highestRow ?? 'none'}, below ${start - 1n}: files that Snowpipe has not loaded yet, or records left out. Wait until the old pipe has loaded all its files (SYSTEM$PIPE_STATUS, pendingFileCount 0) before you say yes`,
        ]
      : []),
  ];
  const because = token === null ? `the group's committed offset` : `behind token ${token}`;
  return { ...facts, kind: 'take-over', start, because, doubts };
};
