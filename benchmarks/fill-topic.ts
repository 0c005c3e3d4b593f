import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import { compressFrame } from 'lz4-napi';
import { compress as snappyCompress } from 'snappy';
import { createTopic, plainKafka } from '../test/support/topics.ts';
import { orderJson } from './sample-values.ts';

export const benchPartitions = 12;
/** Java's default batch.size, about. */
const batchBytes = 16_384;
/** A producer that compresses mostly lingers too, for larger batches. */
const compressedBatchBytes = 65_536;
/** Values that a topic is made of, again and again: making each anew would take longer than measuring. */
const distinctValues = 20_000;

const { CompressionCodecs, CompressionTypes } = kafkajs;
const codecs = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  lz4: CompressionTypes.LZ4,
  snappy: CompressionTypes.Snappy,
  zstd: CompressionTypes.ZSTD,
} as const;
export type Codec = keyof typeof codecs;

/** kafkajs brings gzip only. */
const unread = (): Promise<Buffer> => Promise.reject(new Error('the bench only writes'));
const writesBy = (compress: (bytes: Buffer) => Promise<Buffer>) => () => ({
  compress: (encoder: { readonly buffer: Buffer }) => compress(encoder.buffer),
  decompress: unread,
});
CompressionCodecs[CompressionTypes.LZ4] = writesBy(async (bytes) => await compressFrame(bytes));
CompressionCodecs[CompressionTypes.Snappy] = writesBy(async (bytes) => Buffer.from(await snappyCompress(bytes)));
CompressionCodecs[CompressionTypes.ZSTD] = writesBy(promisify(zstdCompress));

export interface Filling {
  readonly rows: number;
  readonly valueBytes: number;
  readonly partitions?: number;
  readonly codec?: Codec;
  /** Orders with a list of items unless given. */
  readonly makeValue?: (i: number, bytes: number) => string;
}

/** A topic with so many rows of so many bytes, in batches as Java's producer makes them. */
export const fillTopic = async (
  bootstrapServers: string,
  { rows, valueBytes, partitions = benchPartitions, codec = 'none', makeValue = orderJson }: Filling,
): Promise<string> => {
  const topic = await createTopic(bootstrapServers, { name: `bench-${valueBytes}b-${codec}`, partitions });
  const values = Array.from({ length: Math.min(rows, distinctValues) }, (_, i) =>
    Buffer.from(makeValue(i, valueBytes)),
  );
  const perBatch = Math.max(1, Math.floor((codec === 'none' ? batchBytes : compressedBatchBytes) / valueBytes));
  const producer = plainKafka(bootstrapServers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  let next = 0;
  const sendAll = async (): Promise<void> => {
    while (next < rows) {
      const from = next;
      next += perBatch * partitions;
      const messages = Array.from({ length: Math.min(next, rows) - from }, (_, i) => ({
        key: `k${((from + i) % 99_991).toString(36)}`,
        value: values[(from + i) % values.length] ?? null,
        partition: i % partitions,
      }));
      await producer.send({ topic, acks: -1, compression: codecs[codec], messages });
    }
  };
  await Promise.all(Array.from({ length: 4 }, sendAll));
  await producer.disconnect();
  return topic;
};
