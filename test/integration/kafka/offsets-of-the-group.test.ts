import { expect, inject, test } from 'vitest';
import { createTopic, produceRecords, uniqueName, withAdmin } from '../../support/topics.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startTask } from './task-double.ts';

const bootstrapServers = inject('kafkaBootstrapServers');
const values = (count: number) => Array.from({ length: count }, (_, i) => ({ value: `v${i}` }));

const committedOffset = (groupId: string, topic: string): Promise<string | undefined> =>
  withAdmin(bootstrapServers, async (admin) => {
    const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
    return offsets?.partitions.find(({ partition }) => partition === 0)?.offset;
  });

const topicWithoutItsFirst = async (groupId: string): Promise<string> => {
  const topic = await createTopic(bootstrapServers, { name: 'out-of-range' });
  await produceRecords(bootstrapServers, topic, values(300));
  await withAdmin(bootstrapServers, async (admin) => {
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '10' }] });
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '100' }] });
  });
  return topic;
};

test.concurrent('K1: a position that the log no longer holds ends the consumer in words; the committed offset stays', async (context) => {
  const groupId = uniqueName('k1');
  const topic = await topicWithoutItsFirst(groupId);
  const task = await startTask({ bootstrapServers, topics: [topic], groupId }, context.onTestFinished);
  const failure = await task.fails();
  expect(failure.message).toContain(`${topic}-0: offset 10 must be read next, but the log holds 100 to 300`);
  expect(task.seen).toEqual([]);
  await task.close();
  expect(await committedOffset(groupId, topic)).toBe('10');
});

test.concurrent('K1 without the override: the group’s committed offset is overwritten', async (context) => {
  const groupId = uniqueName('k1-stock');
  const topic = await topicWithoutItsFirst(groupId);
  const task = await startTask(
    {
      bootstrapServers,
      topics: [topic],
      groupId,
      without: ['stop-when-offset-out-of-range'],
    },
    context.onTestFinished,
  );
  await waitFor(async () => (await committedOffset(groupId, topic)) !== '10', {
    deadlineMs: 20_000,
    what: 'kafkajs to commit a reset',
  });
  expect(Number(await committedOffset(groupId, topic))).toBeLessThan(0);
  expect(task.failure).toBeNull();
});

test('K4: a commit of another member’s partition, or of an epoch gone by, is refused here', async () => {
  const groupId = uniqueName('k4');
  const topic = await createTopic(bootstrapServers, { name: 'k4', partitions: 2 });
  const a = await startTask({ bootstrapServers, topics: [topic], groupId });
  await a.joins(2);
  const [before] = a.consumer.owned.assignments();
  const b = await startTask({ bootstrapServers, topics: [topic], groupId });
  await a.joins(1);
  await b.joins(1);
  const [own] = a.consumer.owned.assignments();
  const foreign = own?.partition === 0 ? 1 : 0;
  expect(await a.commit({ topic, partition: foreign }, 77n)).toMatchObject({ outcome: 'stale-epoch' });
  const [again] = await a.consumer.commit([
    { topic, partition: own?.partition ?? 0, epoch: before?.epoch ?? 0, offset: 77n as never, metadata: '' },
  ]);
  expect(again).toMatchObject({ outcome: 'stale-epoch' });
  expect(await a.commit({ topic, partition: own?.partition ?? 0 }, 7n)).toMatchObject({ outcome: 'committed' });
});

test('K6: what the revoke of a closing consumer commits is committed', async () => {
  const groupId = uniqueName('k6');
  const topic = await createTopic(bootstrapServers, { name: 'k6' });
  await produceRecords(bootstrapServers, topic, values(10));
  const task = await startTask({
    bootstrapServers,
    topics: [topic],
    groupId,
    onRevoke: async (self) => {
      const result = await self.commit({ topic, partition: 0 });
      self.events.push(`commit ${result?.outcome}`);
    },
  });
  await task.sees(10);
  await task.close();
  expect(task.events).toEqual(['assigned 1', 'revoking 1', 'commit committed', 'revoked 1']);
  expect(await committedOffset(groupId, topic)).toBe('10');
});

test('commit metadata comes back with the next assignment', async () => {
  const groupId = uniqueName('metadata');
  const topic = await createTopic(bootstrapServers, { name: 'metadata' });
  await produceRecords(bootstrapServers, topic, values(5));
  const first = await startTask({ bootstrapServers, topics: [topic], groupId });
  await first.sees(5);
  await first.commit({ topic, partition: 0 }, 3n);
  await first.close();
  const second = await startTask({ bootstrapServers, topics: [topic], groupId });
  await second.sees(2);
  const [assignment] = second.consumer.owned.assignments();
  expect(assignment).toMatchObject({ committed: { offset: 3n, metadata: 'by test' }, logStart: 0n, logEnd: 5n });
  expect(second.seen.map(({ offset }) => offset)).toEqual([3n, 4n]);
});
