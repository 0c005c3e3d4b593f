import {
  type Clock,
  ConnectError,
  type DeadLetterLog,
  type DeadLetterSession,
  type ProducerRecord,
  type TopicPartition,
} from '../api/index.ts';
import { encodeRecordBatch } from './encode-record-batch.ts';
import type { KafkaJsBroker } from './hardening/kafkajs-types.ts';
import { chunksOf } from './leader-writes.ts';
import { connectProducer, type ProducerConnection, type RecordProducerOptions } from './producer-connection.ts';
import { canFetchStable, fetchStableOffset } from './stable-offset.ts';
import {
  addOffsets,
  addPartitions,
  commitOffset,
  endTransaction,
  initProducerId,
  type TransactionOwner,
} from './transaction-requests.ts';

export interface DeadLetterLogOptions extends RecordProducerOptions {
  /** Of the connector's consumers: notes and transactional ids are named after it, so that one prefixed grant covers all. */
  readonly groupId: string;
}

/** How long the broker lets a transaction stand that nobody ends: so long readers of the queue may wait after a crash. */
const transactionTimeoutMs = 10_000;
/** COORDINATOR_LOAD_IN_PROGRESS, CONCURRENT_TRANSACTIONS, UNSTABLE_OFFSET_COMMIT: over mostly within milliseconds. */
const unsettled: ReadonlySet<number> = new Set([14, 51, 88]);
const firstPauseMs = 10;
const longestPauseMs = 200;
const sequences = 2 ** 31;
/** offset.metadata.max.bytes, the broker's default; despite its name it counts UTF-16 units. */
const maxNoteCharacters = 4096;

/** Codes that no retry mends, and what does. */
const final = (groupId: string): Readonly<Record<number, string>> => ({
  12: 'the broker takes no note of 4,096 characters beside an offset: raise its offset.metadata.max.bytes to the default of 4096',
  29: 'not authorised: grant this principal WRITE on the dead letter topic and READ on the topics that are read',
  30: `not authorised: grant this principal READ on groups with the prefix ${groupId}`,
  31: 'not authorised on the cluster: grant this principal IDEMPOTENT_WRITE',
  50: `the broker takes no transaction timeout of ${transactionTimeoutMs} ms: raise its transaction.max.timeout.ms`,
  53: `not authorised: grant this principal WRITE on transactional ids with the prefix ${groupId}`,
});
const noCoordinator =
  'no broker coordinates transactions: while Kafka starts that passes, but a cluster of fewer than three brokers cannot make its transaction topic with the default of three replicas: ' +
  'set transaction.state.log.replication.factor=1 and transaction.state.log.min.isr=1 in the broker’s config and restart it. Or set snowsink.dead.letters=at-least-once, which needs no transactions';
const instead =
  'Or set snowsink.dead.letters=at-least-once, which needs no transactions and may repeat dead letters after a crash';

/** Connects; rejects with a ConfigError or ConnectError that says what to change. Needs Kafka 2.5. */
export const createDeadLetterLog = async (options: DeadLetterLogOptions): Promise<DeadLetterLog> => {
  const { clock, groupId } = options;
  const connection = await connectProducer(options);
  // A cluster makes its transaction topic when first asked for: long before the first partition is assigned. `open` tells of problems.
  void connection.client.cluster.findGroupCoordinator({ groupId, coordinatorType: 1 }).catch(() => undefined);
  return new KafkaDeadLetterLog(connection, clock, groupId);
};

/**
 * Letters in Kafka transactions (KIP-98), one transactional id per source partition. The note is an offset commit of a group of its own
 * inside the same transaction: a group that no consumer is in, so that the commits of the connector's group need not wait for
 * transactions, nor can wipe a note out.
 */
class KafkaDeadLetterLog implements DeadLetterLog {
  readonly maxNoteCharacters = maxNoteCharacters;
  readonly deliveryTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly #connection: ProducerConnection;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #noteGroup: string;

  constructor(connection: ProducerConnection, clock: Clock, groupId: string) {
    this.deliveryTimeoutMs = connection.settings.deliveryTimeoutMs;
    this.retryBackoffMs = connection.settings.retryBackoffMs;
    this.#connection = connection;
    this.#clock = clock;
    this.#prefix = groupId;
    this.#noteGroup = `${groupId}.dead-letters`;
  }

