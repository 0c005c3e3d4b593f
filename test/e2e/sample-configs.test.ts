import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startEmulatorProcess } from '../support/emulator-process.ts';
import { startBroker } from '../support/kafka.ts';
import { connectSnowflake, emulatorLogin } from '../support/snowflake.ts';
import { createTopic, produceRecords } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWorker } from '../support/worker-process.ts';

const folder = 'config';
const connectors = readdirSync(folder).filter((name) => /^orders.*\.(json|properties)$/.test(name));

/** Values of a sample worker.properties as they are; the test overrides what names this machine. */
const sampleWorker = (): Record<string, string> =>
  Object.fromEntries(
    readFileSync(join(folder, 'worker.properties'), 'utf8')
      .split('\n')
      .filter((line) => /^[a-z]/.test(line))
      .map((line) => line.split(/=(.*)/s).slice(0, 2)),
  );

/** `snowflake.topic2table.map` of a sample: the table that its rows must reach. */
const tableOf = (name: string): string => {
  const table = readFileSync(join(folder, name), 'utf8').match(/topic2table\.map"?\s*[:=]\s*"?orders:(\w+)/)?.[1];
  if (table === undefined) throw new Error(`${name} maps topic orders to no table`);
  return table;
};

test('every sample config, all at once in one worker, fills its table', async () => {
  const broker = await startBroker();
  onTestFinished(() => broker.stop());
  const emulator = await startEmulatorProcess();
  onTestFinished(() => emulator.stop());
  const login = emulatorLogin(emulator.url, 'KAFKA');
  const session = await connectSnowflake(login);
  onTestFinished(() => session.close());
  const createTable = readFileSync(join(folder, 'README.md'), 'utf8').match(/CREATE TABLE [^;]+/)?.[0];
  await session.query(createTable ?? '');
  await createTopic(broker.bootstrapServers, { exactName: 'orders', partitions: 2 });
  const order = (id: number) => ({
    partition: id % 2,
    key: `k${id}`,
    value: `{"order_id":${id},"customer":"c","amount":1.50}`,
  });
  await produceRecords(broker.bootstrapServers, 'orders', [1, 2, 3].map(order));

  const { listeners: _theirs, ...properties } = sampleWorker();
  const worker = await startWorker({
    properties: { ...properties, 'bootstrap.servers': broker.bootstrapServers },
    connectors: connectors.map((name) => join(folder, name)),
    env: {
      SNOWFLAKE_URL: login.url,
      SNOWFLAKE_USER: login.user,
      SNOWFLAKE_PRIVATE_KEY: login.privateKey,
    },
  });
  onTestFinished(async ({ task }) => {
    await worker.kill();
    if (task.result?.state === 'fail') console.log(worker.process.output().slice(-6000));
  });
  expect(connectors.length).toBeGreaterThanOrEqual(6);
  for (const name of connectors) {
    const table = tableOf(name);
    await waitFor(
      async () => {
        const [row] = await session.query(`SELECT COUNT(*) AS N FROM ${table}`);
        return Number(row?.['N']) === 3;
      },
      { deadlineMs: 60_000, what: `3 rows in ${table}, from ${name}`, everyMs: 200 },
    );
  }
});
