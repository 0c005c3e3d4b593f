import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, EachBatchHandler } from 'kafkajs';
import { expect, inject, onTestFinished, type TestContext, test } from 'vitest';
import { createTopic, plainKafka, produceRecords, uniqueName, withAdmin } from '../../support/topics.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startTask } from './task-double.ts';

const bootstrapServers = inject('kafkaBootstrapServers');
const records = (partitions: number, each: number) =>
  Array.from({ length: partitions * each }, (_, i) => ({ partition: i % partitions, value: `v${i}` }));

/** kafkajs as it ships, to show what the overrides are there for. */
const stockConsumer = async (
  topic: string,
  groupId: string,
  eachBatch: EachBatchHandler,
  atTheEnd: TestContext['onTestFinished'] = onTestFinished,
): Promise<Consumer> => {
  const consumer = plainKafka(bootstrapServers).consumer({
    groupId,
    maxWaitTimeInMs: 100,
    heartbeatInterval: 500,
    sessionTimeout: 6000,
    rebalanceTimeout: 20_000,
  });
  await consumer.connect();
  atTheEnd(() => consumer.disconnect());
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ autoCommit: false, partitionsConsumedConcurrently: 4, eachBatch });
  return consumer;
};

test('K7: the next owner waits for the flush and commit of a revoke, and starts exactly behind it', async () => {
  const groupId = uniqueName('k7');
  const topic = await createTopic(bootstrapServers, { name: 'k7', partitions: 2 });
  await produceRecords(bootstrapServers, topic, records(2, 100));
  let flushed = false;
  const a = await startTask({
    bootstrapServers,
    topics: [topic],
    groupId,
    onRevoke: async (task, partitions) => {
      if (flushed) return;
      await sleep(1500); // a slow flush: longer than B needs to join
      for (const at of partitions) expect(await task.commit(at, 60n)).toMatchObject({ outcome: 'committed' });
      flushed = true;
    },
  });
  await a.sees(200);
  let flushedWhenBSaw: boolean | null = null;
  const b = await startTask({
    bootstrapServers,
    topics: [topic],
    groupId,
    onBatch: () => {
      flushedWhenBSaw ??= flushed;
    },
  });
  await b.sees(40);
  expect(flushedWhenBSaw).toBe(true);
  expect(b.seen.map(({ offset }) => offset)[0]).toBe(60n);
  expect(b.repeated()).toBe(0);
  await waitFor(() => a.events.length >= 4, { deadlineMs: 20_000, what: 'the other partition for A' });
  expect(a.events).toEqual(['assigned 2', 'revoking 2', 'revoked 2', 'assigned 1']);
});

test('K7 in stock kafkajs: the next owner reads what the flush has not written yet', async () => {
  const groupId = uniqueName('k7-stock');
  const topic = await createTopic(bootstrapServers, { name: 'k7-stock', partitions: 2 });
  await produceRecords(bootstrapServers, topic, records(2, 100));
  const flush = Promise.withResolvers<void>();
  let seenByA = 0;
  const a = await stockConsumer(topic, groupId, async ({ batch }) => {
    seenByA += batch.messages.length;
  });
  const flushing = Promise.withResolvers<void>();
  a.on(a.events.REBALANCING, () => {
    flushing.resolve();
    return flush.promise;
  });
  await waitFor(() => seenByA === 200, { deadlineMs: 20_000, what: '200 records' });
  let seenByB = 0;
  await stockConsumer(topic, groupId, async ({ batch }) => {
    seenByB += batch.messages.length;
  });
  await flushing.promise;
  await waitFor(() => seenByB > 0, { deadlineMs: 20_000, what: 'B to read before the flush has ended' });
  flush.resolve();
});

// these three wait for sessions to end
test.concurrent('K8: work longer than the session keeps the membership; nothing comes twice', async (context) => {
  const groupId = uniqueName('k8');
  const topic = await createTopic(bootstrapServers, { name: 'k8' });
  await produceRecords(bootstrapServers, topic, records(1, 5));
  const task = await startTask(
    {
      bootstrapServers,
      topics: [topic],
      groupId,
      properties: { 'session.timeout.ms': '6000', 'max.poll.interval.ms': '60000' },
      onBatch: () => sleep(9000), // longer than the session of 6 s
    },
    context.onTestFinished,
  );
  await task.sees(5);
  await waitFor(async () => (await task.commit({ topic, partition: 0 }))?.outcome === 'committed', {
    deadlineMs: 20_000,
    what: 'a commit behind the slow work',
  });
  expect(task.seen.length).toBe(5);
  expect(task.events).toEqual(['assigned 1']);
});

test.concurrent('K8 in stock kafkajs: the member is thrown out and reads the batch again', async (context) => {
  const groupId = uniqueName('k8-stock');
  const topic = await createTopic(bootstrapServers, { name: 'k8-stock' });
  await produceRecords(bootstrapServers, topic, records(1, 5));
  let delivered = 0;
  await stockConsumer(
    topic,
    groupId,
    async ({ batch }) => {
      delivered += batch.messages.length;
      if (delivered === 5) await sleep(9000);
    },
    context.onTestFinished,
  );
  await waitFor(() => delivered === 10, { deadlineMs: 40_000, what: 'the same five records again' });
});

