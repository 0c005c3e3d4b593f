import { asNextOffset, type NextOffset, topicPartitionKey } from '../../src/api/index.ts';
import type { MigrationAccount, MigrationCluster, ShownChannel } from '../../src/cli/migrate/ports.ts';

/** The process was killed here. */
export class Killed extends Error {}

/** Where a process is killed: at which of its calls, before it is carried out or after. */
export interface Kill {
  readonly at: number;
  readonly side: 'before' | 'after';
}

interface Committed {
  readonly offset: NextOffset;
  readonly metadata: string | null;
}

/** Kafka and Snowflake as a migration sees them, for one topic with its table; each call may be the last one of the process. */
export class MigrationWorld {
  readonly topic: string;
  readonly table: string;
  /** Of each partition. */
  readonly logEnds: bigint[];
  readonly groups = new Map<string, Map<string, Committed>>();
  /** By architecture and upper-cased name: v3's classic channels are others than a pipe's. */
  readonly channels = new Map<string, ShownChannel>();
  /** Of each partition: offset → how many rows. */
  readonly rows: Map<bigint, number>[];
  kill: Kill | null = null;
  /** Calls so far. */
  calls = 0;

  constructor(topic: string, table: string, logEnds: readonly bigint[]) {
    this.topic = topic;
    this.table = table;
    this.logEnds = [...logEnds];
    this.rows = logEnds.map(() => new Map());
  }

  token(name: string, isClassic: boolean): bigint | null {
    const token = this.channels.get(`${isClassic} ${name.toUpperCase()}`)?.token ?? null;
    return token === null ? null : BigInt(token);
  }

  /** A row of this offset, and the channel's token with it. */
  write(partition: number, offset: bigint, name: string, isClassic: boolean): void {
    const rows = this.rows[partition];
    rows?.set(offset, (rows.get(offset) ?? 0) + 1);
    this.channels.set(`${isClassic} ${name.toUpperCase()}`, { name, isClassic, token: String(offset) });
  }

  committed(group: string, partition: number): Committed | null {
    return this.groups.get(group)?.get(topicPartitionKey({ topic: this.topic, partition })) ?? null;
  }

  commit(group: string, partition: number, offset: bigint, metadata: string | null): void {
    const offsets = this.groups.get(group) ?? new Map<string, Committed>();
    offsets.set(topicPartitionKey({ topic: this.topic, partition }), { offset: asNextOffset(offset), metadata });
    this.groups.set(group, offsets);
  }

  get cluster(): MigrationCluster {
    return {
      listTopics: () => this.#call(() => [this.topic]),
      topicOffsets: () =>
        this.#call(
          () => new Map(this.logEnds.map((end, at) => [at, { start: asNextOffset(0n), end: asNextOffset(end) }])),
        ),
      group: () => this.#call(() => ({ state: 'Empty', members: 0 })),
      committedOffsets: (group) =>
        this.#call(() =>
          this.logEnds.flatMap((_, partition) => {
            const commit = this.committed(group, partition);
            return commit === null ? [] : [{ topic: this.topic, partition, ...commit }];
          }),
        ),
      alterCommittedOffsets: (group, offsets) =>
        this.#call(() => {
          for (const { partition, offset, metadata } of offsets) this.commit(group, partition, offset, metadata);
        }),
      close: async () => {},
    };
  }

  get account(): MigrationAccount {
    return {
      hasTable: () => this.#call(() => true),
      channels: () => this.#call(() => [...this.channels.values()]),
      highestRows: () =>
        this.#call(() => ({
          byPartition: new Map(
            this.rows.flatMap((rows, partition) =>
              rows.size === 0 ? [] : [[partition, [...rows.keys()].reduce((a, b) => (a > b ? a : b))] as const],
            ),
          ),
          isComplete: true,
        })),
      pendingFiles: () => this.#call(() => null),
      moveToken: (_table, name, token) =>
        this.#call(
          () => void this.channels.set(`true ${name.toUpperCase()}`, { name, isClassic: true, token: String(token) }),
        ),
      dropChannel: (_table, name) => this.#call(() => void this.channels.delete(`false ${name.toUpperCase()}`)),
      close: async () => {},
    };
  }

  async #call<T>(act: () => T): Promise<T> {
    const isLast = this.kill !== null && ++this.calls === this.kill.at;
    if (isLast && this.kill?.side === 'before') throw new Killed();
    const result = act();
    if (isLast) throw new Killed();
    return result;
  }
}
