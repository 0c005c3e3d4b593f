import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { quoted } from '../support/snowflake.ts';
import { committedOffsets } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import type { FaultBench } from './fault-bench.ts';
import {
  expectExactlyOnce,
  expectOrderKept,
  expectRunning,
  failedTrace,
  produceGood,
  restartTask,
  rowsAtLeast,
  seed,
  startBench,
} from './fault-bench.ts';

let bench: FaultBench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

test.concurrent(`rows that Snowflake rejects, errors.tolerance=all (FAULT_SEED=${seed}): each is counted and found, and has one dead letter`, async () => {
  const orders = await bench.scenario();
  await orders.deploy();
  const stream = await orders.stream({ perSecond: 300, seed });
  await rowsAtLeast(orders, 20);
  const fault = await bench.control.order({
    operation: 'append',
    match: { pipe: `^${orders.pipe}$` },
    count: 3,
    action: { type: 'row-errors', share: 0.5 },
  });
  await waitFor(async () => (await fault.fired()) === 3, { deadlineMs: 30_000, what: 'the fault to strike' });
  stream.stop();
  await stream.done;
  const total = stream.produced.length;
  const counted = async () =>
    (await bench.worker.metrics())
      .split('\n')
      .filter((line) => line.startsWith('snowsink_rows_rejected_total{') && line.includes(orders.name))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  const verdict = await orders.settled();
  expect(await fault.remove()).toBe(3);
  expectExactlyOnce(verdict, total);
  expect(verdict.deadLettersRepeated).toBe(0);
  expect(verdict.deadLettered).toBe(stream.malformed() + (await counted()));
  await expectOrderKept(orders);
  await expectRunning(orders);
});

test.concurrent('rows that Snowflake rejects, errors.tolerance=none: the task fails and says which, where, and what to do', async () => {
  const orders = await bench.scenario({ 'errors.tolerance': 'none' });
  await orders.deploy();
  await produceGood(orders, 0, 40, 2);
  await rowsAtLeast(orders, 40);
  const fault = await bench.control.order({
    operation: 'append',
    match: { pipe: `^${orders.pipe}$`, channel: '_0$' },
    count: 1,
    action: { type: 'row-errors', share: 1 },
  });
  await produceGood(orders, 40, 40, 2);
  const trace = await failedTrace(orders);
  expect(await fault.remove()).toBe(1);
  expect(trace).toMatch(/Snowflake dropped this row of table/);
  expect(trace).toMatch(new RegExp(`topic ${orders.topic}, partition 0, offset \\d+`));
  expect(trace).toContain(orders.table);
  expect(trace).toContain('errors.tolerance=all');
});

test.concurrent('the table is dropped under way: the task stops with the choices, and one of them brings all', async () => {
  const orders = await bench.scenario({ 'errors.tolerance': 'none' });
  await orders.deploy();
  await produceGood(orders, 0, 200, 2);
  await rowsAtLeast(orders, 200);
  // Kafka's commit has noted the tokens: from here on a start without them is ambiguous.
  const committed = async () => {
    const offsets = await committedOffsets(inject('kafkaBootstrapServers'), `connect-${orders.name}`, orders.topic);
    return [...offsets.values()].reduce((sum, offset) => sum + offset, 0n) === 200n;
  };
  await waitFor(committed, { deadlineMs: 20_000, what: 'the offsets to be committed' });
  await orders.session.query(`DROP TABLE ${quoted(orders.table)}`);
  await produceGood(orders, 200, 100, 2);
  const dropped = await failedTrace(orders);
  expect(dropped).toContain(orders.table);
  expect(dropped).toContain('does not exist');

  await restartTask(orders);
  const choices = await waitFor(
    async () => {
      const trace = await failedTrace(orders);
      return trace.includes('snowsink.on.ambiguous.offset') && trace;
    },
    { deadlineMs: 30_000, what: 'the choices' },
  );
  expect(choices).toMatch(/kafka \(.*earliest \(.*latest \(/s);

  await orders.deploy({ 'snowsink.on.ambiguous.offset': 'earliest' });
  expectExactlyOnce(await orders.settled(30_000), 300);
  await expectRunning(orders);
});
