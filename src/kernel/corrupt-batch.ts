import { ConnectError, type RecordBatch, type TopicPartition, topicPartitionKey } from '../api/index.ts';
import { MalformedRecordError } from './record-bytes.ts';

/**
 * A record batch that cannot be read. It ends the task: skipping it would lose its records in silence.
 * The broker checked the batch when it was produced, so the damage is on its disk, in transit, or in the producer's codec.
 */
export const corruptBatch = (where: TopicPartition, batch: RecordBatch, why: string, cause?: unknown): ConnectError =>
  new ConnectError(
    `${topicPartitionKey(where)}: the record batch at offsets ${batch.baseOffset} to ${batch.lastOffset} ` +
      `(compression ${batch.codec}, ${batch.bytes.length} bytes) cannot be read: ${why}. ` +
      'Check the log segment with kafka-dump-log.sh --deep-iteration; if it is beyond repair, move the group past ' +
      `offset ${batch.lastOffset} with kafka-consumer-groups.sh --reset-offsets, which gives its records up.`,
    cause === undefined ? undefined : { cause },
  );

/** Runs a read of this batch's records; lengths that contradict each other become corruptBatch. */
export const readOrCorrupt = <T>(batch: RecordBatch, where: TopicPartition, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedRecordError) throw corruptBatch(where, batch, error.message, error);
    throw error;
  }
};
