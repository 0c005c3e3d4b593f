import { expect, inject, test } from 'vitest';
import { asNextOffset, silentLogger } from '../../../src/api/index.ts';
import { readAdminOptions } from '../../../src/kafka/client-config/producer-properties.ts';
import { encodeRecordBatch } from '../../../src/kafka/encode-record-batch.ts';
import { createHardenedKafkaJs } from '../../../src/kafka/hardening/load-kafkajs.ts';
import { createKafkaJsClient } from '../../../src/kafka/kafkajs-client.ts';
import { produce } from '../../../src/kafka/produce-request.ts';
import { systemClock } from '../../../src/util/system-clock.ts';
import { createTopic, plainKafka, produceRecords, uniqueName, withAdmin } from '../../support/topics.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startTask, type TaskDouble } from './task-double.ts';

const bootstrapServers = inject('kafkaBootstrapServers');
const soon = { 'metadata.max.age.ms': '1000' };

const deleteTopic = (topic: string) => withAdmin(bootstrapServers, (admin) => admin.deleteTopics({ topics: [topic] }));
const isGone = (topic: string) =>
  waitFor(async () => !(await withAdmin(bootstrapServers, (admin) => admin.listTopics())).includes(topic), {
    deadlineMs: 10_000,
    what: `${topic} to be gone`,
  });

/** Never in the middle of a log that it does not know: it ends, or begins anew under the new id if a look at the topics missed the old one. */
const noticesNewTopic = async (task: TaskDouble, oldId: string | undefined, failure: string): Promise<void> => {
  await waitFor(() => task.failure !== null || (task.consumer.owned.assignments()[0]?.topicId ?? oldId) !== oldId, {
    deadlineMs: 20_000,
    what: 'the new topic to be noticed',
  });
  if (task.failure !== null) expect(task.failure.message).toContain(failure);
  expect(oldId).toMatch(/^[\w-]{22}$/);
  const values = task.seen.map(({ value }) => value);
  expect(['old', 'new 1', 'new 2', 'new 3'].slice(0, values.length)).toEqual(values);
};

test('K17: a topic that is deleted and made again ends the consumer, or comes back under its new id', async () => {
  const topic = await createTopic(bootstrapServers, { name: 'again' });
  await produceRecords(bootstrapServers, topic, [{ value: 'old' }]);
  const properties = { 'metadata.max.age.ms': '3000' };
  const task = await startTask({ bootstrapServers, topics: [topic], groupId: uniqueName('again'), properties });
  await task.sees(1);
  const [before] = task.consumer.owned.assignments();
  await deleteTopic(topic);
  await isGone(topic);
  await createTopic(bootstrapServers, { exactName: topic });
  await produceRecords(bootstrapServers, topic, [{ value: 'new 1' }, { value: 'new 2' }, { value: 'new 3' }]);
  await noticesNewTopic(task, before?.topicId ?? undefined, topic);
});

test('a topic that is made again while its partition is paused is noticed before a record of it is read', async () => {
  const topic = await createTopic(bootstrapServers, { name: 'paused' });
  const partition = { topic, partition: 0 };
  await produceRecords(bootstrapServers, topic, [{ value: 'old' }]);
  const task = await startTask({ bootstrapServers, topics: [topic], groupId: uniqueName('paused') });
  await task.sees(1);
  const [before] = task.consumer.owned.assignments();
  task.consumer.pause([partition]);
  const { lastFetchAtMs } = task.consumer.health();
  await deleteTopic(topic);
  await isGone(topic);
  await createTopic(bootstrapServers, { exactName: topic });
  await produceRecords(bootstrapServers, topic, [{ value: 'new 1' }, { value: 'new 2' }, { value: 'new 3' }]);
  const epoch = task.consumer.owned.get(partition)?.epoch ?? 0;
  const [commit] = await task.consumer.commit([{ ...partition, epoch, offset: asNextOffset(1n), metadata: '' }]);
  expect(commit?.outcome).not.toBe('committed');
  await waitFor(() => systemClock.now() - lastFetchAtMs > 3000, {
    deadlineMs: 10_000,
    what: 'a while without a fetch',
  });
  task.consumer.resume([partition]);
  await noticesNewTopic(task, before?.topicId ?? undefined, 'was deleted and made again');
});

test('a topic that is missing is waited for, and the others are read meanwhile', async () => {
  const there = await createTopic(bootstrapServers, { name: 'there' });
  const missing = uniqueName('missing');
  await produceRecords(bootstrapServers, there, [{ value: 'a' }]);
  const task = await startTask({
    bootstrapServers,
    topics: [there, missing],
    groupId: uniqueName('missing'),
    properties: soon,
  });
  await task.sees(1);
  await createTopic(bootstrapServers, { exactName: missing });
  await produceRecords(bootstrapServers, missing, [{ value: 'b' }]);
  await task.sees(2);
  expect(task.seen.map(({ value }) => value)).toEqual(['a', 'b']);
});

