import type { Clock } from '../api/index.ts';
import type { RowsBefore } from '../kernel/index.ts';
import type { BeforeAlter } from './record-to-row.ts';
import type { SourcePartition } from './source-partition.ts';
import type { TopicPartitionWriter } from './topic-partition-writer.ts';

interface Put {
  readonly stage: RowsBefore;
  readonly writer: TopicPartitionWriter;
  /** What else is not handed over yet. */
  readonly others: Iterable<{ readonly stage: RowsBefore }>;
  /** Resolves when what was handed over is durable, or is not for long. */
  settled(): Promise<void>;
}

/**
 * Rows of a table's old shape go ahead of its new one. Before a structured column gets further fields they must be durable as well: they
 * lack these fields, and Snowflake, which casts rows by the type that it finds, would drop them.
 */
export const rowsBeforeAlter =
  ({ stage, writer, others, settled }: Put): BeforeAlter =>
  async ({ iceberg = false, widen }) => {
    await stage.handOver();
    writer.cut('evolution');
    if (!iceberg || widen.length === 0) return;
    for (const other of others) await other.stage.handOver();
    await settled();
  };

/** Waits until the partitions' rows are durable, for so long at most. */
export const flushedWithin = async (
  partitions: Iterable<SourcePartition>,
  ms: number,
  clock: Clock,
  stopping: AbortSignal,
): Promise<void> => {
  const ended = new AbortController();
  const deadline = AbortSignal.any([ended.signal, stopping]);
  const isLate = clock.sleep(ms, deadline).catch(() => {});
  const isDurable = Promise.all([...partitions].map((partition) => partition.flush(deadline)));
  await Promise.race([isLate, isDurable]);
  ended.abort();
  await isDurable;
};
