import { createHash } from 'node:crypto';
import {
  type Assignment,
  type Clock,
  errorMessage,
  type Logger,
  type SourceConsumer,
  type TaskId,
} from '../api/index.ts';
import type { WorkerGroup } from './worker-group.ts';

export interface ConsumerWorkerGroupOptions {
  /** A member of the consumer group of the worker's group.id, subscribed to the topic whose partitions stand for shares of the work. */
  readonly createConsumer: () => SourceConsumer;
  /** Of that topic. */
  readonly partitionCount: () => Promise<number>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const pollMs = 1000;
const rejoinMs = 1000;
const leaveLimitMs = 5000;

/**
 * Workers of one group.id share the work out by Kafka's own consumer group: whoever is given partition p of the offset storage topic, which
 * sinks have no other use for, runs what falls on p. Consecutive tasks of a connector fall on consecutive partitions, which go to
 * the members in turn. A Java worker's group of the same name is refused by the broker, so that never both run the same connectors.
 *
 * Between two sharings out everybody keeps what it runs; afterwards only what moved is stopped and started.
 */
export class ConsumerWorkerGroup implements WorkerGroup {
  readonly #options: ConsumerWorkerGroupOptions;
  readonly #stopping = new AbortController();
  #consumer: SourceConsumer;
  #partitionCount = 1;
  #owned: ReadonlySet<number> = new Set();
  #running: Promise<void> = Promise.resolve();

  constructor(options: ConsumerWorkerGroupOptions) {
    this.#options = options;
    this.#consumer = options.createConsumer();
  }

  get generation(): number {
    return Math.max(this.#consumer.health().generation, 0);
  }

  owns({ connector, task }: TaskId): boolean {
    return this.#owned.has((hashOf(connector) + task) % this.#partitionCount);
  }

  /** Resolves with the first share; rejects where the group cannot be joined. */
  async start(onChange: () => void): Promise<void> {
    this.#partitionCount = await this.#options.partitionCount();
    const joined = Promise.withResolvers<void>();
    const assigned = (partitions: readonly Assignment[]): void => {
      this.#consumer.pause(partitions); // nothing in them is for us
      this.#owned = new Set(partitions.map(({ partition }) => partition));
      joined.resolve();
      onChange();
    };
    await this.#join(assigned);
    this.#running = this.#run(assigned, joined.reject);
    await joined.promise;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#consumer.wakeup();
    await this.#running;
    this.#owned = new Set();
    await this.#consumer.close(AbortSignal.timeout(leaveLimitMs));
  }

  #join(assigned: (partitions: readonly Assignment[]) => void): Promise<void> {
    return this.#consumer.start({
      onPartitionsAssigned: async (partitions) => assigned(partitions),
      onPartitionsRevoked: async () => {},
      onPartitionsLost: async () => {},
    });
  }

  async #run(assigned: (partitions: readonly Assignment[]) => void, failed: (error: unknown) => void): Promise<void> {
    const { clock, logger } = this.#options;
    while (!this.#stopping.signal.aborted) {
      try {
        (await this.#consumer.poll(pollMs))?.release();
      } catch (error) {
        failed(error); // heard only while `start` waits
        logger.warn({}, `The worker's group is left, and joined again: ${errorMessage(error)}`);
        await clock.sleep(rejoinMs, this.#stopping.signal).catch(() => undefined);
        await this.#rejoin(assigned);
      }
    }
  }

  async #rejoin(assigned: (partitions: readonly Assignment[]) => void): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    try {
      await this.#consumer.close(AbortSignal.timeout(leaveLimitMs));
      this.#consumer = this.#options.createConsumer();
      await this.#join(assigned);
    } catch (error) {
      this.#options.logger.error({}, `The worker's group cannot be joined: ${errorMessage(error)}`);
    }
  }
}

/** The same in every worker and version. */
const hashOf = (name: string): number => createHash('sha256').update(name).digest().readUInt32BE(0);
