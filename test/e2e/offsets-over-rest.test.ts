import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import type { EmulatorProcess } from '../support/emulator-process.ts';
import { startEmulatorProcess } from '../support/emulator-process.ts';
import { createScenario } from '../support/sink-scenario.ts';
import { committedOffsets } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import type { WorkerProcess } from '../support/worker-process.ts';
import { startWorker } from '../support/worker-process.ts';

let emulator: EmulatorProcess;
beforeAll(async () => {
  emulator = await startEmulatorProcess();
});
afterAll(() => emulator?.stop());

const call = async ({ url }: WorkerProcess, method: string, path: string, body?: object): Promise<unknown> => {
  const json =
    body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(`${url}${path}`, { method, ...json });
  const text = await response.text();
  expect(response.status, `${method} ${path}: ${text}`).toBeLessThan(300);
  return text === '' ? null : JSON.parse(text);
};

test('after PATCH offsets the next start reads from there, though the channel held more; after DELETE from the beginning', async () => {
  const orders = await createScenario({ bootstrapServers: inject('kafkaBootstrapServers'), url: emulator.url });
  onTestFinished(() => orders.close());
  const { name, topic } = orders;
  const worker = await startWorker(orders.worker);
  onTestFinished(async ({ task }) => {
    await worker.kill();
    if (task.result?.state === 'fail') console.log(`worker:\n${worker.process.output().slice(-6000)}`);
  });
  const total = 400;
  await (await orders.stream({ perSecond: 4000, total })).done;
  await orders.settled();
  const stopped = async (): Promise<void> => {
    await call(worker, 'PUT', `/connectors/${name}/stop`);
    await waitFor(async () => (await worker.status(name)).connector.state === 'STOPPED', {
      deadlineMs: 60_000,
      what: 'STOPPED',
    });
  };
  await stopped();
  const before = await committedOffsets(inject('kafkaBootstrapServers'), `connect-${name}`, topic);
  const [first] = [...before].sort(([a], [b]) => a - b);
  if (first === undefined) throw new Error('nothing was committed');
  const [partition, end] = first;

  const rowsBefore = await orders.rows();
  const back = 10n;
  const answer = await call(worker, 'PATCH', `/connectors/${name}/offsets`, {
    offsets: [
      { partition: { kafka_topic: topic, kafka_partition: partition }, offset: { kafka_offset: Number(end - back) } },
    ],
  });
  expect(answer).toMatchObject({
    message: expect.stringMatching(
      new RegExp(
        `^The offsets for this connector have been altered successfully\\. .*${topic}-${partition} is at ${end - back}.*channels of 1 partition`,
      ),
    ),
  });
  await call(worker, 'PUT', `/connectors/${name}/resume`);
  const rewritten = async (): Promise<readonly { offset: bigint; copies: number }[]> =>
    (
      await orders.session.query(
        `SELECT RECORD_METADATA:offset::INTEGER AS O, COUNT(*) AS N FROM "${orders.table}" WHERE RECORD_METADATA:partition::INTEGER = ${partition} GROUP BY 1 HAVING COUNT(*) > 1 ORDER BY 1`,
      )
    ).map((row) => ({ offset: BigInt(String(row['O'])), copies: Number(row['N']) }));
  await waitFor(async () => (await rewritten()).length > 0 && (await rewritten()).at(-1)?.offset === end - 1n, {
    deadlineMs: 60_000,
    what: `rows up to ${end - 1n} a second time`,
  });
  const twice = await rewritten();
  expect(twice[0]?.offset).toBeGreaterThanOrEqual(end - back);
  expect(twice.every(({ copies }) => copies === 2)).toBe(true);
  expect(await orders.rows()).toBe(rowsBefore + twice.length);

  await stopped();
  expect(await call(worker, 'DELETE', `/connectors/${name}/offsets`)).toMatchObject({
    message: expect.stringContaining('channels of 4 partition(s) are dropped'),
  });
  expect(await worker.get(`/connectors/${name}/offsets`)).toEqual({ offsets: [] });
  await call(worker, 'PUT', `/connectors/${name}/resume`);
  await waitFor(async () => (await orders.rows()) === 2 * rowsBefore + twice.length, {
    deadlineMs: 60_000,
    what: 'all rows once more',
  });
});
