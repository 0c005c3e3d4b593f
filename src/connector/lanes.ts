import type { CommittedOffset, FetchedBatch, RecordView } from '../api/index.ts';
import { decodeCommitMetadata } from '../offsets/index.ts';

/** Offsets whose record batches go over one lane before the next one has its turn: enough for a piece worth compressing. */
const laneOffsets = 256n;

/**
 * One of several channels that a partition's rows go over to the table of its topic, because Snowflake bounds each channel. A Kafka
 * record batch keeps its base offset for as long as it is in the log (compaction included, KIP-98), so that decides about the
 * lane: whoever reads the partition again sends each row the way it went before, and the token of that lane tells whether it is there.
 */
export interface Lane {
  /** From 0 on. */
  readonly index: number;
  /** Lanes of the partition; 1: the only one, with the connector's own channel name. */
  readonly of: number;
}

export const onlyLane: Lane = { index: 0, of: 1 };

export const laneIndex = (batchOffset: bigint, of: number): number =>
  of === 1 ? 0 : Number((batchOffset / laneOffsets) % BigInt(of));

/** The record batches in a row that take one lane, and the first offset of them that was fetched. */
export interface Share extends Pick<RecordView, 'offset' | 'batchOffset'> {
  readonly batch: FetchedBatch;
}

/** A fetched batch cut where the lane changes. */
export function* shares(batch: FetchedBatch, of: number): Generator<Share, void, undefined> {
  if (of === 1) return yield { batch, offset: batch.fetchOffset, batchOffset: batch.fetchOffset };
  for (let from = 0, to = 0; from < batch.batches.length; from = to) {
    const batchOffset = batch.batches[from]?.baseOffset ?? 0n;
    const lane = laneIndex(batchOffset, of);
    do to++;
    while (to < batch.batches.length && laneIndex(batch.batches[to]?.baseOffset ?? 0n, of) === lane);
    const offset = batchOffset > batch.fetchOffset ? batchOffset : batch.fetchOffset;
    yield { batch: { ...batch, batches: batch.batches.slice(from, to) }, offset, batchOffset };
  }
}

/** Names table and lane in one word, for commits' notes. A space cannot be in a table's name, but between quotes. */
export const laneKey = (table: string, { index, of }: Lane): string =>
  of === 1 ? table : `${table} ${index + 1}/${of}`;

export const laneKeys = (table: string, of: number): readonly string[] =>
  Array.from({ length: of }, (_, index) => laneKey(table, { index, of }));

export const parseLaneKey = (key: string): { readonly table: string; readonly lane: Lane } => {
  const found = /^(.*) (\d+)\/(\d+)$/s.exec(key);
  if (found === null) return { table: key, lane: onlyLane };
  const [, table = '', index, of] = found;
  return { table, lane: { index: Number(index) - 1, of: Number(of) } };
};

/**
 * The lanes that the last commit notes. Rows past it, and those of an earlier owner that wakes up, can only be told from new ones by the lanes
 * that they were sent over, so a partition keeps its number. `free`: an operator set the offset by us, which made sure that the members are
 * gone and their channels dropped. `ask`: only the channels can tell, because there is no commit, or it is not ours.
 */
export const lanesOf = (committed: CommittedOffset | null): number | 'free' | 'ask' => {
  const noted = decodeCommitMetadata(committed?.metadata ?? null);
  if (noted === null) return 'ask';
  return noted.token === null && noted.incarnation === '' ? 'free' : (noted.lanes ?? 1);
};
