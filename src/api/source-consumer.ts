import type { NextOffset } from './offsets.ts';
import type { FetchedBatch } from './record-batch.ts';
import type { TopicPartition } from './topic-partition.ts';

export interface CommittedOffset {
  readonly offset: NextOffset;
  /** What the last commit wrote beside the offset; null or '' where there was nothing. */
  readonly metadata: string | null;
}

/** A partition that this consumer was given, with all that a resume decision needs. */
export interface Assignment extends TopicPartition {
  readonly epoch: number;
  readonly committed: CommittedOffset | null;
  readonly logStart: NextOffset;
  readonly logEnd: NextOffset;
  /** `logEnd` is from when the partition was assigned: this asks again. Without it the log is taken to stand still. */
  readonly endNow?: () => Promise<NextOffset>;
  /** The same of `committed`. */
  readonly committedNow?: () => Promise<CommittedOffset | null>;
  /**
   * Asks the group's coordinator whether it has given the partition to nobody else since it was assigned here. Rejects where nobody
   * answers. Without it there is nobody else.
   */
  readonly isOursNow?: () => Promise<boolean>;
  /** KIP-516 topic id (UUID); null where the broker does not tell it. */
  readonly topicId: string | null;
  /** The same at this moment; null also where the topic is gone. Rejects where nobody answers. Without it the topic is taken to stay. */
  readonly topicIdNow?: () => Promise<string | null>;
}

export interface OffsetCommit extends TopicPartition {
  readonly epoch: number;
  readonly offset: NextOffset;
  readonly metadata: string;
}

/** `stale-epoch`: refused locally, the partition was re-assigned since. `rejected`: the broker said no. */
export type CommitOutcome = 'committed' | 'stale-epoch' | 'rejected';
export interface CommitResult extends TopicPartition {
  readonly outcome: CommitOutcome;
  readonly reason?: string;
}

/** All three run inside `poll`, on the task's loop, never beside `put`; the group's heartbeats go on meanwhile. */
export interface RebalanceListener {
  /** Before the first fetch of the new assignment. `seek` inside it decides where each partition starts. */
  onPartitionsAssigned(partitions: readonly Assignment[]): Promise<void>;
  /** Before the group goes on without us: commits of these partitions are still accepted until `deadline` aborts. */
  onPartitionsRevoked(partitions: readonly TopicPartition[], deadline: AbortSignal): Promise<void>;
  /** The group has given them away already: discard, never commit. */
  onPartitionsLost(partitions: readonly TopicPartition[]): Promise<void>;
}

export interface ConsumerHealth {
  readonly state: 'starting' | 'joining' | 'running' | 'stopped' | 'failed';
  readonly memberId: string;
  readonly generation: number;
  readonly lastFetchAtMs: number;
  readonly lastHeartbeatAtMs: number;
}

/**
 * The port to Kafka: a group consumer that hands over fetched batches as bytes.
 * Per partition and epoch: batches come in order, never repeat an offset below `position`, and none fetched before a `seek`
 * or before `onPartitionsRevoked`/`Lost` is delivered after it. At most one fetch response per broker is held; the next is
 * asked for when all batches of the last are released. Nothing is committed but by `commit`.
 */
export interface SourceConsumer {
  /** Connects, subscribes and joins. Rejects with a ConfigError or ConnectError that says what to change. */
  start(listener: RebalanceListener): Promise<void>;
  /** Next batch, or null after `timeoutMs` or `wakeup()`. Runs rebalance callbacks. Throws what ended the consumer (ConnectError). */
  poll(timeoutMs: number): Promise<FetchedBatch | null>;
  wakeup(): void;
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  seek(partition: TopicPartition, offset: NextOffset): void;
  /** Offset of the next record that `poll` may deliver; null if not assigned. */
  position(partition: TopicPartition): NextOffset | null;
  assignment(): readonly Assignment[];
  /** Topics that the group is to read, by `topics` or as `topics.regex` matches them now: whoever has their partitions. */
  subscription(): readonly string[];
  /** Latest known log end offset, from fetches; null before the first. */
  highWatermark(partition: TopicPartition): bigint | null;
  commit(offsets: readonly OffsetCommit[]): Promise<readonly CommitResult[]>;
  health(): ConsumerHealth;
  /** Runs onPartitionsRevoked (bounded by the signal), leaves the group, disconnects. Idempotent. */
  close(deadline: AbortSignal): Promise<void>;
}
