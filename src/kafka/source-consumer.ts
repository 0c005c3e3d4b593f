import {
  type Assignment,
  type Clock,
  type CommitResult,
  ConnectError,
  type ConsumerHealth,
  type FetchedBatch,
  type Logger,
  type NextOffset,
  type OffsetCommit,
  type Random,
  type RebalanceListener,
  type SourceConsumer,
  type TopicPartition,
} from '../api/index.ts';
import type { GroupConsumer } from './group-consumer.ts';
import type { Place } from './response-place.ts';

export interface SourceConsumerOptions {
  /** Consumer properties by their Java names, already merged (bootstrap.servers, group.id, …). */
  readonly properties: Readonly<Record<string, string>>;
  readonly topics: readonly string[] | RegExp;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Room for a fetch response in memory of the caller's, reused when all its batches are released; null: none. */
  readonly place?: (bytes: number) => Uint8Array | null;
}

const nowhere: Place = () => null;

/** A group consumer on hardened kafkajs, which `start` loads. Properties are checked there too. */
export const createSourceConsumer = (options: SourceConsumerOptions): SourceConsumer =>
  new KafkaSourceConsumer(options);

/** The port as the task sees it: before `start` there is nothing, after `close` nothing any more. */
class KafkaSourceConsumer implements SourceConsumer {
  readonly #options: SourceConsumerOptions;
  #consumer: GroupConsumer | null = null;
  #closed: Promise<void> | null = null;

  constructor(options: SourceConsumerOptions) {
    this.#options = options;
  }

  async start(listener: RebalanceListener): Promise<void> {
    const { properties, topics, clock, logger, place = nowhere } = this.#options;
    const [{ readConsumerOptions }, { GroupConsumer }, { loadKafkaJs }] = await Promise.all([
      import('./client-config/consumer-properties.ts'),
      import('./group-consumer.ts'),
      import('./hardening/load-kafkajs.ts'),
    ]);
    if (this.#closed !== null) throw new ConnectError('the Kafka consumer was closed before it had started');
    const options = readConsumerOptions(properties, clock, logger);
    const consumer = new GroupConsumer({ modules: loadKafkaJs(), options, topics, clock, logger, place, listener });
    this.#consumer = consumer;
    await consumer.start();
  }

  poll(timeoutMs: number): Promise<FetchedBatch | null> {
    if (this.#consumer === null || this.#closed !== null) {
      return Promise.reject(new ConnectError('the Kafka consumer is not running: poll between start and close'));
    }
    return this.#consumer.poll(timeoutMs);
  }
  wakeup(): void {
    this.#consumer?.wakeup();
  }
  pause(partitions: readonly TopicPartition[]): void {
    this.#consumer?.pause(partitions);
  }
  resume(partitions: readonly TopicPartition[]): void {
    this.#consumer?.resume(partitions);
  }
  seek(partition: TopicPartition, offset: NextOffset): void {
    this.#consumer?.seek(partition, offset);
  }
  position(partition: TopicPartition): NextOffset | null {
    return this.#consumer?.owned.position(partition) ?? null;
  }
  assignment(): readonly Assignment[] {
    return this.#consumer?.owned.assignments() ?? [];
  }
  subscription(): readonly string[] {
    return this.#consumer?.subscription ?? [];
  }
  highWatermark(partition: TopicPartition): bigint | null {
    return this.#consumer?.owned.highWatermark(partition) ?? null;
  }
  async commit(offsets: readonly OffsetCommit[]): Promise<readonly CommitResult[]> {
    return (await this.#consumer?.commit(offsets)) ?? [];
  }
  health(): ConsumerHealth {
    return (
      this.#consumer?.health() ?? {
        state: this.#closed === null ? 'starting' : 'stopped',
        memberId: '',
        generation: -1,
        lastFetchAtMs: 0,
        lastHeartbeatAtMs: 0,
      }
    );
  }
  close(deadline: AbortSignal): Promise<void> {
    this.#closed ??= this.#consumer?.close(deadline) ?? Promise.resolve();
    return this.#closed;
  }
}
