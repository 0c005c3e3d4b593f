import {
  asNextOffset,
  type DeadLetterLog,
  type DeadLetterNote,
  type KafkaAdmin,
  type ProducerRecord,
  type TopicPartition,
  topicPartitionKey,
} from '../../../src/api/index.ts';
import type { HostProcess } from '../world/host-process.ts';
import type { Network } from '../world/network.ts';
import type { Scheduler } from '../world/scheduler.ts';
import type { SeededRandom } from '../world/seeded-random.ts';
import { GroupCoordinator } from './group-coordinator.ts';
import { PartitionLog } from './partition-log.ts';

/** How long a slow broker takes for dead letters. */
const slowMs = 8_000;

interface Topic {
  readonly name: string;
  id: string;
  /** Counts how often it was deleted and made again. */
  incarnation: number;
  logs: PartitionLog[];
}

/** What the next sends to the dead letter queue meet. */
export type ProduceFault = 'refused' | 'written-but-refused' | 'slow';

export interface SimulatedKafkaOptions {
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly network: Network;
  readonly topics: readonly { readonly name: string; readonly partitions: number }[];
  readonly sessionTimeoutMs: number;
  onCommitted(commit: TopicPartition & { readonly offset: bigint; readonly metadata: string | null }): void;
  onDeadLetter(letter: ProducerRecord): void;
  /** A fault struck. */
  onFault(what: string): void;
}

/** A Kafka cluster with one group: logs, coordinator, a dead letter topic. What clients see of it goes over the network. */
export class SimulatedKafka {
  readonly topics = new Map<string, Topic>();
  readonly coordinator: GroupCoordinator;
  readonly letters: ProducerRecord[] = [];
  readonly produceFaults: ProduceFault[] = [];
  /** The next commits are carried out and their answers lost. */
  lostCommitReplies = 0;
  /** Sends under way. */
  producing = 0;
  committing = 0;
  fetching = 0;
  /** When somebody last began to read a partition, all of its channels opened. */
  readonly #begunAtMs = new Map<string, number>();
  /** By process and partition: the log that the process was told of when it was assigned. A topic may be made again meanwhile. */
  readonly #toldOf = new Map<string, PartitionLog>();
  readonly #options: SimulatedKafkaOptions;
  readonly #letterBooks = new Map<string, { readonly epoch: number; readonly note: DeadLetterNote | null }>();
  readonly #listeners = new Set<() => void>();

  constructor(options: SimulatedKafkaOptions) {
    this.#options = options;
    for (const { name, partitions } of options.topics) this.topics.set(name, newTopic(name, 0, partitions));
    this.coordinator = new GroupCoordinator({
      scheduler: options.scheduler,
      random: options.random,
      sessionTimeoutMs: options.sessionTimeoutMs,
      partitions: () => this.partitions(),
      onCommitted: (commit) => options.onCommitted(commit),
    });
  }

  partitions(): readonly TopicPartition[] {
    return [...this.topics.values()].flatMap(({ name, logs }) =>
      logs.map((_, partition) => ({ topic: name, partition })),
    );
  }

  topic(name: string): Topic {
    const topic = this.topics.get(name);
    if (topic === undefined) throw new RangeError(`no topic ${name}`);
    return topic;
  }

  log({ topic, partition }: TopicPartition): PartitionLog {
    const log = this.topic(topic).logs[partition];
    if (log === undefined) throw new RangeError(`no partition ${topic}-${partition}`);
    return log;
  }

  /** A process asks how a partition's log stands. */
  tell(process: HostProcess, where: TopicPartition): PartitionLog {
    const log = this.log(where);
    this.#toldOf.set(`${process.name} ${topicPartitionKey(where)}`, log);
    return log;
  }

  /** The log that what a process says of a partition is about. */
  logToldOf(process: HostProcess, where: TopicPartition): PartitionLog {
    return this.#toldOf.get(`${process.name} ${topicPartitionKey(where)}`) ?? this.log(where);
  }

  /** A commit notes the topic's id, so that a later owner can tell this log from another. */
  isNoted(where: TopicPartition, withRows = false): boolean {
    const { id } = this.topic(where.topic);
    const metadata = this.coordinator.committed.get(topicPartitionKey(where))?.metadata ?? '';
    return metadata.includes(id) && !(withRows && metadata.includes('"token":null'));
  }

