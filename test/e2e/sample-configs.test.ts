import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Type } from 'avsc';
import { expect, onTestFinished, test } from 'vitest';
import { startEmulatorProcess } from '../support/emulator-process.ts';
import { startBroker } from '../support/kafka.ts';
import { startMemorySchemaRegistry } from '../support/memory-schema-registry.ts';
import { connectSnowflake, emulatorLogin } from '../support/snowflake.ts';
import { createTopic, produceRecords } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWorker } from '../support/worker-process.ts';

/** Ours, and others' as the Snowflake connector's documentation and tutorials have them, in our words. */
const folders = { ours: 'config', theirs: 'test/e2e/documented-configs' };
const samples = [...readdirSync(folders.ours).filter((name) => /^orders.*\.(json|properties)$/.test(name))].map(
  (name) => join(folders.ours, name),
);
const documented = readdirSync(folders.theirs).map((name) => join(folders.theirs, name));

/** Values of a sample worker.properties as they are; the test overrides what names this machine. */
const sampleWorker = (): Record<string, string> =>
  Object.fromEntries(
    readFileSync(join(folders.ours, 'worker.properties'), 'utf8')
      .split('\n')
      .filter((line) => /^[a-z]/.test(line))
      .map((line) => line.split(/=(.*)/s).slice(0, 2)),
  );

/** `snowflake.topic2table.map` of a sample: topics and the tables that their rows must reach. */
const tablesOf = (path: string): readonly string[] => {
  const map = readFileSync(path, 'utf8').match(/topic2table\.map"?\s*[:=]\s*"?([^"\n]+)/)?.[1] ?? '';
  return map.split(',').map((pair) => pair.split(':')[1] ?? '');
};

/** As somebody at a shell deploys a file: the very bytes of it. Answers the status code. */
const deploy = async (url: string, path: string): Promise<string> => {
  const name = path.match(/([\w-]+)\.json$/)?.[1];
  const isWhole = readFileSync(path, 'utf8').includes('"config": {');
  const where = isWhole ? ['-X', 'POST', `${url}/connectors`] : ['-X', 'PUT', `${url}/connectors/${name}/config`];
  const flags = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'content-type: application/json'];
  const { stdout } = await promisify(execFile)('curl', [...flags, '--data-binary', `@${path}`, ...where]);
  return stdout;
};

const sensor = JSON.stringify({
  type: 'record',
  name: 'Sensor',
  fields: [
    { name: 'id', type: 'int' },
    { name: 'celsius', type: 'double' },
  ],
});
const userKey = JSON.stringify({ type: 'record', name: 'Key', fields: [{ name: 'user_id', type: 'string' }] });
const user = JSON.stringify({
  type: 'record',
  name: 'User',
  fields: [
    { name: 'user_id', type: 'string' },
    { name: 'email', type: ['null', 'string'], default: null },
  ],
});

test('every sample config, all at once in one worker, deployed by curl (properties: as a file), fills its tables', async () => {
  const registry = await startMemorySchemaRegistry();
  onTestFinished(() => registry.stop());
  const broker = await startBroker();
  onTestFinished(() => broker.stop());
  const emulator = await startEmulatorProcess();
  onTestFinished(() => emulator.stop());
  const login = emulatorLogin(emulator.url, 'KAFKA');
  const session = await connectSnowflake(login);
  onTestFinished(() => session.close());
  const createTable = readFileSync(join(folders.ours, 'README.md'), 'utf8').match(/CREATE TABLE [^;]+/)?.[0];
  await session.query(createTable ?? '');
  const { bootstrapServers } = broker;
  await createTopic(bootstrapServers, { exactName: 'orders', partitions: 2 });
  const order = (id: number) => ({
    partition: id % 2,
    key: `k${id}`,
    value: `{"order_id":${id},"customer":"c","amount":1.50}`,
  });
  await produceRecords(bootstrapServers, 'orders', [1, 2, 3].map(order));
  const framed = (schema: string, value: object): Buffer =>
    registry.framed(schema, Type.forSchema(JSON.parse(schema)).toBuffer(value));
  const three = [1, 2, 3];
  const records = {
    sensors: three.map((id) => ({ key: 's', value: `{"id":${id},"celsius":20.5}` })),
    gauges: three.map((id) => ({ key: 'g', value: `{"id":${id},"bar":1.5}` })),
    'sensors-avro': three.map((id) => ({ key: 's', value: framed(sensor, { id, celsius: 20.5 }) })),
    'gauges-avro': three.map((id) => ({ key: 'g', value: framed(sensor, { id, celsius: 1.5 }) })),
    'cdc.users': three.map((id) => ({
      key: framed(userKey, { user_id: `u${id}` }),
      value: framed(user, { user_id: `u${id}`, email: 'a@b' }),
    })),
  };
  await Promise.all(
    Object.entries(records).map(async ([topic, batch]) => {
      await createTopic(bootstrapServers, { exactName: topic });
      await produceRecords(bootstrapServers, topic, batch);
    }),
  );

  const passphrase = 'open sesame';
  const { privateKey: encrypted } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const { listeners: _theirs, ...properties } = sampleWorker();
  const worker = await startWorker({
    properties: { ...properties, 'bootstrap.servers': bootstrapServers },
    connectors: samples.filter((path) => path.endsWith('.properties')),
    env: {
      SNOWFLAKE_URL: login.url,
      SNOWFLAKE_USER: login.user,
      SNOWFLAKE_PRIVATE_KEY: login.privateKey,
      ENCRYPTED_KEY: encrypted,
      PASSPHRASE: passphrase,
      REGISTRY_URL: registry.url,
    },
  });
  onTestFinished(async ({ task }) => {
    await worker.kill();
    if (task.result?.state === 'fail') console.log(worker.process.output().slice(-6000));
  });
  expect(samples.length).toBeGreaterThanOrEqual(6);
  const paths = [...samples, ...documented];
  for (const path of paths.filter((one) => one.endsWith('.json')))
    expect([path, await deploy(worker.url, path)]).toEqual([path, '201']);
  for (const path of paths)
    for (const table of tablesOf(path)) {
      await waitFor(
        async () => {
          const [row] = await session.query(`SELECT COUNT(*) AS N FROM ${table}`);
          return Number(row?.['N']) === 3;
        },
        { deadlineMs: 60_000, what: `3 rows in ${table}, from ${path}`, everyMs: 200 },
      );
    }
  const [changed] = await session.query(
    'SELECT RECORD_CONTENT, RECORD_METADATA:key::VARCHAR AS K FROM CDC_USERS LIMIT 1',
  );
  expect(changed).toMatchObject({
    RECORD_CONTENT: { user_id: changed?.['K'], email: 'a@b', _cdc_timestamp: expect.anything() },
  });
});
