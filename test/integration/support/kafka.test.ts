import { expect, inject, test } from 'vitest';
import { createTopic, produceRecords, readTopic } from '../../support/topics.ts';

test('the shared broker takes records and gives them back with their offsets', async () => {
  const bootstrap = inject('kafkaBootstrapServers');
  const topic = await createTopic(bootstrap, { name: 'support', partitions: 2 });
  const produced = await produceRecords(bootstrap, topic, [
    { value: 'a', key: 'k', headers: { h: '1' } },
    { value: null, partition: 1 },
    { value: 'b', timestamp: 1234 },
  ]);
  const read = await readTopic(bootstrap, topic);
  expect(produced).toHaveLength(3);
  expect(read.map(({ partition, offset, value }) => `${partition}/${offset}=${value}`).sort()).toEqual([
    '0/0=a',
    '0/1=b',
    '1/0=null',
  ]);
  expect(read.find(({ value }) => value?.toString() === 'b')?.timestamp).toBe(1234);
});
