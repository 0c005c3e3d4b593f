import type { FetchedBatch, RecordBatch } from '../api/index.ts';

/** So many at most: compaction may have taken some of a batch that is not wholly before the offset. */
const recordsBefore = ({ baseOffset, lastOffset, recordCount }: RecordBatch, offset: bigint): number => {
  if (offset > lastOffset) return recordCount;
  return offset <= baseOffset ? 0 : Math.min(recordCount, Number(offset - baseOffset));
};

/** Records of a fetched batch from one offset (inclusive) to another (exclusive). */
export const recordsBetween = ({ batches }: Pick<FetchedBatch, 'batches'>, from: bigint, to: bigint): number =>
  batches.reduce((sum, batch) => sum + recordsBefore(batch, to) - recordsBefore(batch, from), 0);