  begins(where: TopicPartition): void {
    this.#begunAtMs.set(topicPartitionKey(where), this.#options.scheduler.nowMs);
  }

  /** Whether somebody has begun to read each partition since then. */
  areAllBegunSince(ms: number): boolean {
    return this.partitions().every((where) => (this.#begunAtMs.get(topicPartitionKey(where)) ?? 0) >= ms);
  }

  /** `forgets`: what groups have committed goes with the topic, as Kafka does it once all brokers know. */
  recreate(name: string, forgets: boolean): void {
    const { incarnation, logs } = this.topic(name);
    this.topics.set(name, newTopic(name, incarnation + 1, logs.length));
    for (let partition = 0; forgets && partition < logs.length; partition++) {
      const key = topicPartitionKey({ topic: name, partition });
      this.coordinator.committed.delete(key);
      const book = this.#letterBooks.get(key);
      if (book !== undefined) this.#letterBooks.set(key, { ...book, note: null });
    }
    this.changed();
  }

  /** Wakes fetches that wait for records. */
  changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  admin(process: HostProcess): KafkaAdmin {
    const { network } = this.#options;
    return {
      clusterId: () => network.call(process, 'admin', () => 'simulated'),
      listTopics: () => network.call(process, 'admin', () => [...this.topics.keys(), 'dlq']),
      createTopic: () => network.call(process, 'admin', () => false),
      alterCommittedOffsets: async () => {},
      deleteCommittedOffsets: async () => {},
      deleteGroup: async () => {},
      topicOffsets: (topic) =>
        network.call(process, 'admin', () => {
          const { logs } = this.topic(topic);
          return new Map(logs.map((log, at) => [at, { start: asNextOffset(log.start), end: asNextOffset(log.end) }]));
        }),
      committedOffsets: () => network.call(process, 'admin', () => []),
      close: async () => {},
    };
  }

  /** Letters and note become visible together; opening a source partition's session fences the one before. */
  deadLetterLog(process: HostProcess): DeadLetterLog {
    const { network } = this.#options;
    return {
      maxNoteCharacters: 4096,
      deliveryTimeoutMs: 120_000,
      retryBackoffMs: 100,
      open: async (source) => {
        const key = topicPartitionKey(source);
        const opened = await network.call(process, 'open-letters', () => {
          const before = this.#letterBooks.get(key);
          const book = { epoch: (before?.epoch ?? 0) + 1, note: before?.note ?? null };
          this.#letterBooks.set(key, book);
          return { ...book };
        });
        return { note: opened.note, write: (letters, note) => this.#write(process, { key, ...opened }, letters, note) };
      },
      close: async () => {},
    };
  }

  async #write(
    process: HostProcess,
    { key, epoch }: { readonly key: string; readonly epoch: number },
    letters: readonly ProducerRecord[],
    note: DeadLetterNote,
  ): Promise<void> {
    this.producing++;
    await this.#options.network.call(process, 'write-letters', async () => {
      const fault = this.produceFaults.shift();
      if (fault !== undefined) this.#options.onFault(`dead letters ${fault}`);
      if (fault === 'slow') await this.#pass(slowMs);
      this.producing--;
      if (fault === 'refused') throw new Error('the simulated broker refused the transaction');
      if (this.#letterBooks.get(key)?.epoch !== epoch) throw new Error('the simulated broker has fenced the producer');
      this.#letterBooks.set(key, { epoch, note });
      for (const letter of letters) this.#written(letter);
      if (fault === 'written-but-refused') throw new Error('the answer of the simulated broker got lost');
    });
  }

  #written(letter: ProducerRecord): void {
    this.letters.push(letter);
    this.#options.onDeadLetter(letter);
  }

  #pass(ms: number): Promise<void> {
    const { scheduler } = this.#options;
    return new Promise((resolve) => {
      scheduler.after(ms, { name: 'broker', state: 'running', defer: () => {} }, resolve);
    });
  }
}

const newTopic = (name: string, incarnation: number, partitions: number): Topic => ({
  name,
  id: `${name}-id-${incarnation}`,
  incarnation,
  logs: Array.from({ length: partitions }, () => new PartitionLog(`${name}-id-${incarnation}`)),
});
