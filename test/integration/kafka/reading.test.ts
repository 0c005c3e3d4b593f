import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import * as lz4 from 'lz4-napi';
import * as snappy from 'snappy';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { asNextOffset, type CompressionCodec, compressionCodecs, silentLogger } from '../../../src/api/index.ts';
import { createHardenedKafkaJs } from '../../../src/kafka/hardening/load-kafkajs.ts';
import type { KafkaJsModules } from '../../../src/kafka/hardening/override.ts';
import { createRecordProducer } from '../../../src/kafka/index.ts';
import { RecordReader } from '../../../src/kernel/index.ts';
import { systemClock } from '../../../src/util/system-clock.ts';
import { withStockRule } from '../../support/committed-kafkajs.ts';
import { createTopic, plainKafka, produceRecords, readTopic, uniqueName } from '../../support/topics.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startTask, type TaskDouble } from './task-double.ts';

const bootstrapServers = inject('kafkaBootstrapServers');

/** The plain client, which our reading is compared with, knows gzip only. */
beforeAll(() => {
  const zstd = promisify(zlib.zstdDecompress);
  const never = () => Promise.reject(new Error('this test writes with our own producer'));
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: never,
    decompress: (bytes: Buffer) => snappy.uncompress(bytes),
  });
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: never,
    decompress: async (bytes: Buffer) => lz4.decompressFrameSync(bytes),
  });
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({ compress: never, decompress: (bytes: Buffer) => zstd(bytes) });
});

const rowsOf = (task: TaskDouble): string[] =>
  task.records
    .map(({ partition, offset, timestamp, key, value, headers }) => {
      const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex'));
      return JSON.stringify([
        partition,
        Number(offset),
        Number(timestamp),
        text(key),
        text(value),
        headers.map(([name, bytes]) => [name, text(bytes)]),
      ]);
    })
    .sort();

const plainRows = async (topic: string): Promise<string[]> =>
  (await readTopic(bootstrapServers, topic))
    .map(({ partition, offset, timestamp, key, value, headers }) =>
      JSON.stringify([
        partition,
        Number(offset),
        timestamp,
        key?.toString('hex') ?? null,
        value?.toString('hex') ?? null,
        Object.entries(headers).flatMap(([name, given]) =>
          [given].flat().map((bytes) => [name, bytes === undefined ? null : Buffer.from(bytes).toString('hex')]),
        ),
      ]),
    )
    .sort();

const writeWithCodec = async (topic: string, codec: CompressionCodec): Promise<void> => {
  const properties = { 'bootstrap.servers': bootstrapServers, 'compression.type': codec };
  const producer = await createRecordProducer({ properties, clock: systemClock, logger: silentLogger });
  for (let round = 0; round < 20; round++) {
    await producer.send(
      Array.from({ length: 300 }, (_, i) => ({
        topic,
        key: i % 7 === 0 ? null : Buffer.from(`key ${i}`),
        value: i % 11 === 0 ? null : Buffer.from(`${codec} ${round} ${i} ${'x'.repeat(i)}`),
        headers: [['h', Buffer.from(`${i}`)] as const],
        timestamp: BigInt(1_700_000_000_000 + round * 1000 + i),
      })),
    );
  }
  await producer.close();
};

describe.each(compressionCodecs)('%s', (codec) => {
  test('the bytes that are handed over hold what plain kafkajs reads, in Buffers and in place', async () => {
    const topic = await createTopic(bootstrapServers, { name: `codec-${codec}`, partitions: 3 });
    await writeWithCodec(topic, codec);
    const expected = await plainRows(topic);
    expect(expected.length).toBe(6000);
    const inBuffers = await startTask({ bootstrapServers, topics: [topic], groupId: uniqueName('raw') });
    await inBuffers.sees(6000);
    expect(rowsOf(inBuffers)).toEqual(expected);
    const memory = new Uint8Array(8 << 20);
    let placed = 0;
    const reader = new RecordReader({ checkCrcs: true });
    const inPlace = await startTask({
      bootstrapServers,
      topics: [topic],
      groupId: uniqueName('raw-in-place'),
      properties: { 'fetch.max.bytes': '150000' },
      // meanwhile the next answer arrives, and must not be written over what the task still looks at
      onBatch: async (_, batch) => {
        for (let turn = 0; turn < 20; turn++) await setImmediate();
        for (const each of batch.batches) expect([...reader.read(each, 0n, batch)].length).toBe(each.recordCount);
      },
      place: (bytes) => {
        placed++;
        return bytes <= memory.length ? memory.subarray(0, bytes) : null;
      },
    });
    await inPlace.sees(6000);
    expect(rowsOf(inPlace)).toEqual(expected);
    expect(inPlace.repeated()).toBe(0);
    if (codec === 'none') expect(placed).toBeGreaterThan(0);
  });
});

