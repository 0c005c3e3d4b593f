import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { quoted } from '../support/snowflake.ts';
import { produceRecords, readTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  expectExactlyOnce,
  type FaultBench,
  failedTrace,
  metric,
  restartTask,
  rowsAtLeast,
  startBench,
} from './fault-bench.ts';

let bench: FaultBench;
beforeAll(async () => {
  bench = await startBench({ emulatorArgs: ['--enforce-grants'], role: 'ACCOUNTADMIN' });
});
afterAll(() => bench?.stop());

/** The grant statements that a trace advises. */
const grantsIn = (trace: string): readonly string[] => trace.match(/GRANT [A-Z][^;]+(?=;)/g) ?? [];

const cases = [
  { role: 'MAKER', table: 'is missing', advice: ['GRANT USAGE ON DATABASE', 'GRANT CREATE TABLE ON SCHEMA'] },
  { role: 'LOADER', table: 'is there', advice: ['GRANT INSERT ON TABLE'] },
];

test.concurrent.for(cases)(
  'a role without grants, the table $table: failures name the grants that mend it',
  async (given) => {
    const { role, advice } = given;
    const orders = await bench.scenario({ 'snowflake.role.name': role }, 1);
    const { session, login } = orders;
    await session.query(`CREATE ROLE ${role}`);
    await session.query(`GRANT ROLE ${role} TO USER ${login.user}`);
    if (given.table === 'is there') {
      await session.query(`CREATE TABLE ${quoted(orders.table)} (RECORD_CONTENT VARIANT, RECORD_METADATA VARIANT)`);
    }
    await produceRecords(inject('kafkaBootstrapServers'), orders.topic, [{ value: '{"order_id":1}' }]);
    await orders.submit();
    for (const words of advice) {
      const trace = await failedTrace(orders);
      expect(trace).toContain(words);
      for (const grant of grantsIn(trace)) await session.query(grant);
      await restartTask(orders);
    }
    await rowsAtLeast(orders, 1);
    const mine = { connector: orders.name };
    const text = await waitFor(
      async () => {
        const now = await bench.worker.metrics();
        return metric(now, 'kafka_connect_sink_task_sink_record_send_total', mine) === 1 && now;
      },
      { deadlineMs: 20_000, what: 'the record to be counted' },
    );
    const inState = (state: string) => metric(text, 'snowsink_task_state', { ...mine, state });
    expect([inState('RUNNING'), inState('FAILED')]).toEqual([1, undefined]);
  },
);

test.concurrent('a role without grants, staged COPY over another role’s stage: each failure names a grant that was lacking, until rows come', async () => {
  const orders = await bench.scenario(
    { 'snowflake.role.name': 'COPIER', 'snowflake.ingestion.method': 'staged_copy' },
    1,
  );
  const { session, login } = orders;
  await session.query('CREATE ROLE COPIER');
  await session.query(`GRANT ROLE COPIER TO USER ${login.user}`);
  await session.query(`CREATE TABLE ${quoted(orders.table)} (RECORD_CONTENT VARIANT, RECORD_METADATA VARIANT)`);
  await session.query('CREATE STAGE SNOWSINK_STAGE');
  await produceRecords(inject('kafkaBootstrapServers'), orders.topic, [{ value: '{"order_id":1}' }]);
  await orders.submit();
  const granted = new Set<string>();
  let last = '';
  const next = async (): Promise<string | false> => {
    if ((await orders.rows()) > 0) return 'stored';
    const [task] = (await bench.worker.status(orders.name)).tasks;
    return task?.state === 'FAILED' && task.trace !== last && (task.trace ?? false);
  };
  for (;;) {
    const trace = await waitFor(next, { deadlineMs: 60_000, what: `another failure than: ${last}`, everyMs: 100 });
    if (trace === 'stored') break;
    last = trace;
    const fresh = grantsIn(trace).filter((grant) => !granted.has(grant));
    expect(fresh, trace).not.toEqual([]);
    for (const grant of fresh) {
      granted.add(grant);
      await session.query(grant);
    }
    await restartTask(orders);
  }
  expect([...granted].join()).toContain('READ, WRITE ON STAGE');
  expectExactlyOnce(await orders.settled(), 1);
});

test.concurrent('a role that may not change columns: the refusal names the grant, and after it all goes on', async () => {
  const bootstrapServers = inject('kafkaBootstrapServers');
  const orders = await bench.scenario(
    { 'snowflake.role.name': 'READER', 'snowflake.enable.schematization': 'true' },
    1,
  );
  const { session, login, table, topic } = orders;
  const produce = (...values: readonly object[]) =>
    produceRecords(
      bootstrapServers,
      topic,
      values.map((value) => ({ value: JSON.stringify(value) })),
    );
  const grants = ['USAGE ON DATABASE SNOWSINK_TEST', 'USAGE ON SCHEMA SNOWSINK_TEST.PUBLIC'];
  for (const statement of [
    'CREATE ROLE READER',
    `GRANT ROLE READER TO USER ${login.user}`,
    `CREATE TABLE ${quoted(table)} (ORDER_ID NUMBER, RECORD_METADATA VARIANT) ENABLE_SCHEMA_EVOLUTION = TRUE`,
    ...[...grants, `SELECT, INSERT ON TABLE ${quoted(table)}`].map((grant) => `GRANT ${grant} TO ROLE READER`),
  ])
    await session.query(statement);
  await produce({ order_id: 1 }, { order_id: 2, note: 'new' }, { order_id: 3 });
  // as Connect does, a dead letter would be written all the same
  await orders.submit({ 'errors.tolerance': 'none', 'errors.deadletterqueue.topic.name': '' });
  const trace = await failedTrace(orders);
  const grant = `GRANT EVOLVE SCHEMA ON TABLE SNOWSINK_TEST.PUBLIC.${table} TO ROLE READER`;
  expect(trace.replaceAll('"', '')).toContain(`${grant};`);
  expect(trace.replaceAll('"', '')).toContain('ADD COLUMN IF NOT EXISTS NOTE');
  for (const advised of grantsIn(trace)) await session.query(advised);
  await restartTask(orders);
  expectExactlyOnce(await orders.settled(), 3);
  await session.query(grant.replace('GRANT', 'REVOKE').replace(' TO ', ' FROM '));
  await orders.submit();
  await produce({ order_id: 4, more: true }, { order_id: 5 });
  const verdict = await orders.settled();
  expectExactlyOnce(verdict, 5);
  expect(verdict.deadLettered).toBe(1);
  const [letter] = await readTopic(bootstrapServers, orders.deadLetterTopic);
  expect(String(letter?.headers?.['__connect.errors.exception.message']).replaceAll('"', '')).toContain(`${grant};`);
});
