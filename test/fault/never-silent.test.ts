import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { quoted } from '../support/snowflake.ts';
import { committedOffsets, createTopic, withAdmin } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import type { FaultBench, FaultScenario } from './fault-bench.ts';
import {
  expectExactlyOnce,
  expectOrderKept,
  expectRunning,
  failedTrace,
  metric,
  produceGood,
  rowsAtLeast,
  startBench,
} from './fault-bench.ts';

/** What others do to channel, table, pipe and group behind the connector's back: exact recovery, or a stop with the choices. */
let bench: FaultBench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

/** One partition, `count` rows in the table, and Kafka's commit has noted the token. */
const begun = async (count: number): Promise<FaultScenario> => {
  const orders = await bench.scenario({ 'errors.tolerance': 'none' }, 1);
  await orders.deploy();
  await produceGood(orders, 0, count);
  await rowsAtLeast(orders, count);
  await waitFor(() => committedOffset(orders).then((offset) => offset === BigInt(count)), {
    deadlineMs: 30_000,
    what: `offset ${count} to be committed`,
    everyMs: 100,
  });
  return orders;
};

const committedOffset = async ({ name, topic }: FaultScenario): Promise<bigint | undefined> =>
  (await committedOffsets(inject('kafkaBootstrapServers'), `connect-${name}`, topic)).get(0);

/** As a program of somebody else opens the channel, which fences ours; with a token of its choice. */
const openChannel = async ({ name, pipe, login }: FaultScenario, offsetToken: string | null): Promise<void> => {
  const { channels } = (await (await fetch(`${login.url}/_emulator/state`)).json()) as {
    channels: { record: { pipe: { pipe: string }; channel: string } }[];
  };
  const channel = channels.find(({ record }) => record.pipe.pipe === pipe)?.record.channel;
  if (channel === undefined) throw new Error(`${name} has no channel`);
  const reply = await fetch(`${login.url}/_emulator/channels`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      action: 'reopen',
      database: login.database,
      schema: login.schema,
      pipe,
      channel,
      ...(offsetToken === null ? {} : { offsetToken }),
    }),
  });
  if (!reply.ok) throw new Error(await reply.text());
};

const setState = async (orders: FaultScenario, action: 'stop' | 'resume'): Promise<void> => {
  const reply = await fetch(`${bench.worker.url}/connectors/${orders.name}/${action}`, { method: 'PUT' });
  if (!reply.ok) throw new Error(`${action}: ${reply.status}`);
};

/** A worker's output may come later than the rows of which it tells. */
const isLogged = (words: RegExp): Promise<true> =>
  waitFor(() => words.test(bench.worker.process.output()), { deadlineMs: 10_000, what: `${words} in the log` });

const expectAll = async (orders: FaultScenario, total: number): Promise<void> => {
  expectExactlyOnce(await orders.settled(60_000), total);
  await expectRunning(orders);
};

test.concurrent('an append is taken with 200 and stored nowhere, while later ones are: its rows become dead letters', async () => {
  const orders = await bench.scenario({ 'errors.tolerance': 'all' }, 1);
  await orders.deploy();
  await produceGood(orders, 0, 50);
  await rowsAtLeast(orders, 50);
  const fault = await bench.control.order({
    operation: 'append',
    match: { pipe: `^${orders.pipe}$` },
    count: 1,
    action: { type: 'accept-and-discard' },
  });
  await produceGood(orders, 50, 20);
  await waitFor(async () => (await fault.fired()) === 1, { deadlineMs: 30_000, what: 'the fault to strike' });
  await produceGood(orders, 70, 30);
  const verdict = await orders.settled();
  expect(await fault.remove()).toBe(1);
  expectExactlyOnce(verdict, 100);
  expect(verdict.deadLettered).toBeGreaterThan(0);
  expect(verdict.deadLettersRepeated).toBe(0);
  const rejected = async () =>
    metric(await bench.worker.metrics(), 'snowsink_rows_rejected_total', { connector: orders.name });
  await waitFor(async () => (await rejected()) === verdict.deadLettered, {
    deadlineMs: 20_000,
    what: 'the rows to be counted as rejected',
  });
  await expectOrderKept(orders);
  await expectRunning(orders);
});

test.concurrent('another program opens the channel again and again: each time rows go on exactly where they were', async () => {
  const orders = await begun(20);
  for (let round = 1; round <= 3; round++) {
    await openChannel(orders, null);
    await produceGood(orders, round * 20, 20);
    await rowsAtLeast(orders, (round + 1) * 20);
  }
  await expectAll(orders, 80);
  await expectOrderKept(orders);
});

test.concurrent('the token is set lower under way: rows from there on are sent again, and the log names them', async () => {
  const orders = await begun(40);
  await openChannel(orders, '29');
  await produceGood(orders, 40, 20);
  // rows 30 to 39 are in the table still: whoever set the token back wanted them again
  await rowsAtLeast(orders, 70);
  const verdict = await orders.settled();
  expect(verdict.missing).toEqual([]);
  expect(verdict.twice.length).toBe(10);
  await isLogged(/destination-regressed, offsets 30 to 39/);
  await expectRunning(orders);
});

