import { randomFillSync } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import type { TestRecord } from '../support/topics.ts';
import { committedOffsets, produceRecords, withAdmin } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWorker } from '../support/worker-process.ts';
import type { FaultBench } from './fault-bench.ts';
import {
  expectExactlyOnce,
  expectOrderKept,
  expectRunning,
  failedTrace,
  goodOrders,
  metric,
  restartTask,
  seed,
  startBench,
} from './fault-bench.ts';

const mebibyte = 1024 * 1024;
/** The least that a worker takes. */
const memoryBytes = 8 * mebibyte;
const fetchBytes = 2 * mebibyte;

let bench: FaultBench;
beforeAll(async () => {
  bench = await startBench({ workerProperties: { 'snowsink.memory.bytes': String(memoryBytes) } });
});
afterAll(() => bench?.stop());

const setTopicConfig = (topic: string, name: string, value: string): Promise<void> =>
  withAdmin(inject('kafkaBootstrapServers'), async (admin) => {
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: 2, name: topic, configEntries: [{ name, value }] }],
    });
  });

/** A JSON text of about so many bytes that hardly compresses: 91 characters at random, 6.5 bits each. */
const incompressible = (id: number, bytes: number): Buffer => {
  const text = randomFillSync(Buffer.allocUnsafe(bytes));
  for (let at = 0; at < bytes; at++) {
    const character = 35 + ((text[at] ?? 0) % 91);
    text[at] = character === 92 ? 33 : character; // no backslash, no quote
  }
  return Buffer.concat([Buffer.from(`{"order_id":${id},"note":"`), text, Buffer.from('"}')]);
};

test(`a memory budget of 8 MiB and appends that hang (FAULT_SEED=${seed}): never more than that and one fetch, and all arrives`, async () => {
  const bootstrapServers = inject('kafkaBootstrapServers');
  const partitions = 4;
  const orders = await bench.scenario(
    {
      'buffer.size.bytes': String(4 * mebibyte),
      'buffer.flush.time': '2',
      'consumer.override.fetch.max.bytes': String(fetchBytes),
      'consumer.override.max.partition.fetch.bytes': String(fetchBytes),
    },
    partitions,
  );
  const hanging = await bench.control.order({
    operation: 'append',
    match: { pipe: `^${orders.pipe}$` },
    action: { type: 'delay', ms: 10_000, when: 'after' },
  });
  const total = 240;
  for (let from = 0; from < total; from += 8) {
    const records = Array.from({ length: 8 }, (_, index) => ({
      value: incompressible(from + index, 200_000),
      partition: index % partitions,
    }));
    await produceRecords(bootstrapServers, orders.topic, records);
  }
  await orders.deploy();
  let peak = 0;
  let exhausted = false;
  const allStored = async () => {
    const text = await bench.worker.metrics();
    peak = Math.max(peak, metric(text, 'snowsink_memory_used_bytes') ?? 0);
    const paused = metric(text, 'snowsink_partitions_paused', { connector: orders.name, reason: 'memory' });
    if (!exhausted && (paused ?? 0) > 0) {
      exhausted = true;
      expect(await hanging.remove()).toBeGreaterThan(0);
    }
    return metric(text, 'snowsink_rows_appended_total', { connector: orders.name }) === total;
  };
  await waitFor(allStored, { deadlineMs: 60_000, what: `${total} rows to be appended`, everyMs: 10 });
  console.log(`budget ${memoryBytes}, peak ${peak}`);
  expect(exhausted).toBe(true);
  expect(peak).toBeLessThanOrEqual(memoryBytes + fetchBytes);
  expectExactlyOnce(await orders.settled(), total);
  await expectOrderKept(orders);
  await expectRunning(orders);
});

test('records of 300 KB, 5 MB and 20 MB: what fits no request is dead-lettered, its neighbours are stored', async () => {
  const bootstrapServers = inject('kafkaBootstrapServers');
  const large = String(40 * mebibyte);
  const orders = await bench.scenario({ 'producer.override.max.request.size': large }, 1);
  await setTopicConfig(orders.topic, 'max.message.bytes', large);
  await setTopicConfig(orders.deadLetterTopic, 'max.message.bytes', large);
  const records: TestRecord[] = [
    ...goodOrders(0, 5),
    { value: incompressible(5, 300_000) },
    ...goodOrders(6, 5),
    { value: incompressible(11, 5_000_000) },
    ...goodOrders(12, 5),
    // more than a request, but not once it is compressed
    { value: Buffer.from(`{"order_id":17,"note":"${'so many words '.repeat(400_000)}"}`) },
    { value: incompressible(18, 20_000_000) },
    ...goodOrders(19, 5),
  ];
  for (const record of records) await produceRecords(bootstrapServers, orders.topic, [record]);
  await orders.deploy();
  const verdict = await orders.settled(60_000);
  expectExactlyOnce(verdict, records.length);
  expect(verdict.deadLettered).toBe(2);
  await expectOrderKept(orders);
  await expectRunning(orders);
});

test('snowsink.oversize.policy=stage, and the worker is killed between PUT and COPY: what fits no request is there once, in its place', async () => {
  const bootstrapServers = inject('kafkaBootstrapServers');
  const orders = await bench.scenario({ 'snowsink.oversize.policy': 'stage', 'buffer.flush.time': '0.2' }, 1);
  await setTopicConfig(orders.topic, 'max.message.bytes', String(40 * mebibyte));
  const records: TestRecord[] = [...goodOrders(0, 5), { value: incompressible(5, 5_000_000) }, ...goodOrders(6, 5)];
  for (const record of records) await produceRecords(bootstrapServers, orders.topic, [record]);
  const copying = await bench.control.order({
    operation: 'query',
    match: { sql: `^COPY INTO .*${orders.table}` },
    count: 1,
    action: { type: 'delay', ms: 10_000, when: 'before' },
  });
  const first = await startWorker(orders.worker);
  onTestFinished(async () => void (await first.kill()));
  await waitFor(async () => (await copying.fired()) === 1, { deadlineMs: 60_000, what: 'a COPY', everyMs: 50 });
  await first.kill();
  expect(await orders.rows()).toBe(5);
  await copying.remove();
  await orders.deploy();
  const verdict = await orders.settled(60_000);
  expectExactlyOnce(verdict, records.length);
  expect(verdict.deadLettered).toBe(0);
  await expectOrderKept(orders);
  await expectRunning(orders);
});

test('a dead letter cannot be written: the task fails, no offset is committed past it, a restart goes on from it', async () => {
  const bootstrapServers = inject('kafkaBootstrapServers');
  const orders = await bench.scenario({}, 1);
  await setTopicConfig(orders.deadLetterTopic, 'max.message.bytes', '2000');
  await orders.deploy();
  const bad = { value: incompressible(20, 5000).subarray(0, -1) };
  const records = [...goodOrders(0, 20), bad, ...goodOrders(21, 20)];
  await produceRecords(bootstrapServers, orders.topic, records);
  const trace = await failedTrace(orders);
  expect(trace).toContain(orders.deadLetterTopic);
  expect(trace).not.toContain('order_id');
  const group = `connect-${orders.name}`;
  const committed = (await committedOffsets(bootstrapServers, group, orders.topic)).get(0) ?? -1n;
  expect(committed).toBeLessThanOrEqual(20n);

  await setTopicConfig(orders.deadLetterTopic, 'max.message.bytes', '1000000');
  await restartTask(orders);
  const verdict = await orders.settled(40_000);
  expectExactlyOnce(verdict, records.length);
  expect(verdict.deadLettered).toBe(1);
  await expectRunning(orders);
});
