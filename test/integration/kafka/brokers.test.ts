import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLogger } from '../../../src/api/index.ts';
import { createRecordProducer } from '../../../src/kafka/index.ts';
import { systemClock } from '../../../src/util/system-clock.ts';
import { type RunningBroker, startBroker } from '../../support/kafka.ts';
import { createTopic, plainKafka, produceRecords, uniqueName, withAdmin } from '../../support/topics.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startTask } from './task-double.ts';

let cluster: RunningBroker;
beforeAll(async () => {
  cluster = await startBroker({
    brokers: 3,
    properties: { 'broker.session.timeout.ms': '3000', 'broker.heartbeat.interval.ms': '500' },
  });
});
afterAll(() => cluster?.stop());

const leadersOf = (topic: string): Promise<readonly { partitionId: number; leader: number; replicas: number[] }[]> =>
  withAdmin(cluster.bootstrapServers, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions ?? [];
  });

/** Moves every partition's only replica to the next broker; resolves when all leaders have moved. */
const moveLeaders = async (topic: string): Promise<void> => {
  const before = await leadersOf(topic);
  const partitionAssignment = before.map(({ partitionId, leader }) => ({
    partition: partitionId,
    replicas: [(leader % 3) + 1],
  }));
  await withAdmin(cluster.bootstrapServers, (admin) =>
    admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] }),
  );
  await waitFor(
    async () => {
      const now = await leadersOf(topic);
      return partitionAssignment.every(({ partition, replicas }) =>
        now.some((at) => at.partitionId === partition && at.leader === replicas[0] && at.replicas.length === 1),
      );
    },
    { deadlineMs: 30_000, what: 'the leaders to move' },
  );
};

const sixEach = (round: number) => Array.from({ length: 60 }, (_, i) => ({ partition: i % 6, value: `${round}-${i}` }));

const readWhileLeadersMove = async (without: readonly string[]) => {
  const topic = await createTopic(cluster.bootstrapServers, { name: 'moves', partitions: 6 });
  const task = await startTask({
    bootstrapServers: cluster.bootstrapServers,
    topics: [topic],
    groupId: uniqueName('moves'),
    without,
  });
  await task.joins(6);
  let rounds = 0;
  let writing = true;
  const writer = (async () => {
    while (writing) await produceRecords(cluster.bootstrapServers, topic, sixEach(rounds++));
  })();
  await moveLeaders(topic);
  await moveLeaders(topic);
  writing = false;
  await writer;
  await task.sees(rounds * 60, 40_000);
  return task;
};

test('K3: leaders that move cost neither a join nor a record read twice', async () => {
  const task = await readWhileLeadersMove([]);
  expect(task.events).toEqual(['assigned 6']);
  expect(task.repeated()).toBe(0);
});

test('K3 without the override: moved leaders make the member join again', async () => {
  const task = await readWhileLeadersMove(['keep-generation-on-leader-move']);
  await waitFor(() => task.events.filter((event) => event.startsWith('assigned')).length > 1, {
    deadlineMs: 20_000,
    what: 'a second join',
  });
});

/** Log ends in partition order; asked again while a broker still thinks that another one leads. */
const ends = (topic: string): Promise<readonly number[]> =>
  withAdmin(cluster.bootstrapServers, (admin) =>
    waitFor(
      async () => {
        const offsets = await admin.fetchTopicOffsets(topic);
        return offsets.toSorted((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
      },
      { deadlineMs: 20_000, what: `the log ends of ${topic}` },
    ),
  );

/** Partitions 0 and 1 led by brokers 1 and 2; after `move`, both by broker 1. */
const topicOfTwoLeaders = async (): Promise<{ topic: string; move: () => Promise<void> }> => {
  const topic = uniqueName('k16');
  const put = (second: number) => [
    { partition: 0, replicas: [1] },
    { partition: 1, replicas: [second] },
  ];
  const leads = async (second: number): Promise<boolean> => {
    const now = await leadersOf(topic);
    return (
      now.length === 2 &&
      now.every(
        ({ partitionId, leader, replicas }) => leader === (partitionId === 0 ? 1 : second) && replicas.length === 1,
      )
    );
  };
  await withAdmin(cluster.bootstrapServers, (admin) =>
    admin.createTopics({ topics: [{ topic, replicaAssignment: put(2) }], waitForLeaders: false }),
  );
  await waitFor(() => leads(2), { deadlineMs: 20_000, what: 'two leaders' });
  const move = async (): Promise<void> => {
    await withAdmin(cluster.bootstrapServers, (admin) =>
      admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment: put(1).slice(1) }] }),
    );
    await waitFor(() => leads(1), { deadlineMs: 20_000, what: 'one leader' });
  };
  return { topic, move };
};

/** Keys whose hashes fall on partition 0 and on partition 1 of two. */
const keys = ['a', 'b', 'c', 'd'];

test('K16: a send whose partitions have come to one leader meanwhile writes them all', async () => {
  const { topic, move } = await topicOfTwoLeaders();
  const properties = { 'bootstrap.servers': cluster.bootstrapServers };
  const producer = await createRecordProducer({ properties, clock: systemClock, logger: silentLogger });
  const records = keys.map((key) => ({ topic, key: Buffer.from(key), value: Buffer.from('x'), headers: [] }));
  await producer.send(records);
  const before = await ends(topic);
  expect(Math.min(...before)).toBeGreaterThan(0); // both partitions are written to
  await move();
  await producer.send(records);
  expect(await ends(topic)).toEqual(before.map((end) => end * 2));
  await producer.close();
});

test('K16 in stock kafkajs: the send resolves, and a partition was not written', async () => {
  const lost = async (): Promise<boolean> => {
    const { topic, move } = await topicOfTwoLeaders();
    const producer = plainKafka(cluster.bootstrapServers).producer();
    await producer.connect();
    const messages = [0, 1].map((partition) => ({ partition, value: 'x' }));
    await producer.send({ topic, messages });
    await move();
    await producer.send({ topic, messages });
    await producer.disconnect();
    return (await ends(topic))[1] === 1;
  };
  // it takes broker 1 to answer before broker 2 refuses
  await waitFor(lost, { deadlineMs: 60_000, what: 'a record that was acknowledged and not written' });
});

test('a leader that is killed and comes back: everything is read once', async () => {
  const topic = await createTopic(cluster.bootstrapServers, { name: 'killed', partitions: 6, replicationFactor: 3 });
  const task = await startTask({
    bootstrapServers: cluster.bootstrapServers,
    topics: [topic],
    groupId: uniqueName('killed'),
  });
  await task.joins(6);
  await produceRecords(cluster.bootstrapServers, topic, sixEach(0));
  await task.sees(60);
  await cluster.kill(2);
  await waitFor(async () => (await leadersOf(topic)).every(({ leader }) => leader !== 2 && leader > 0), {
    deadlineMs: 30_000,
    what: 'new leaders',
  });
  await produceRecords(cluster.bootstrapServers, topic, sixEach(1));
  await task.sees(120, 60_000);
  await cluster.restart(2);
  await produceRecords(cluster.bootstrapServers, topic, sixEach(2));
  await task.sees(180, 60_000);
  expect(task.repeated()).toBe(0);
  expect(task.failure).toBeNull();
});
