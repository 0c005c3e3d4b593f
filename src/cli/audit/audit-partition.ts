import type { TopicPartition } from '../../api/index.ts';
import type { PartitionReader } from '../../kafka/index.ts';
import { RecordReader } from '../../kernel/index.ts';
import type { RecordPipeline } from '../../runtime/index.ts';
import { both, countOf, minus, type OffsetRuns, OffsetRunsBuilder, within } from './offset-runs.ts';
import type { StoredOffsets } from './stored-offsets.ts';

/** All offsets of one partition between two bounds, each in one of the groups. */
export interface PartitionVerdict extends TopicPartition {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** Records that the log shows (read_committed). */
  readonly records: number;
  readonly stored: number;
  readonly deadLettered: number;
  /** By transforms, or null values that behavior.on.null.values=ignore leaves out. */
  readonly filtered: number;
  /** In the table, no longer in a compacted log. */
  readonly compacted: number;
  readonly missing: OffsetRuns;
  readonly twice: OffsetRuns;
  /** In the table, but no record of the log: of an aborted transaction, or of another topic of that name. */
  readonly unexpected: OffsetRuns;
  readonly outOfOrder: number;
}

export interface AuditedPartition extends TopicPartition {
  readonly from: number;
  readonly to: number;
  readonly isCompacted: boolean;
  readonly stored: StoredOffsets;
  readonly deadLetters: OffsetRuns;
  readonly outOfOrder: number;
}

/** A batch without gaps need not be opened: its header says which offsets it has. */
const logOffsets = async (
  reader: PartitionReader,
  records: RecordReader,
  { topic, partition, from, to }: AuditedPartition,
): Promise<OffsetRuns> => {
  const offsets = new OffsetRunsBuilder();
  for await (const fetched of reader.read({ topic, partition }, BigInt(from), BigInt(to))) {
    for (const batch of fetched.batches) {
      const first = Number(batch.baseOffset);
      const last = Number(batch.lastOffset);
      if (last - first + 1 === batch.recordCount) offsets.add(first, last);
      else for (const { offset } of records.read(batch, fetched.fetchOffset, fetched)) offsets.add(Number(offset));
    }
  }
  return within(offsets.build(), from, to);
};

/** Missing records that were not meant to be rows: each is read again and goes through the transforms. */
const filteredOf = async (
  reader: PartitionReader,
  records: RecordReader,
  { topic, partition }: TopicPartition,
  missing: OffsetRuns,
  { pipeline, ignoresNull }: { readonly pipeline: RecordPipeline; readonly ignoresNull: boolean },
): Promise<OffsetRuns> => {
  const filtered = new OffsetRunsBuilder();
  for (const { first, last } of missing) {
    for await (const fetched of reader.read({ topic, partition }, BigInt(first), BigInt(last + 1))) {
      for (const batch of fetched.batches) {
        for (const view of records.read(batch, fetched.fetchOffset, fetched)) {
          if (view.offset > BigInt(last)) break;
          const judgement = await pipeline.judge({ topic, partition }, view);
          const isLeftOut =
            judgement.kind === 'filtered' ||
            (judgement.kind === 'passes' && ignoresNull && judgement.record.value === null);
          if (isLeftOut) filtered.add(Number(view.offset));
        }
      }
    }
  }
  return filtered.build();
};

/** Compares the log with the table. */
export const auditPartition = async (
  reader: PartitionReader,
  audited: AuditedPartition,
  rules: { readonly pipeline: RecordPipeline; readonly ignoresNull: boolean },
): Promise<PartitionVerdict> => {
  const { topic, partition, from, to, isCompacted, outOfOrder } = audited;
  const records = new RecordReader({ checkCrcs: false });
  const log = await logOffsets(reader, records, audited);
  const stored = within(audited.stored.offsets, from, to);
  const letters = within(audited.deadLetters, from, to);
  const gone = minus(minus(log, stored), letters);
  const filtered = await filteredOf(reader, records, { topic, partition }, gone, rules);
  const extra = minus(stored, log);
  return {
    ...{ topic, partition, from, to, outOfOrder },
    records: countOf(log),
    stored: countOf(stored),
    deadLettered: countOf(both(letters, log)),
    filtered: countOf(filtered),
    compacted: isCompacted ? countOf(extra) : 0,
    missing: minus(gone, filtered),
    twice: within(audited.stored.twice, from, to),
    unexpected: isCompacted ? [] : extra,
  };
};