test.concurrent('the token is set beyond the log: Kafka is not committed past it, the task stops with the choices, and kafka brings all', async () => {
  const orders = await begun(40);
  await openChannel(orders, '99999');
  await produceGood(orders, 40, 20);
  expect(await failedTrace(orders)).toMatch(/Offsets 40 to 99999 would be left out.*kafka \(.*latest \(/s);
  expect(await committedOffset(orders)).toBe(40n);
  await orders.deploy({ 'snowsink.on.ambiguous.offset': 'kafka' });
  await expectAll(orders, 60);
});

test.concurrent('the token is set to a record that nobody has sent: the task stops with the choices, and kafka brings all', async () => {
  const orders = await begun(40);
  await setState(orders, 'stop');
  await produceGood(orders, 40, 20);
  await openChannel(orders, '49');
  await setState(orders, 'resume');
  expect(await failedTrace(orders)).toMatch(
    /Offsets 40 to 49 would be left out.*kafka \(forget the token and read on at 40\).*snowsink\.on\.loss=continue/s,
  );
  await orders.deploy({ 'snowsink.on.ambiguous.offset': 'kafka' });
  await expectAll(orders, 60);
  await expectOrderKept(orders);
});

test.concurrent('table and pipe are made anew under way: the task stops with the choices, and earliest brings all', async () => {
  const orders = await begun(40);
  await orders.session.query(
    `CREATE OR REPLACE TABLE ${quoted(orders.table)} (RECORD_METADATA VARIANT, RECORD_CONTENT VARIANT)`,
  );
  await produceGood(orders, 40, 20);
  expect(await failedTrace(orders)).toMatch(/the channel has none.*kafka \(.*earliest \(.*latest \(/s);
  await orders.deploy({ 'snowsink.on.ambiguous.offset': 'earliest' });
  await expectAll(orders, 60);
});

test.concurrent('an operator sets the group back: nothing is read twice; ahead: the task stops with the choices', async () => {
  const orders = await begun(40);
  const setOffset = async (offset: string): Promise<void> => {
    await setState(orders, 'stop');
    await waitFor(
      () =>
        withAdmin(inject('kafkaBootstrapServers'), async (admin) => {
          const groupId = `connect-${orders.name}`;
          await admin.setOffsets({ groupId, topic: orders.topic, partitions: [{ partition: 0, offset }] });
          return true;
        }),
      { deadlineMs: 30_000, what: 'the group to be empty', everyMs: 200 },
    );
    await setState(orders, 'resume');
  };
  await setOffset('10');
  await produceGood(orders, 40, 20);
  await expectAll(orders, 60);
  await produceGood(orders, 60, 10);
  await rowsAtLeast(orders, 70);
  await setOffset('90');
  expect(await failedTrace(orders)).toMatch(/committed offset 90, not by this worker.*kafka \(.*earliest \(/s);
});

test.concurrent('records that must come next are deleted: the task stops with the choice, and going on names what is lost', async () => {
  const orders = await begun(40);
  await setState(orders, 'stop');
  await produceGood(orders, 40, 20);
  await withAdmin(inject('kafkaBootstrapServers'), async (admin) => {
    await admin.fetchTopicOffsets(orders.topic); // kafkajs then knows the leader
    await admin.deleteTopicRecords({ topic: orders.topic, partitions: [{ partition: 0, offset: '50' }] });
  });
  await setState(orders, 'resume');
  expect(await failedTrace(orders)).toMatch(
    /offsets 40 to 49 must come next, but the log begins at 50.*snowsink\.on\.loss=continue/s,
  );
  await orders.deploy({ 'snowsink.on.loss': 'continue' });
  await rowsAtLeast(orders, 50);
  await isLogged(/retention-loss, offsets 40 to 49; reading on at 50/);
  await expectRunning(orders);
});

test.concurrent('the topic is deleted and made again: the task stops with the choices, and earliest brings the new one', async () => {
  const orders = await begun(40);
  await setState(orders, 'stop');
  await withAdmin(inject('kafkaBootstrapServers'), (admin) => admin.deleteTopics({ topics: [orders.topic] }));
  await waitFor(
    () => createTopic(inject('kafkaBootstrapServers'), { exactName: orders.topic }).then(Boolean, () => false),
    { deadlineMs: 60_000, what: 'the topic to be deleted and made again', everyMs: 200 },
  );
  await produceGood(orders, 100, 20);
  await setState(orders, 'resume');
  // Kafka has forgotten the group's offset with the topic, and what that commit noted.
  expect(await failedTrace(orders)).toMatch(/the topic was made again.*earliest \(forget the channel.*latest \(/s);
  await orders.deploy({ 'snowsink.on.ambiguous.offset': 'earliest' });
  await rowsAtLeast(orders, 60);
  await expectRunning(orders);
});
