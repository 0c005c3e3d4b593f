import type { OriginalRecord } from './sink-record.ts';
import type { TopicPartition } from './topic-partition.ts';

/**
 * KIP-610, for records that a sink task finds bad (stage TASK_PUT). The bytes are copied before it returns.
 * Resolves when the dead letter is durable (or the failure logged and counted, where no DLQ is set); rejects with a ConnectError
 * when errors.tolerance=none or the DLQ cannot be written: then the task fails. Offset commits wait for it.
 */
export interface ErrantRecordReporter {
  report(record: OriginalRecord, error: Error): Promise<void>;
  /**
   * Resolves when every failed record reported so far, at whatever stage, is durable; rejects with the first failure. A token
   * or offset that passes such a record must not become durable before.
   */
  settled(): Promise<void>;
  /** Offsets from..to (both inclusive) whose dead letter is remembered and says that Snowflake dropped the row, whoever wrote it. */
  droppedRowsWithin(partition: TopicPartition, from: bigint, to: bigint): readonly bigint[];
}
