import { afterEach, expect, inject, test } from 'vitest';
import type { Herder } from '../../../src/runtime/index.ts';
import { committedOffsets, createTopic, produceRecords, readTopic, uniqueName } from '../../support/topics.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startCollecting } from './collecting-connector.ts';

const servers = inject('kafkaBootstrapServers');
const herders: Herder[] = [];
afterEach(async () => {
  await Promise.all(herders.splice(0).map((herder) => herder.stop()));
});

const start = async (name: string, config: Readonly<Record<string, string>>) => {
  const started = await startCollecting(servers);
  herders.push(started.herder);
  const given = { 'connector.class': 'test.CollectingConnector', ...config };
  await started.herder.putConnectorConfig(name, given, { replace: false });
  return started;
};

/** Every tenth value is no JSON. */
const values = (partition: number, count: number) =>
  Array.from({ length: count }, (_, n) => ({ partition, key: `k${n}`, value: n % 10 === 9 ? '{"n":' : `{"n":${n}}` }));

const states = (herder: Herder, name: string): readonly string[] =>
  herder.connectorStatus(name).tasks.map(({ state }) => state);

test('good records arrive once, bad ones lie in the dead letter queue, and Kafka holds the end of both', async () => {
  const topic = await createTopic(servers, { partitions: 2 });
  const name = uniqueName('collect');
  const deadLetters = uniqueName('dlq');
  await produceRecords(servers, topic, [...values(0, 100), ...values(1, 50)]);
  const { herder, collected } = await start(name, {
    topics: topic,
    'errors.tolerance': 'all',
    'errors.deadletterqueue.topic.name': deadLetters,
    'errors.deadletterqueue.topic.replication.factor': '1',
    'errors.deadletterqueue.context.headers.enable': 'true',
  });
  await waitFor(() => collected.length === 135, { deadlineMs: 30_000, what: '135 records' });
  await waitFor(
    async () => {
      const committed = await committedOffsets(servers, `connect-${name}`, topic);
      return committed.get(0) === 100n && committed.get(1) === 50n;
    },
    { deadlineMs: 10_000, what: 'committed offsets 100 and 50' },
  );
  await herder.stop();
  expect(new Set(collected.map(({ partition, offset }) => `${partition}/${offset}`)).size).toBe(135);
  expect(collected.filter(({ partition }) => partition === 1).map(({ n }) => n)).toEqual(
    Array.from({ length: 50 }, (_, n) => n).filter((n) => n % 10 !== 9),
  );
  const letters = await readTopic(servers, deadLetters);
  const from = letters.map(({ headers }) =>
    [headers['__connect.errors.partition'], headers['__connect.errors.offset']].join('/'),
  );
  expect(from.sort()).toEqual(
    [
      ...[9, 19, 29, 39, 49, 59, 69, 79, 89, 99].map((offset) => `0/${offset}`),
      ...[9, 19, 29, 39, 49].map((offset) => `1/${offset}`),
    ].sort(),
  );
  expect(letters.every(({ value }) => value?.toString() === '{"n":')).toBe(true);
});

test('without tolerance the task fails with the offset, and its sibling inherits the partition', async () => {
  const topic = await createTopic(servers, { partitions: 1 });
  const name = uniqueName('collect');
  await produceRecords(servers, topic, values(0, 15));
  const { herder } = await start(name, { topics: topic, 'tasks.max': '2' });
  await waitFor(() => states(herder, name).join() === 'FAILED,FAILED', {
    deadlineMs: 40_000,
    what: 'both tasks FAILED',
  });
  for (const { trace } of herder.connectorStatus(name).tasks)
    expect(trace).toContain('offset 9 failed at VALUE_CONVERTER');
  const committed = await committedOffsets(servers, `connect-${name}`, topic);
  expect(committed.get(0) ?? -1n).toBeLessThanOrEqual(9n);
});

test('a dead letter queue that cannot be made fails the task before anything is read', async () => {
  const topic = await createTopic(servers);
  const name = uniqueName('collect');
  await produceRecords(servers, topic, values(0, 5));
  const { herder, collected } = await start(name, {
    topics: topic,
    'errors.tolerance': 'all',
    'errors.deadletterqueue.topic.name': uniqueName('dlq'),
  });
  await waitFor(() => states(herder, name).join() === 'FAILED', { deadlineMs: 20_000, what: 'the task FAILED' });
  expect(herder.connectorStatus(name).tasks[0]?.trace).toMatch(
    /Could not initialize dead letter queue with topic=.* replication factor 3.*errors\.deadletterqueue\.topic\.replication\.factor/s,
  );
  expect(collected).toEqual([]);
});

test('pause, stop and resume go on where the group was; a second worker shares the partitions', async () => {
  const topic = await createTopic(servers, { partitions: 4 });
  const name = uniqueName('collect');
  const everywhere = (from: number) =>
    [0, 1, 2, 3].flatMap((partition) =>
      Array.from({ length: 5 }, (_, n) => ({ partition, value: `{"n":${from + n}}` })),
    );
  const { herder, collected } = await start(name, { topics: topic });
  await produceRecords(servers, topic, everywhere(0));
  await waitFor(() => collected.length === 20, { deadlineMs: 30_000, what: '20 records' });
  await herder.pauseConnector(name);
  await waitFor(() => states(herder, name).join() === 'PAUSED', { deadlineMs: 5000, what: 'PAUSED' });
  await produceRecords(servers, topic, everywhere(5));
  await herder.stopConnector(name);
  expect(collected).toHaveLength(20);
  await herder.resumeConnector(name);
  const second = await start(name, { topics: topic });
  const all = () => [...collected, ...second.collected];
  const distinct = () => new Set(all().map(({ partition, offset }) => `${partition}/${offset}`)).size;
  await waitFor(() => distinct() === 40, { deadlineMs: 40_000, what: '40 records' });
  let produced = 40;
  await waitFor(
    async () => {
      if (second.collected.length > 0) return true;
      await produceRecords(servers, topic, everywhere(produced / 4));
      produced += 20;
      return false;
    },
    { deadlineMs: 40_000, what: 'a record for the second worker' },
  );
  await waitFor(() => distinct() === produced, { deadlineMs: 40_000, what: `${produced} records` });
  expect(all()).toHaveLength(produced);
});
