import {
  type Assignment,
  type CommittableOffset,
  type ConnectorConfig,
  type FetchedBatch,
  type NextOffset,
  type RecordPath,
  type SinkRecord,
  type SinkTask,
  type SinkTaskContext,
  type TopicPartition,
  topicPartitionKey,
} from '../../../src/api/index.ts';

type Consumed = ReadonlyMap<string, TopicPartition & { readonly offset: NextOffset }>;

/** A sink task that writes down what the runtime asks of it, and does on the way what a test wants. */
export class RecordingSinkTask implements SinkTask {
  readonly calls: string[] = [];
  readonly records: SinkRecord[] = [];
  readonly batches: FetchedBatch[] = [];
  readonly consumed: Consumed[] = [];
  readonly context: SinkTaskContext;
  onPut: (records: readonly SinkRecord[]) => Promise<void> | void = () => {};
  onOpen: (partitions: readonly Assignment[]) => Promise<void> | void = () => {};
  onFlush: (deadline: AbortSignal) => Promise<void> | void = () => {};
  /** What preCommit answers; by default everything that was consumed. */
  onPreCommit: (consumed: Consumed) => ReadonlyMap<string, TopicPartition & CommittableOffset> = (consumed) =>
    new Map([...consumed].map(([key, offset]) => [key, { ...offset, metadata: '' }]));
  putBytes?: (batch: FetchedBatch, path: RecordPath) => Promise<void>;

  constructor(context: SinkTaskContext) {
    this.context = context;
  }

  async start(config: ConnectorConfig): Promise<void> {
    this.calls.push(`start ${config['connector.class']}`);
  }

  async open(partitions: readonly Assignment[]): Promise<void> {
    this.calls.push(`open ${names(partitions)}`);
    await this.onOpen(partitions);
  }

  async put(records: readonly SinkRecord[]): Promise<void> {
    if (records.length > 0) this.calls.push(`put ${records.map(({ offset }) => offset).join(' ')}`);
    await this.onPut(records);
    this.records.push(...records);
  }

  async flush(partitions: readonly TopicPartition[], deadline: AbortSignal): Promise<void> {
    this.calls.push(`flush ${names(partitions)}`);
    await this.onFlush(deadline);
  }

  async preCommit(consumed: Consumed): Promise<ReadonlyMap<string, TopicPartition & CommittableOffset>> {
    this.calls.push('preCommit');
    this.consumed.push(consumed);
    return this.onPreCommit(consumed);
  }

  async close(partitions: readonly TopicPartition[]): Promise<void> {
    this.calls.push(`close ${names(partitions)}`);
  }

  async stop(): Promise<void> {
    this.calls.push('stop');
  }

  /** Offsets that were taken, retries included. */
  get offsets(): readonly bigint[] {
    return this.records.map(({ offset }) => offset);
  }
}

const names = (partitions: readonly TopicPartition[]): string => partitions.map(topicPartitionKey).join(' ');
