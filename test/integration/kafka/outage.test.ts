import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLogger } from '../../../src/api/index.ts';
import { createKafkaAdmin, createRecordProducer, createSourceConsumer } from '../../../src/kafka/index.ts';
import { systemClock } from '../../../src/util/system-clock.ts';
import { type RunningBroker, startBroker } from '../../support/kafka.ts';
import { createTopic, produceRecords, uniqueName } from '../../support/topics.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startTask } from './task-double.ts';

let broker: RunningBroker;
beforeAll(async () => {
  broker = await startBroker({ version: '4.1.1' });
});
afterAll(() => broker?.stop());

const value = (text: string) => ({ value: text });

test('a broker that is away: consumer and producer go on by themselves when it is back, nothing is read twice', async () => {
  const { bootstrapServers } = broker;
  const topic = await createTopic(bootstrapServers, { name: 'outage' });
  const properties = { 'bootstrap.servers': bootstrapServers };
  const producer = await createRecordProducer({ properties, clock: systemClock, logger: silentLogger });
  const task = await startTask({ bootstrapServers, topics: [topic], groupId: uniqueName('outage') });
  await produceRecords(bootstrapServers, topic, [value('before')]);
  await task.sees(1);
  await task.commit({ topic, partition: 0 });
  await broker.kill();
  const down = Date.now();
  const sending = producer.send([{ topic, key: null, value: Buffer.from('during'), headers: [] }]);
  await waitFor(() => Date.now() - Math.max(down, task.consumer.health().lastFetchAtMs) > 4000, {
    deadlineMs: 20_000,
    what: 'four seconds without a fetch', // the fault has fired
  });
  expect(await task.commit({ topic, partition: 0 })).not.toMatchObject({ outcome: 'committed' });
  await broker.restart();
  await sending;
  await produceRecords(bootstrapServers, topic, [value('after')]);
  await task.sees(3, 60_000);
  expect(task.seen.map((record) => record.value)).toEqual(['before', 'during', 'after']);
  expect(task.failure).toBeNull();
  await producer.close();
});

test('a broker that is frozen for longer than a heartbeat, then thaws', async () => {
  const { bootstrapServers } = broker;
  const topic = await createTopic(bootstrapServers, { name: 'frozen' });
  const task = await startTask({ bootstrapServers, topics: [topic], groupId: uniqueName('frozen') });
  await produceRecords(bootstrapServers, topic, [value('before')]);
  await task.sees(1);
  await broker.pause();
  const paused = Date.now();
  await waitFor(() => Date.now() - Math.max(paused, task.consumer.health().lastHeartbeatAtMs) > 3000, {
    deadlineMs: 20_000,
    what: 'three seconds without a heartbeat',
  });
  await broker.unpause();
  await produceRecords(bootstrapServers, topic, [value('after')]);
  await task.sees(2, 60_000);
  expect(task.repeated()).toBe(0);
  expect(task.failure).toBeNull();
});

test('nobody at bootstrap.servers: one sentence with the address and the fix, in the time that was set', async () => {
  const properties = {
    'bootstrap.servers': '127.0.0.1:1',
    'group.id': 'nobody',
    'socket.connection.setup.timeout.max.ms': '1500',
  };
  const listener = {
    onPartitionsAssigned: async () => {},
    onPartitionsRevoked: async () => {},
    onPartitionsLost: async () => {},
  };
  const shared = { clock: systemClock, random: Math.random, logger: silentLogger };
  const consumer = createSourceConsumer({ properties, topics: ['t'], ...shared });
  await expect(consumer.start(listener)).rejects.toThrow(
    /^Kafka at 127\.0\.0\.1:1 \(bootstrap\.servers\): .*ECONNREFUSED.*: check that Kafka runs there/,
  );
  await expect(createKafkaAdmin({ properties, logger: silentLogger })).rejects.toThrow(/bootstrap\.servers/);
});

test('admin: topics, offsets, groups', async () => {
  const { bootstrapServers } = broker;
  const admin = await createKafkaAdmin({ properties: { 'bootstrap.servers': bootstrapServers }, logger: silentLogger });
  const name = uniqueName('admin');
  expect(
    await admin.createTopic({ name, partitions: 2, replicationFactor: 1, configs: { 'retention.ms': '1000' } }),
  ).toBe(true);
  expect(await admin.createTopic({ name, partitions: 2, replicationFactor: 1 })).toBe(false);
  await expect(admin.createTopic({ name: `${name}-2`, partitions: 1, replicationFactor: 3 })).rejects.toThrow(
    /set a smaller replication factor/,
  );
  expect(await admin.listTopics()).toContain(name);
  expect(await admin.clusterId()).not.toBe('');
  await produceRecords(bootstrapServers, name, [value('a'), { ...value('b'), partition: 1 }, value('c')]);
  expect([...(await admin.topicOffsets(name))].sort()).toEqual([
    [0, { start: 0n, end: 2n }],
    [1, { start: 0n, end: 1n }],
  ]);
  expect(await admin.committedOffsets(uniqueName('no-group'))).toEqual([]);
  await admin.close();
});
