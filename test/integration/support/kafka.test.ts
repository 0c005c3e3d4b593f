import { expect, inject, onTestFinished, test } from 'vitest';
import { startBroker } from '../../support/kafka.ts';
import { createTopic, produceRecords, readTopic, withAdmin } from '../../support/topics.ts';
import { waitFor } from '../../support/wait-for.ts';

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

test.each(['3.9.1', '4.1.1'])(
  'a broker %s of its own keeps data and address over kill, restart and pause',
  async (version) => {
    const broker = await startBroker({ version });
    onTestFinished(() => broker.stop());
    const topic = await createTopic(broker.bootstrapServers);
    await produceRecords(broker.bootstrapServers, topic, [{ value: 'before' }]);
    await broker.kill();
    await broker.restart();
    await produceRecords(broker.bootstrapServers, topic, [{ value: 'between' }]);
    await broker.restart();
    await broker.pause();
    await broker.unpause();
    const values = (await readTopic(broker.bootstrapServers, topic)).map(({ value }) => value?.toString());
    expect(values).toEqual(['before', 'between']);
  },
);

test('three brokers go on with two', async () => {
  const cluster = await startBroker({ brokers: 3 });
  onTestFinished(() => cluster.stop());
  const topic = await createTopic(cluster.bootstrapServers, { partitions: 3, replicationFactor: 3 });
  await cluster.kill(2);
  const produced = await produceRecords(
    cluster.bootstrapServers,
    topic,
    [0, 1, 2].map((partition) => ({ partition, value: 'x' })),
  );
  expect(produced).toHaveLength(3);
  await cluster.restart(2);
  // the others tell of it when its registration has reached them
  await waitFor(
    async () => {
      const { brokers } = await withAdmin(cluster.bootstrapServers, (admin) => admin.describeCluster());
      return (
        brokers
          .map(({ nodeId }) => nodeId)
          .sort()
          .join() === '1,2,3'
      );
    },
    { deadlineMs: 30_000, what: 'all three brokers in the metadata', everyMs: 200 },
  );
});
