import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import type { Message, Producer } from 'kafkajs';
import kafkajs from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';
import { createOrder, seededRandom } from '../support/orders.ts';
import { createTopic, plainKafka } from '../support/topics.ts';
import type { LoadFault } from './fault-kinds.ts';

// a CommonJS module that Node does not see these names of
const { CompressionCodecs, CompressionTypes } = kafkajs;
const zstd = promisify(zstdCompress);
const unzstd = promisify(zstdDecompress);
interface Encoded {
  readonly buffer: Buffer;
}
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: ({ buffer }: Encoded) => compressFrame(buffer),
  decompress: (buffer: Buffer) => decompressFrame(buffer),
});
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: ({ buffer }: Encoded) => zstd(buffer),
  decompress: (buffer: Buffer) => unzstd(buffer),
});

export interface LoadTopic {
  readonly name: string;
  readonly table: string;
  readonly partitions: number;
  readonly compacted: boolean;
}

/** What the producers themselves do. */
export type LoadStrikes = Record<Exclude<LoadFault, 'compacted record' | 'row rejected late'>, number>;

/** Producers that go on through every outage, until they are stopped. */
export interface Load {
  readonly topics: readonly LoadTopic[];
  /** Acknowledged so far, aborted ones apart. */
  acknowledged(): number;
  readonly strikes: LoadStrikes;
  /** Resolves when nothing more is written. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly bootstrapServers: string;
  readonly name: string;
  readonly seed: number;
  readonly replicationFactor: number;
}

const codecs = [CompressionTypes.None, CompressionTypes.GZIP, CompressionTypes.LZ4, CompressionTypes.ZSTD] as const;

/** Segments roll every second, so that the cleaner finds something at once. */
const compactedConfigs = {
  'cleanup.policy': 'compact',
  'segment.ms': '1000',
  'min.cleanable.dirty.ratio': '0.01',
  'max.compaction.lag.ms': '1000',
};

const createTopics = async ({ bootstrapServers, name, replicationFactor }: LoadOptions): Promise<LoadTopic[]> => {
  const wanted = [
    { name: `${name}_orders`, partitions: 4, compacted: false },
    { name: `${name}_transactions`, partitions: 2, compacted: false },
    { name: `${name}_compacted`, partitions: 2, compacted: true },
  ];
  const made: LoadTopic[] = [];
  for (const topic of wanted) {
    const { partitions, compacted, name: exactName } = topic;
    const configs = compacted ? compactedConfigs : {};
    await createTopic(bootstrapServers, { exactName, partitions, replicationFactor, configs });
    made.push({ ...topic, table: exactName.toUpperCase() });
  }
  return made;
};

/** One producer's way of writing once; what it throws costs it its connection, nothing else. */
interface Writer {
  connect(): Promise<Producer>;
  write(producer: Producer): Promise<void>;
  readonly pauseMs: number;
}

const keepWriting = async (writer: Writer, signal: AbortSignal): Promise<void> => {
  let producer: Producer | undefined;
  while (!signal.aborted) {
    try {
      producer ??= await writer.connect();
      await writer.write(producer);
    } catch {
      await producer?.disconnect().catch(() => {});
      producer = undefined;
    }
    await sleep(writer.pauseMs);
  }
  await producer?.disconnect().catch(() => {});
};

export const startLoad = async (options: LoadOptions): Promise<Load> => {
  const { bootstrapServers, seed, name } = options;
  const topics = await createTopics(options);
  const [orders, transactions, compacted] = topics as [LoadTopic, LoadTopic, LoadTopic];
  const random = seededRandom(seed);
  const kafka = plainKafka(bootstrapServers);
  const strikes: LoadStrikes = {
    ...{ 'malformed record': 0, 'aborted transaction': 0, 'lz4 batch': 0, 'zstd batch': 0 },
  };
  let made = 0;
  let acknowledged = 0;

  const draw = (partition: number, count: number, key?: () => string): { messages: Message[]; malformed: number } => {
    const drawn = Array.from({ length: count }, () => createOrder(made++, random));
    const messages = drawn.map((order) => ({ key: key?.() ?? order.key, value: order.value, partition }));
    return { messages, malformed: drawn.filter((order) => order.malformed).length };
  };
  const send = async (producer: Pick<Producer, 'send'>, topic: LoadTopic, most: number, key?: () => string) => {
    const partition = Math.floor(random() * topic.partitions);
    const { messages, malformed } = draw(partition, 1 + Math.floor(random() * most), key);
    const compression = codecs[Math.floor(random() * codecs.length)] ?? CompressionTypes.None;
    await producer.send({ topic: topic.name, acks: -1, messages, compression });
    if (compression === CompressionTypes.LZ4) strikes['lz4 batch']++;
    if (compression === CompressionTypes.ZSTD) strikes['zstd batch']++;
    return { count: messages.length, malformed };
  };
  const landed = ({ count, malformed }: { count: number; malformed: number }): void => {
    acknowledged += count;
    strikes['malformed record'] += malformed;
  };
  const connected = async (producer: Producer): Promise<Producer> => {
    await producer.connect();
    return producer;
  };

  const plain: Writer = {
    pauseMs: 100,
    connect: () => connected(kafka.producer({ allowAutoTopicCreation: false })),
    write: async (producer) => landed(await send(producer, orders, 24)),
  };
  const overwriting: Writer = {
    ...plain,
    pauseMs: 150,
    write: async (producer) => landed(await send(producer, compacted, 8, () => `key-${Math.floor(random() * 40)}`)),
  };
  const transactional: Writer = {
    pauseMs: 150,
    connect: () =>
      connected(
        kafka.producer({
          ...{ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 },
          ...{ transactionalId: `${name}-load`, transactionTimeout: 15_000 },
        }),
      ),
    write: async (producer) => {
      const transaction = await producer.transaction();
      const sent = [await send(transaction, transactions, 10), await send(transaction, transactions, 10)];
      if (random() < 0.3) {
        await transaction.abort();
        strikes['aborted transaction']++;
      } else {
        await transaction.commit();
        sent.forEach(landed);
      }
    },
  };

  const end = new AbortController();
  const writers = [plain, overwriting, transactional].map((writer) => keepWriting(writer, end.signal));
  return {
    topics,
    acknowledged: () => acknowledged,
    strikes,
    stop: async () => {
      end.abort();
      await Promise.all(writers);
    },
  };
};