const transactions = async (topic: string, key: (producer: string) => Buffer) => {
  const kafka = plainKafka(bootstrapServers);
  const open = async (id: string) => {
    const producer = kafka.producer({ transactionalId: uniqueName(id), idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    return producer;
  };
  const [a, b] = [await open('a'), await open('b')];
  const send = (value: string, from: string) => ({ topic, messages: [{ partition: 0, key: key(from), value }] });
  for (let round = 0; round < 3; round++) {
    const one = await a.transaction();
    await one.send(send('aborted a', 'a'));
    const two = await b.transaction();
    await two.send(send('aborted b', 'b'));
    await one.send(send('aborted a', 'a'));
    await two.abort();
    const three = await b.transaction();
    await three.send(send(`committed b ${round}`, 'b'));
    await one.abort();
    await three.commit();
    const four = await a.transaction();
    await four.send(send(`committed a ${round}`, 'a'));
    await four.commit();
  }
  await a.disconnect();
  await b.disconnect();
};

test.each([
  ['a key like an abort marker’s (int32 0)', () => Buffer.alloc(4)],
  ['overlapping transactions', (producer: string) => Buffer.from(producer)],
])('K5: no aborted record is read: %s', async (_, key) => {
  const topic = await createTopic(bootstrapServers, { name: 'aborted' });
  await transactions(topic, key);
  const task = await startTask({ bootstrapServers, topics: [topic], groupId: uniqueName('k5') });
  await task.sees(6);
  const [end] = [await plainKafkaEnd(topic)];
  await waitFor(() => task.consumer.owned.position({ topic, partition: 0 }) === end, {
    deadlineMs: 10_000,
    what: 'the position behind the last marker',
  });
  const rounds = [0, 1, 2];
  expect(task.seen.map(({ value }) => value)).toEqual(rounds.flatMap((n) => [`committed b ${n}`, `committed a ${n}`]));
});

const plainKafkaEnd = async (topic: string): Promise<bigint> => {
  const admin = plainKafka(bootstrapServers).admin();
  await admin.connect();
  const [offsets] = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  return BigInt(offsets?.high ?? -1);
};

test('K5 in stock kafkajs: aborted records with such a key are read', async () => {
  const topic = await createTopic(bootstrapServers, { name: 'aborted-stock' });
  await transactions(topic, () => Buffer.alloc(4));
  const read = await withStockRule(() => readTopic(bootstrapServers, topic));
  const values = read.map(({ value }) => value?.toString());
  expect(values.some((value) => value?.startsWith('aborted'))).toBe(true);
});

test('isolation.level=read_uncommitted reads aborted records too', async () => {
  const topic = await createTopic(bootstrapServers, { name: 'uncommitted' });
  await transactions(topic, () => Buffer.from('k'));
  const properties = { 'isolation.level': 'read_uncommitted' };
  const task = await startTask({ bootstrapServers, topics: [topic], groupId: uniqueName('unc'), properties });
  await task.sees(15);
});

test('seek back and forth, pause and resume: each offset as often as asked, in order', async () => {
  const topic = await createTopic(bootstrapServers, { name: 'seek', partitions: 2 });
  const records = Array.from({ length: 400 }, (_, i) => ({ partition: i % 2, value: `v${i}` }));
  await produceRecords(bootstrapServers, topic, records);
  const task = await startTask({ bootstrapServers, topics: [topic], groupId: uniqueName('seek') });
  await task.sees(400);
  task.seen.length = 0;
  task.consumer.seek({ topic, partition: 0 }, asNextOffset(150n));
  await task.sees(50);
  expect(task.seen.map(({ offset }) => offset)).toEqual(Array.from({ length: 50 }, (_, i) => BigInt(150 + i)));

  task.consumer.pause([{ topic, partition: 0 }]);
  task.seen.length = 0;
  await produceRecords(bootstrapServers, topic, records.slice(0, 20));
  await task.sees(10);
  expect(task.seen.every(({ partition }) => partition === 1)).toBe(true);
  expect(task.consumer.owned.position({ topic, partition: 0 })).toBe(200n);
  task.consumer.resume([{ topic, partition: 0 }]);
  await task.sees(20);
  expect(task.repeated()).toBe(0);
  expect(task.consumer.owned.highWatermark({ topic, partition: 0 })).toBe(210n);
});

interface SentFetch {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly topics: number;
}

/** What Fetch requests say of their sessions, from version 7 on: replica, wait, two limits and isolation come before it. */
const watchFetches = (modules: KafkaJsModules): readonly SentFetch[] => {
  interface Sent {
    readonly request: { readonly apiName: string; encode(): Promise<{ readonly buffer: Buffer }> };
  }
  type Connection = { prototype: { send(whole: Sent): Promise<unknown> } };
  const { prototype } = modules.load<Connection>('network/connection');
  const { send } = prototype;
  const sent: SentFetch[] = [];
  prototype.send = async function (this: object, whole) {
    if (whole.request.apiName === 'Fetch') {
      const { buffer } = await whole.request.encode();
      const [sessionId, sessionEpoch, topics] = [17, 21, 25].map((at) => buffer.readInt32BE(at));
      sent.push({ sessionId: Number(sessionId), sessionEpoch: Number(sessionEpoch), topics: Number(topics) });
    }
    return send.call(this, whole);
  };
  return sent;
};

test('KIP-227: requests name only what changed, in one session; a seek and a resume are changes', async () => {
  const topic = await createTopic(bootstrapServers, { name: 'session', partitions: 10 });
  const first = Array.from({ length: 10 }, (_, partition) => ({ partition, value: 'first' }));
  await produceRecords(bootstrapServers, topic, first);
  const modules = createHardenedKafkaJs();
  const sent = watchFetches(modules);
  const properties = { 'fetch.max.wait.ms': '50' };
  const groupId = uniqueName('session');
  const task = await startTask({ bootstrapServers, topics: [topic], groupId, properties, modules });
  await task.sees(10);
  const quiet = (): boolean => sent.slice(-3).every(({ topics }) => topics === 0);
  const news = async (act: () => unknown, count: number): Promise<void> => {
    await waitFor(quiet, { deadlineMs: 10_000, what: 'requests that name nothing' });
    const before = sent.length;
    task.seen.length = 0;
    await act();
    await task.sees(count);
    expect(sent.slice(before).some(({ topics }) => topics === 1)).toBe(true);
  };
  await news(() => task.consumer.seek({ topic, partition: 3 }, asNextOffset(0n)), 1);
  task.consumer.pause([{ topic, partition: 4 }]);
  await produceRecords(bootstrapServers, topic, first);
  await task.sees(10);
  await news(() => task.consumer.resume([{ topic, partition: 4 }]), 1);
  expect(task.seen.map(({ partition, offset }) => [partition, offset])).toEqual([[4, 1n]]);
  // a broker may close any session, but then everything is named once
  const since = sent.slice(sent.findLastIndex(({ sessionEpoch }) => sessionEpoch === 0) + 1);
  expect(since.map(({ sessionEpoch }) => sessionEpoch)).toEqual(since.map((_, at) => at + 1));
  expect(new Set(since.map(({ sessionId }) => sessionId)).size).toBe(1);
});

test('a fetch under way when a seek comes is not delivered', async () => {
  const topic = await createTopic(bootstrapServers, { name: 'seek-race' });
  await produceRecords(
    bootstrapServers,
    topic,
    Array.from({ length: 1000 }, (_, i) => ({ value: 'x'.repeat(500) + i })),
  );
  let rewinds = 0;
  const task = await startTask({
    bootstrapServers,
    topics: [topic],
    groupId: uniqueName('seek-race'),
    properties: { 'max.partition.fetch.bytes': '20000' },
    onBatch: (self, batch) => {
      if (rewinds >= 5 || batch.nextOffset < 200n) return;
      rewinds++;
      self.seen.length = 0;
      self.consumer.seek({ topic, partition: 0 }, asNextOffset(BigInt(rewinds)));
    },
  });
  await waitFor(() => task.seen.at(-1)?.offset === 999n, { deadlineMs: 20_000, what: 'the last record' });
  expect(rewinds).toBe(5);
  expect(task.seen.map(({ offset }) => offset)).toEqual(Array.from({ length: 995 }, (_, i) => BigInt(i + 5)));
});
