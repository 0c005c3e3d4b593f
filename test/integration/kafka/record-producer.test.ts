import { expect, inject, test } from 'vitest';
import { silentLogger } from '../../../src/api/index.ts';
import { createRecordProducer } from '../../../src/kafka/index.ts';
import { systemClock } from '../../../src/util/system-clock.ts';
import { createTopic, uniqueName } from '../../support/topics.ts';
import { startTask } from './task-double.ts';

const bootstrapServers = inject('kafkaBootstrapServers');
const producerWith = (properties: Record<string, string> = {}) =>
  createRecordProducer({
    properties: { 'bootstrap.servers': bootstrapServers, ...properties },
    clock: systemClock,
    logger: silentLogger,
  });

test('headers keep their order, repeated names and nulls; keys choose the partition that Java chooses', async () => {
  const topic = await createTopic(bootstrapServers, { name: 'headers', partitions: 5 });
  const headers = [
    ['b', Buffer.from('1')],
    ['10', null],
    ['b', Buffer.from('2')],
    ['', Buffer.alloc(0)],
  ] as const;
  const producer = await producerWith();
  const keys = ['foobar', 'a-little-bit-long-string', '21'];
  await producer.send(keys.map((key) => ({ topic, key: Buffer.from(key), value: null, headers })));
  await producer.close();
  const task = await startTask({ bootstrapServers, topics: [topic], groupId: uniqueName('headers') });
  await task.sees(3);
  const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString());
  for (const record of task.records) {
    expect(record.headers.map(([name, bytes]) => [name, text(bytes)])).toEqual([
      ['b', '1'],
      ['10', null],
      ['b', '2'],
      ['', ''],
    ]);
    expect(record.value).toBeNull();
  }
  const partitions = new Map(task.records.map(({ key, partition }) => [text(key), partition]));
  // what Java's Utils.murmur2 answers for these keys
  const hashes = [-790332482, -985981536, -973932308];
  expect(keys.map((key) => partitions.get(key))).toEqual(hashes.map((hash) => (hash & 0x7fffffff) % 5));
});

test('a record that the topic does not take: the reason and the fix, and no endless retry', async () => {
  const topic = await createTopic(bootstrapServers, { name: 'too-large', configs: { 'max.message.bytes': '1000' } });
  const producer = await producerWith();
  await expect(producer.send([{ topic, key: null, value: Buffer.alloc(5000), headers: [] }])).rejects.toThrow(
    /max\.message\.bytes/,
  );
  await producer.close();
});

test('a topic that does not exist: retried until delivery.timeout.ms, then rejected', async () => {
  const producer = await producerWith({ 'delivery.timeout.ms': '1200' });
  const topic = uniqueName('absent');
  await expect(producer.send([{ topic, key: null, value: Buffer.from('x'), headers: [] }])).rejects.toThrow(
    new RegExp(`${topic}: not written within delivery.timeout.ms \\(1200\\)`),
  );
  await producer.close();
});

test('more records than a request takes: all written, in order', async () => {
  const topic = await createTopic(bootstrapServers, { name: 'many' });
  const producer = await producerWith({ 'compression.type': 'zstd' });
  const records = Array.from({ length: 3000 }, (_, i) => ({
    topic,
    key: null,
    value: Buffer.from(`${i} ${'x'.repeat(500)}`),
    headers: [],
  }));
  await producer.send(records);
  await producer.close();
  const task = await startTask({ bootstrapServers, topics: [topic], groupId: uniqueName('many') });
  await task.sees(3000);
  expect(task.seen.map((record) => record.value?.split(' ')[0])).toEqual(records.map((_, i) => String(i)));
});