test('a pattern is matched against whole names, and takes in new topics', async () => {
  const prefix = uniqueName('pattern');
  await createTopic(bootstrapServers, { exactName: `${prefix}-1` });
  await createTopic(bootstrapServers, { exactName: `not-${prefix}-1` });
  await produceRecords(bootstrapServers, `${prefix}-1`, [{ value: 'one' }]);
  await produceRecords(bootstrapServers, `not-${prefix}-1`, [{ value: 'never' }]);
  const topics = new RegExp(`${prefix}-\\d`);
  const task = await startTask({ bootstrapServers, topics, groupId: uniqueName('pattern'), properties: soon });
  await task.sees(1);
  await createTopic(bootstrapServers, { exactName: `${prefix}-2` });
  await produceRecords(bootstrapServers, `${prefix}-2`, [{ value: 'two' }]);
  await task.sees(2);
  expect(task.seen.map(({ value }) => value)).toEqual(['one', 'two']);
  expect(task.consumer.subscription).toEqual([`${prefix}-1`, `${prefix}-2`]);
});

test('new partitions of a topic are read from their start', async () => {
  const topic = await createTopic(bootstrapServers, { name: 'grows' });
  const task = await startTask({ bootstrapServers, topics: [topic], groupId: uniqueName('grows'), properties: soon });
  await task.joins(1);
  await withAdmin(bootstrapServers, (admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] }));
  await waitFor(
    async () => (await withAdmin(bootstrapServers, (admin) => admin.fetchTopicOffsets(topic))).length === 3,
    { deadlineMs: 10_000, what: 'three partitions' },
  );
  await produceRecords(
    bootstrapServers,
    topic,
    [0, 1, 2].map((partition) => ({ partition, value: `p${partition}` })),
  );
  await task.sees(3);
  await task.joins(3);
});

test('K10: a record batch of 130,000 records is read', async () => {
  const topic = await createTopic(bootstrapServers, { name: 'k10', configs: { 'max.message.bytes': '20000000' } });
  const record = { topic, key: null, value: Buffer.from('abcd'), headers: [] };
  const batch = await encodeRecordBatch(
    Array.from({ length: 130_000 }, () => record),
    'none',
    Date.now(),
  );
  const modules = createHardenedKafkaJs();
  const client = readAdminOptions({ 'bootstrap.servers': bootstrapServers }, systemClock, silentLogger);
  const { cluster } = createKafkaJsClient({ modules, client, logger: silentLogger });
  await cluster.connect();
  await cluster.addMultipleTargetTopics([topic]);
  const [nodeId = ''] = Object.keys(cluster.findLeaderForPartitions(topic, [0]));
  expect(await produce(modules, await cluster.findBroker({ nodeId }), { topic, partition: 0 }, batch, 30_000)).toBe(0);
  await cluster.disconnect();
  const task = await startTask({ bootstrapServers, topics: [topic], groupId: uniqueName('k10') });
  await task.sees(130_000, 30_000);
  expect(task.repeated()).toBe(0);
});

test('K10 in stock kafkajs: such a batch ends the consumer', async () => {
  const modules = createHardenedKafkaJs(['hand-over-raw-batches']);
  const client = readAdminOptions({ 'bootstrap.servers': bootstrapServers }, systemClock, silentLogger);
  const topic = await createTopic(bootstrapServers, {
    name: 'k10-stock',
    configs: { 'max.message.bytes': '20000000' },
  });
  const record = { topic, key: null, value: Buffer.from('abcd'), headers: [] };
  const batch = await encodeRecordBatch(
    Array.from({ length: 130_000 }, () => record),
    'none',
    Date.now(),
  );
  const { cluster } = createKafkaJsClient({ modules, client, logger: silentLogger });
  await cluster.connect();
  await cluster.addMultipleTargetTopics([topic]);
  const [nodeId = ''] = Object.keys(cluster.findLeaderForPartitions(topic, [0]));
  await produce(modules, await cluster.findBroker({ nodeId }), { topic, partition: 0 }, batch, 30_000);
  await cluster.disconnect();
  const consumer = plainKafka(bootstrapServers).consumer({ groupId: uniqueName('k10-stock'), maxWaitTimeInMs: 100 });
  let crash: string | null = null;
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    crash = `${payload.error.message} restart=${payload.restart}`;
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatch: async () => {} });
  await waitFor(() => crash, { deadlineMs: 30_000, what: 'the crash' });
  expect(crash).toBe('Maximum call stack size exceeded restart=false');
  await consumer.disconnect();
});
