import { expect, inject, test } from 'vitest';
import { asNextOffset, type EncodedRows, silentLogger } from '../../../src/api/index.ts';
import { createRecordProducer, createSourceConsumer } from '../../../src/kafka/index.ts';
import { RawRowEncoder } from '../../../src/kernel/index.ts';
import { systemClock } from '../../../src/util/system-clock.ts';
import { createTopic, uniqueName } from '../../support/topics.ts';

const clock = systemClock;
const logger = silentLogger;
const partitions = 3;
const rows = 6000;
const jsonOf = (i: number): string =>
  JSON.stringify({ i, big: `9007199254740993${i}`, text: 'Zürich '.repeat(i % 40) });

/** Everything of the topic as rows, with answers read to the kernel's own memory where they fit. */
const readRows = async (bootstrapServers: string, topic: string): Promise<{ lines: string[]; inPlace: number }> => {
  const encoder = new RawRowEncoder({
    metadata: { topic: true, offsetAndPartition: true, createTime: true, pushTime: false },
    key: 'string',
    headers: 'host',
    checkCrcs: true,
    clock,
    maxRowBytes: 1 << 24,
  });
  let inPlace = 0;
  const consumer = createSourceConsumer({
    properties: { 'bootstrap.servers': bootstrapServers, 'group.id': uniqueName('raw-path') },
    topics: [topic],
    clock,
    random: Math.random,
    logger,
    place: (bytes) => {
      const place = encoder.place(bytes);
      if (place !== null) inPlace++;
      return place;
    },
  });
  await consumer.start({
    onPartitionsAssigned: async (assigned) => {
      for (const partition of assigned) consumer.seek(partition, partition.logStart);
    },
    onPartitionsRevoked: async () => {},
    onPartitionsLost: async () => {},
  });
  const lines: string[] = [];
  const sink = {
    add: (encoded: EncodedRows) => {
      lines.push(...Buffer.from(encoded.bytes).toString().trimEnd().split('\n'));
      encoded.release();
    },
  };
  const never = (): never => {
    throw new Error('left the raw path');
  };
  const host = { keyAndHeaders: () => ',"headers":{"h":"1"}', row: never };
  const deadline = AbortSignal.timeout(240_000);
  while (lines.length < rows) {
    deadline.throwIfAborted();
    const batch = await consumer.poll(500);
    if (batch === null) continue;
    await encoder.encode(batch, asNextOffset(batch.fetchOffset), sink, host);
    batch.release();
  }
  await consumer.close(AbortSignal.timeout(30_000));
  return { lines, inPlace };
};

for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
  test(`a topic compressed with ${codec} becomes rows, each once and in order`, async () => {
    const bootstrapServers = inject('kafkaBootstrapServers');
    const topic = await createTopic(bootstrapServers, { name: `raw-${codec}`, partitions });
    const properties = { 'bootstrap.servers': bootstrapServers, 'compression.type': codec };
    const producer = await createRecordProducer({ properties, clock, logger });
    for (let from = 0; from < rows; from += 1000) {
      await producer.send(
        Array.from({ length: 1000 }, (_, n) => ({
          topic,
          key: Buffer.from(`k${from + n}`),
          value: Buffer.from(jsonOf(from + n)),
          headers: n % 100 === 0 ? [['h', Buffer.from('1')] as const] : [],
          timestamp: BigInt(1_700_000_000_000 + from + n),
        })),
      );
    }
    await producer.close();
    const { lines, inPlace } = await readRows(bootstrapServers, topic);
    const next = new Map<number, number>();
    const seen = new Set<number>();
    for (const line of lines) {
      const { RECORD_CONTENT: content, RECORD_METADATA: metadata } = JSON.parse(line);
      expect(metadata.offset).toBe(next.get(metadata.partition) ?? 0);
      next.set(metadata.partition, metadata.offset + 1);
      seen.add(content.i);
      expect(line).toContain(`{"RECORD_CONTENT":${jsonOf(content.i)},`);
      expect(metadata).toMatchObject({ topic, CreateTime: 1_700_000_000_000 + content.i });
      if (content.i % 100 === 0) expect(metadata.headers).toEqual({ h: '1' });
      else expect(metadata.key).toBe(`k${content.i}`);
    }
    expect([lines.length, seen.size]).toEqual([rows, rows]);
    if (codec === 'none') expect(inPlace).toBeGreaterThan(0);
  });
}
