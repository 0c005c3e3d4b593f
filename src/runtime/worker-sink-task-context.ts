import {
  type BytesPath,
  type Clock,
  type ConnectorConfig,
  type ErrantRecordReporter,
  type Logger,
  type Metrics,
  type NextOffset,
  type SinkTaskContext,
  type SourceConsumer,
  type TaskId,
  type TopicPartition,
  topicPartitionKey,
} from '../api/index.ts';
import { PartitionPauses } from './partition-pauses.ts';

export interface Rewind extends TopicPartition {
  readonly offset: NextOffset;
}

export interface WorkerSinkTaskContextOptions {
  readonly id: TaskId;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly config: ConnectorConfig;
  readonly bytes: BytesPath | null;
  readonly errantRecordReporter: (failTask: (error: Error) => void) => ErrantRecordReporter;
}

/**
 * What a sink task may ask of the runtime. Wishes that may come at any time (a listener of the task's channel calls) are only
 * noted here and the loop is woken; the loop fulfils them between two calls of the task.
 */
export class WorkerSinkTaskContext implements SinkTaskContext {
  readonly id: TaskId;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly config: ConnectorConfig;
  readonly bytes: BytesPath | null;
  readonly errantRecordReporter: ErrantRecordReporter;
  readonly #rewinds = new Map<string, Rewind>();
  #consumer: SourceConsumer | null = null;
  #pauses: PartitionPauses | null = null;
  #commitRequested = false;
  #failure: Error | null = null;

  constructor(options: WorkerSinkTaskContextOptions) {
    this.id = options.id;
    this.clock = options.clock;
    this.logger = options.logger;
    this.metrics = options.metrics;
    this.config = options.config;
    this.bytes = options.bytes;
    this.errantRecordReporter = options.errantRecordReporter((error) => this.fail(error));
  }

  /** The consumer is made after the task (which may lend it memory), the task after its context. */
  bind(consumer: SourceConsumer): PartitionPauses {
    this.#consumer = consumer;
    this.#pauses = new PartitionPauses(consumer);
    return this.#pauses;
  }

  assignment(): readonly TopicPartition[] {
    return this.#consumer?.assignment() ?? [];
  }

  subscription(): readonly string[] {
    return this.#consumer?.subscription() ?? [];
  }

  offset(partition: TopicPartition, offset: NextOffset): void {
    const { topic, partition: number } = partition;
    this.#rewinds.set(topicPartitionKey(partition), { topic, partition: number, offset });
    this.#consumer?.wakeup();
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#pauses?.pauseByTask(partitions);
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#pauses?.resumeByTask(partitions);
  }

  requestCommit(): void {
    this.#commitRequested = true;
    this.#consumer?.wakeup();
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.#consumer?.wakeup();
  }

  throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** Something for the loop to fulfil before it may sleep. */
  get hasWishes(): boolean {
    return this.#rewinds.size > 0 || this.#commitRequested || this.#failure !== null;
  }

  isRewinding(partition: TopicPartition): boolean {
    return this.#rewinds.has(topicPartitionKey(partition));
  }

  /** `offset`, unless a rewind waits that goes further back. */
  beforeRewind(partition: TopicPartition & { readonly offset: NextOffset }): NextOffset {
    const rewind = this.#rewinds.get(topicPartitionKey(partition));
    return rewind !== undefined && rewind.offset < partition.offset ? rewind.offset : partition.offset;
  }

  takeRewinds(): readonly Rewind[] {
    if (this.#rewinds.size === 0) return [];
    const rewinds = [...this.#rewinds.values()];
    this.#rewinds.clear();
    return rewinds;
  }

  forgetRewinds(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#rewinds.delete(topicPartitionKey(partition));
  }

  takeCommitRequest(): boolean {
    const requested = this.#commitRequested;
    this.#commitRequested = false;
    return requested;
  }
}