  async open(source: TopicPartition): Promise<DeadLetterSession> {
    const { modules } = this.#connection;
    const transactionalId = `${this.#prefix}.${source.topic}.${source.partition}`;
    try {
      const coordinator = await this.#coordinator(transactionalId, 1);
      const { producerId, producerEpoch } = await this.#settled('InitProducerId', () =>
        initProducerId(modules, coordinator, transactionalId, transactionTimeoutMs),
      );
      const owner = { transactionalId, producerId, producerEpoch };
      const groupCoordinator = await this.#coordinator(this.#noteGroup, 0);
      if (!canFetchStable(groupCoordinator)) {
        throw new ConnectError('dead letters exactly once need Kafka 2.5 or later (KIP-447)');
      }
      const { committed } = await this.#settled('OffsetFetch', () =>
        fetchStableOffset(modules, groupCoordinator, this.#noteGroup, source),
      );
      return {
        note: committed,
        write: this.#writer(source, owner, coordinator, groupCoordinator),
      };
    } catch (error) {
      throw await this.#explained(error, transactionalId);
    }
  }

  async close(): Promise<void> {
    await this.#connection.client.cluster.disconnect();
  }

  #writer(
    source: TopicPartition,
    owner: TransactionOwner,
    coordinator: KafkaJsBroker,
    groupCoordinator: KafkaJsBroker,
  ): DeadLetterSession['write'] {
    const { modules } = this.#connection;
    const sent = new Map<string, number>();
    return async (letters, note) => {
      try {
        const chosen = await this.#choosePartitions(letters);
        for (const { topic, partitions } of chosen) {
          const added = () => addPartitions(modules, coordinator, owner, topic, [...partitions.keys()]);
          await this.#settledCode('AddPartitionsToTxn', added);
        }
        await this.#settledCode('AddOffsetsToTxn', () => addOffsets(modules, coordinator, owner, this.#noteGroup));
        await Promise.all([
          this.#produce(chosen, owner, sent),
          this.#settledCode('TxnOffsetCommit', () =>
            commitOffset(modules, groupCoordinator, owner, this.#noteGroup, source, note),
          ),
        ]);
        await this.#settledCode('EndTxn', () => endTransaction(modules, coordinator, owner));
      } catch (error) {
        throw await this.#explained(error, owner.transactionalId);
      }
    };
  }

  async #choosePartitions(letters: readonly ProducerRecord[]): Promise<readonly Chosen[]> {
    const { writes } = this.#connection;
    const topics = [...Map.groupBy(letters, ({ topic }) => topic)];
    return Promise.all(
      topics.map(async ([topic, records]) => ({
        topic,
        partitions: writes.byPartition(records, await writes.partitionCount(topic)),
      })),
    );
  }

  async #produce(chosen: readonly Chosen[], owner: TransactionOwner, sent: Map<string, number>): Promise<void> {
    const all = chosen.flatMap(({ topic, partitions }) =>
      [...partitions].map(([partition, records]) => this.#producePartition({ topic, partition }, records, owner, sent)),
    );
    await Promise.all(all);
  }

  async #producePartition(
    at: TopicPartition,
    records: readonly ProducerRecord[],
    { transactionalId, producerId, producerEpoch }: TransactionOwner,
    sent: Map<string, number>,
  ): Promise<void> {
    const { settings, writes } = this.#connection;
    const key = `${at.topic}-${at.partition}`;
    for (const chunk of chunksOf(records)) {
      const baseSequence = sent.get(key) ?? 0;
      const producer = { producerId: BigInt(producerId), producerEpoch, baseSequence };
      const batch = await encodeRecordBatch(chunk, settings.codec, this.#clock.now(), producer);
      await writes.write(at, batch, transactionalId);
      sent.set(key, (baseSequence + chunk.length) % sequences);
    }
  }

  async #coordinator(groupId: string, coordinatorType: 0 | 1): Promise<KafkaJsBroker> {
    try {
      return await this.#connection.client.cluster.findGroupCoordinator({ groupId, coordinatorType });
    } catch (error) {
      // For a moment ordinary; for good where the transaction topic cannot be made.
      if (coordinatorType === 1 && nameOf(error) === 'KafkaJSGroupCoordinatorNotFound')
        throw new Error(noCoordinator, { cause: error });
      throw error;
    }
  }

  async #settledCode(what: string, request: () => Promise<number>): Promise<void> {
    await this.#settled(what, async () => ({ errorCode: await request() }));
  }

  /** Asks again while what came before is being ended; any other code rejects. */
  async #settled<T extends { readonly errorCode: number }>(what: string, request: () => Promise<T>): Promise<T> {
    const deadlineMs = this.#clock.now() + transactionTimeoutMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const answer = await request();
      const { errorCode } = answer;
      if (errorCode === 0) return answer;
      if (!unsettled.has(errorCode) || this.#clock.now() >= deadlineMs)
        throw new TransactionError(what, errorCode, this.#nameOf(errorCode));
      await this.#clock.sleep(pauseMs);
    }
  }

  /** Kafka's, such as NOT_COORDINATOR_FOR_GROUP. */
  #nameOf(errorCode: number): string {
    const { modules } = this.#connection;
    const errors = modules.load<{ createErrorFromCode(code: number): { readonly type: string } }>('protocol/error');
    return errors.createErrorFromCode(errorCode).type;
  }

  /** A ConnectError where no retry helps; brokers are looked for anew before any other is tried. */
  async #explained(error: unknown, transactionalId: string): Promise<unknown> {
    const reason = final(this.#prefix)[codeOf(error) ?? 0];
    if (reason !== undefined) {
      return new ConnectError(`Transaction ${transactionalId}: ${reason}. ${instead}`, { cause: error });
    }
    if (!(error instanceof ConnectError)) {
      await this.#connection.client.cluster.refreshMetadata().catch(() => undefined); // the next attempt tells
    }
    return error;
  }
}

interface Chosen {
  readonly topic: string;
  readonly partitions: ReadonlyMap<number, readonly ProducerRecord[]>;
}

/** Ours, or kafkajs's, which wraps its own. */
const codeOf = (error: unknown): number | null => {
  const { code, originalError } = error as { readonly code?: unknown; readonly originalError?: unknown };
  if (typeof code === 'number') return code;
  return originalError instanceof Error ? codeOf(originalError) : null;
};

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

class TransactionError extends Error {
  override readonly name = 'TransactionError';
  readonly code: number;
  constructor(what: string, code: number, name: string) {
    super(`Kafka answered ${what} with ${name} (error code ${code})`);
    this.code = code;
  }
}
