import type { ClusterInspector } from '../../kafka/index.ts';
import type { FoundChannel } from './plan-partition.ts';

/** A channel as SHOW CHANNELS lists it. */
export interface ShownChannel extends FoundChannel {
  /** Of the classic architecture, which v3 writes by: it belongs to a table. Else to a pipe. */
  readonly isClassic: boolean;
}

/** What a migration asks of Kafka and changes there. */
export type MigrationCluster = Pick<
  ClusterInspector,
  'listTopics' | 'topicOffsets' | 'group' | 'committedOffsets' | 'alterCommittedOffsets' | 'close'
>;

export interface HighestRows {
  /** Highest offset of a row. */
  readonly byPartition: ReadonlyMap<number, bigint>;
  /** Each row says which record it is. If not, or if the table cannot be read, a partition may have more rows, or higher ones. */
  readonly isComplete: boolean;
}

/** The same of Snowflake. Tables are named as in `TopicToTable`. */
export interface MigrationAccount {
  hasTable(table: string): Promise<boolean>;
  /** All channels that write to the table. */
  channels(table: string): Promise<readonly ShownChannel[]>;
  /** @param topic null: of any topic */
  highestRows(table: string, topic: string | null): Promise<HighestRows>;
  /** Staged files that v3's pipe of this partition has not loaded yet; null: there is no such pipe, or the role may not ask. */
  pendingFiles(table: string, connector: string, partition: number): Promise<number | null>;
  /** Sets the token of a classic channel. */
  moveToken(table: string, channel: string, token: bigint): Promise<void>;
  /** Forgets a pipe's channel and its token. */
  dropChannel(table: string, channel: string): Promise<void>;
  close(): Promise<void>;
}
