import type { Clock } from './clock.ts';
import type { ErrantRecordReporter } from './errant-record-reporter.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { NextOffset } from './offsets.ts';
import type { FetchedBatch, RecordView } from './record-batch.ts';
import type { Schema } from './schema.ts';
import type { Header, SinkRecord } from './sink-record.ts';
import type { Assignment } from './source-consumer.ts';
import type { TopicPartition } from './topic-partition.ts';
import type { OpenValue } from './value-layout.ts';

export type ConnectorConfig = Readonly<Record<string, string>>;

export interface TaskId {
  readonly connector: string;
  readonly task: number;
}

/** No transform stands between Kafka's bytes and the row, and the value converter needs no object to make one. */
export interface BytesPath {
  /** How values are found in their bytes; null: the bytes are JSON, which is its own row content. */
  readonly open: OpenValue | null;
  /** `string`: the key converter passes text through; `json`: JSON; `host`: each key needs `convertKeyAndHeaders`. */
  readonly key: 'string' | 'json' | 'host';
  /** HeaderConverter.readsText; `host`: headers need `convertKeyAndHeaders`. */
  readonly headers: 'string' | 'simple' | 'host';
  /** The consumer's check.crcs. */
  readonly checkCrcs: boolean;
}

/** org.apache.kafka.connect.sink.SinkTaskContext. */
export interface SinkTaskContext {
  readonly id: TaskId;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The task's config, variables resolved (SinkTaskContext.configs()). There from the start, also in the task's constructor. */
  readonly config: ConnectorConfig;
  /** How records can be put as bytes; null where a transform or the value converter needs each of them as an object. */
  readonly bytes: BytesPath | null;
  assignment(): readonly TopicPartition[];
  /** Topics that the connector's tasks share, those without a partition here too. Connect's tasks are not told. */
  subscription(): readonly string[];
  /** Rewind (or, in `open`, start): applied before the next poll; queued batches of the partition are discarded. */
  offset(partition: TopicPartition, offset: NextOffset): void;
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** Commit at the next turn of the loop instead of at the interval. */
  requestCommit(): void;
  /** Ends the task: state FAILED with this error's trace. For failures found outside a call from the loop. */
  fail(error: Error): void;
  /** Always there (Connect: only with a DLQ or error log), so that no bad record can be dropped in silence; tolerance is its business. */
  readonly errantRecordReporter: ErrantRecordReporter;
}

/** What the runtime lends to `putBytes` for records that bytes alone cannot settle. Both run under retry and tolerance. */
export interface RecordPath {
  /** The object way for one record; null: dead-lettered or skipped (counted and reported already). */
  convert(record: RecordView): SinkRecord | null | Promise<SinkRecord | null>;
  /** Key and headers only; null as above. */
  convertKeyAndHeaders(record: RecordView): KeyAndHeaders | null | Promise<KeyAndHeaders | null>;
}

export interface KeyAndHeaders {
  readonly keySchema: Schema | null;
  readonly key: unknown;
  readonly headers: readonly Header[];
}

export interface CommittableOffset {
  readonly offset: NextOffset;
  /** Written beside the offset (≤ 4 KiB, offset.metadata.max.bytes). */
  readonly metadata: string;
}

/**
 * org.apache.kafka.connect.sink.SinkTask. Calls never overlap. Life: start → (open → put* → preCommit* → close)* → stop.
 */
export interface SinkTask {
  start(config: ConnectorConfig): Promise<void>;
  /** Newly assigned partitions; calls `context.offset` where the group's committed offset is not the place to start. */
  open(partitions: readonly Assignment[]): Promise<void>;
  /** Records in order per partition; may be empty. RetriableError: the same records come again. Any other error fails the task. */
  put(records: readonly SinkRecord[]): Promise<void>;
  /** Like `put`, for a whole fetched batch as bytes; called instead of it when `context.bytes` is there and this exists. */
  putBytes?(batch: FetchedBatch, records: RecordPath): Promise<void>;
  /** Room for a fetch response of so many bytes where `putBytes` reads fastest; null: an ordinary buffer will do. */
  place?(bytes: number): Uint8Array | null;
  /** Everything put so far becomes durable, or the deadline ends the wait. Called before the last preCommit of a partition. */
  flush(partitions: readonly TopicPartition[], deadline: AbortSignal): Promise<void>;
  /**
   * `consumed`: position behind the last record that was put, filtered or dead-lettered. Answers what may be committed: never past a record
   * that is not durable. Partitions may be left out.
   */
  preCommit(
    consumed: ReadonlyMap<string, TopicPartition & { readonly offset: NextOffset }>,
  ): Promise<ReadonlyMap<string, TopicPartition & CommittableOffset>>;
  /** Kafka has what `preCommit` answered for the partition, which is still assigned. Connect's tasks are not told. */
  committed?(partition: TopicPartition): void;
  /** These partitions are gone (revoked after flush, or lost): free all that belongs to them; write nothing. */
  close(partitions: readonly TopicPartition[]): Promise<void>;
  stop(): Promise<void>;
}

/** org.apache.kafka.connect.sink.SinkConnector. */
export interface SinkConnector {
  start(config: ConnectorConfig): Promise<void>;
  taskConfigs(maxTasks: number): readonly ConnectorConfig[];
  stop(): Promise<void>;
}