test.concurrent('a task that stops polling past max.poll.interval.ms loses its partitions, and is told so', async (context) => {
  const groupId = uniqueName('stuck');
  const topic = await createTopic(bootstrapServers, { name: 'stuck' });
  await produceRecords(bootstrapServers, topic, records(1, 1));
  let stuck = true;
  const task = await startTask(
    {
      bootstrapServers,
      topics: [topic],
      groupId,
      properties: { 'session.timeout.ms': '6000', 'max.poll.interval.ms': '1000' },
      onBatch: async () => {
        while (stuck) await sleep(50);
      },
    },
    context.onTestFinished,
  );
  await task.sees(1);
  const heir = await startTask({ bootstrapServers, topics: [topic], groupId }, context.onTestFinished);
  await heir.sees(1, 30_000);
  const isOwner = ({ consumer }: typeof task) => consumer.owned.assignments()[0]?.isOursNow?.();
  expect(await Promise.all([isOwner(task), isOwner(heir)])).toEqual([false, true]);
  stuck = false;
  await waitFor(() => task.events.includes('lost 1'), { deadlineMs: 20_000, what: 'the loss to be told' });
});

test('batches that the task still holds do not hold up a rebalance, keep their bytes, and are read again', async () => {
  const groupId = uniqueName('held');
  const topic = await createTopic(bootstrapServers, { name: 'held', partitions: 2 });
  await produceRecords(
    bootstrapServers,
    topic,
    Array.from({ length: 400 }, (_, i) => ({ partition: i % 2, value: `${i} ${'x'.repeat(500)}` })),
  );
  const memory = new Uint8Array(8 << 20);
  const a = await startTask({
    bootstrapServers,
    topics: [topic],
    groupId,
    holdsBatches: true,
    place: (bytes) => (bytes <= memory.length ? memory.subarray(0, bytes) : null),
  });
  await a.sees(400);
  const copies = a.held.map(({ batches }) => batches.map(({ bytes }) => Buffer.from(bytes)));
  const b = await startTask({ bootstrapServers, topics: [topic], groupId });
  await b.sees(200);
  await waitFor(() => a.events.join() === 'assigned 2,revoking 2,revoked 2,assigned 1', {
    deadlineMs: 20_000,
    what: 'the rebalance',
  });
  await waitFor(() => a.seen.length >= 600, { deadlineMs: 20_000, what: 'the same partition again' });
  expect(a.held.slice(0, copies.length).map(({ batches }) => batches.map(({ bytes }) => Buffer.from(bytes)))).toEqual(
    copies,
  );
  for (const batch of a.held) batch.release();
});

test('a member that joins and leaves: every record is seen, none of a revoked epoch after the revoke', async () => {
  const groupId = uniqueName('join-leave');
  const topic = await createTopic(bootstrapServers, { name: 'join-leave', partitions: 4 });
  const commitAll = async (
    task: Awaited<ReturnType<typeof startTask>>,
    partitions: readonly { topic: string; partition: number }[],
  ) => {
    for (const at of partitions) if (task.positions.has(`${at.topic}-${at.partition}`)) await task.commit(at);
  };
  const a = await startTask({ bootstrapServers, topics: [topic], groupId, onRevoke: commitAll });
  await a.joins(4);
  await produceRecords(bootstrapServers, topic, records(4, 50));
  await a.sees(200);
  const b = await startTask({ bootstrapServers, topics: [topic], groupId, onRevoke: commitAll });
  await b.joins(2);
  await produceRecords(bootstrapServers, topic, records(4, 50));
  await waitFor(() => a.distinct() + b.distinct() >= 400, { deadlineMs: 20_000, what: '400 records' });
  await b.close();
  await a.joins(4);
  await produceRecords(bootstrapServers, topic, records(4, 50));
  await waitFor(() => a.distinct() + b.distinct() >= 600, { deadlineMs: 20_000, what: '600 records' });
  expect(a.distinct() + b.distinct()).toBe(600);
  expect(a.repeated() + b.repeated()).toBe(0);
  expect(a.seen.map(({ epoch }) => epoch)).toEqual(a.seen.map(({ epoch }) => epoch).toSorted((x, y) => x - y));
});

test('K18: a consumer that is closed in the middle of its join leaves the group at once', async () => {
  const groupId = uniqueName('k18');
  const topic = await createTopic(bootstrapServers, { name: 'k18', partitions: 2 });
  const revoke = Promise.withResolvers<void>();
  const a = await startTask({ bootstrapServers, topics: [topic], groupId, onRevoke: () => revoke.promise });
  await a.joins(2);
  const b = await startTask({ bootstrapServers, topics: [topic], groupId });
  await waitFor(() => a.events.includes('revoking 2'), { deadlineMs: 20_000, what: 'a to be asked by b’s join' });
  const members = () =>
    withAdmin(bootstrapServers, async (admin) => (await admin.describeGroups([groupId])).groups[0]?.members.length);
  expect(await members()).toBe(2);
  await b.close();
  // its session lasts half a minute more
  expect(await members()).toBe(1);
  revoke.resolve();
  await a.joins(2);
});

test('K18: a consumer that is closed at whatever moment of its start leaves nobody in the group', async () => {
  const groupId = uniqueName('k18-start');
  const topic = await createTopic(bootstrapServers, { name: 'k18-start', partitions: 2 });
  for (const turns of [0, 1, 10, 30, 100, 300, 1000, 3000]) {
    const closed = await startTask({ bootstrapServers, topics: [topic], groupId });
    for (let turn = 0; turn < turns; turn++) await nextTurn();
    await closed.close();
  }
  // a member that nobody has any more would hold up the join for its session at least
  const heir = await startTask({ bootstrapServers, topics: [topic], groupId });
  await heir.joins(2);
});
