import type { RawHeader, RecordView, TopicPartition } from '../../api/index.ts';
import { createPartitionReader, type PartitionReader } from '../../kafka/index.ts';
import { RecordReader } from '../../kernel/index.ts';

const prefix = '__connect.errors.';

/** A record of a dead letter queue: bytes of its own. */
export interface Letter {
  /** In the queue. */
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: bigint;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Without Connect's context. */
  readonly headers: readonly RawHeader[];
  /** What Connect noted when it failed: `topic`, `partition`, `offset`, `stage`, `exception.message` …; the last of each name. */
  readonly context: ReadonlyMap<string, string>;
}

const decoder = new TextDecoder();

const copyOf = (bytes: Uint8Array | null): Uint8Array | null => (bytes === null ? null : Uint8Array.from(bytes));

const letterOf = (partition: number, { offset, timestamp, key, value, headers }: RecordView): Letter => ({
  partition,
  offset,
  timestamp,
  key: copyOf(key),
  value: copyOf(value),
  headers: headers.filter(([name]) => !name.startsWith(prefix)).map(([name, bytes]) => [name, copyOf(bytes)]),
  context: new Map(
    headers
      .filter(([name, bytes]) => name.startsWith(prefix) && bytes !== null)
      .map(([name, bytes]) => [name.slice(prefix.length), decoder.decode(bytes ?? new Uint8Array())]),
  ),
});

/** `orders-3@42`: where the record failed first; null where the letter does not say. */
export const originOf = ({ context }: Letter): string | null => {
  const [topic, partition, offset] = ['topic', 'partition', 'offset'].map((name) => context.get(name));
  return topic === undefined || partition === undefined || offset === undefined
    ? null
    : `${topic}-${partition}@${offset}`;
};

/** A queue may be shared: letters that name another connector are not this one's. */
export const belongsToConnector = ({ context }: Letter, connector: string): boolean =>
  (context.get('connector.name') ?? connector) === connector;

/** Reads the letters of a queue. Close it. */
export class LetterReader {
  readonly #reader: PartitionReader;
  readonly #records = new RecordReader({ checkCrcs: true });

  private constructor(reader: PartitionReader) {
    this.#reader = reader;
  }

  static async open(options: Parameters<typeof createPartitionReader>[0]): Promise<LetterReader> {
    return new LetterReader(await createPartitionReader(options));
  }

  ends(topic: string): ReturnType<PartitionReader['ends']> {
    return this.#reader.ends(topic);
  }

  /** One partition, in order. */
  async *read(where: TopicPartition, from: bigint, to: bigint): AsyncIterable<Letter> {
    for await (const fetched of this.#reader.read(where, from, to))
      for (const batch of fetched.batches)
        for (const view of this.#records.read(batch, fetched.fetchOffset, fetched))
          if (view.offset < to) yield letterOf(where.partition, view);
  }

  /** All that is in the queue now, partition by partition. */
  async *all(topic: string): AsyncIterable<Letter> {
    for (const [partition, { start, end }] of await this.#reader.ends(topic))
      yield* this.read({ topic, partition }, start, end);
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}
