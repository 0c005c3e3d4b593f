import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { quoted } from '../support/snowflake.ts';
import { produceRecords } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import { type FaultBench, failedTrace, metric, restartTask, rowsAtLeast, startBench } from './fault-bench.ts';

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

test.each(cases)('a role without grants, the table $table: failures name the grants that mend it', async (given) => {
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
});
