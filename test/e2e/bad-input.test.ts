import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, type TestContext, test } from 'vitest';
import { spawnNode } from '../support/child-server.ts';
import { freePort } from '../support/free-port.ts';
import type { SnowflakeLogin } from '../support/snowflake.ts';
import { emulatorLogin } from '../support/snowflake.ts';
import { createTopic, uniqueName } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import type { CommandResult, Properties } from '../support/worker-process.ts';
import { runSnowsink, sinkConfig, startWorker } from '../support/worker-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'snowsink-bad-input-'));
let login: SnowflakeLogin;
let unreachable: string;
beforeAll(async () => {
  unreachable = `127.0.0.1:${await freePort()}`;
  login = emulatorLogin(`http://${unreachable}`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A line from the middle of the key: nothing may print it. */
const keyText = (): string => login.privateKey.split('\n')[5] ?? '';

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const workerFile = (bootstrapServers: string): string =>
  file('worker.properties', `bootstrap.servers=${bootstrapServers}\nlisteners=http://127.0.0.1:0\n`);
const connectorFile = (overrides: Properties): string =>
  file('orders.json', JSON.stringify(sinkConfig({ name: 'orders', topics: 'orders', login, overrides }), null, 2));

/** Words that help, and neither a stack trace nor a secret. */
const expectPlainWords = (output: string, words: readonly string[]): void => {
  for (const word of words) expect(output).toContain(word);
  expect(output).not.toMatch(/\n\s+at .+:\d+/);
  expect(output).not.toContain(keyText());
};
const expectPlainMessage = ({ code, output }: CommandResult, ...words: readonly string[]): void => {
  expectPlainWords(output, words);
  expect(code).toBe(1);
};

test('a worker file that is not there', async () => {
  expectPlainMessage(await runSnowsink(['connect-standalone', join(folder, 'none.properties')]), 'none.properties');
});

test('a connector file that is not JSON: file and line', async () => {
  const broken = file('broken.json', '{\n  "name": "orders",\n  "topics": orders\n}\n');
  const result = await runSnowsink(['connect-standalone', workerFile(unreachable), broken]);
  expectPlainMessage(result, 'broken.json', '3');
});

test('missing properties: all at once, by name', async () => {
  const connector = connectorFile({ 'snowflake.user.name': '', 'snowflake.database.name': '' });
  const result = await runSnowsink(['connect-standalone', workerFile(inject('kafkaBootstrapServers')), connector]);
  expectPlainMessage(result, 'orders.json', 'snowflake.user.name', 'snowflake.database.name');
});

test('a private key that is none: by name, without its value', async () => {
  const connector = connectorFile({ 'snowflake.private.key': 'not-a-key-at-all' });
  const result = await runSnowsink(['connect-standalone', workerFile(inject('kafkaBootstrapServers')), connector]);
  expectPlainMessage(result, 'orders.json', 'snowflake.private.key');
  expect(result.output).not.toContain('not-a-key-at-all');
});

test('a command that does not exist: exit code 2, the command line is wrong', async () => {
  const { code, output } = await runSnowsink(['connect-standalon']);
  expectPlainWords(output, ['connect-standalone']);
  expect(code).toBe(2);
});

test.concurrent('SIGTERM while Kafka does not answer: the end at once', async () => {
  const args = ['src/main.ts', 'connect-standalone', workerFile(unreachable), connectorFile({})];
  const child = spawnNode({ name: 'snowsink', args });
  const isWaiting = () => child.output().includes('does not answer yet');
  await waitFor(isWaiting, { deadlineMs: 20_000, what: 'the first attempt to reach Kafka' });
  expect(await child.stop(60_000)).toEqual({ code: 0, signal: null });
});

const failedTrace = async (
  bootstrapServers: string,
  connector: Properties,
  { onTestFinished }: Pick<TestContext, 'onTestFinished'>,
): Promise<string> => {
  const worker = await startWorker({ properties: { 'bootstrap.servers': bootstrapServers }, connectors: [connector] });
  onTestFinished(async () => void (await worker.terminate()));
  const trace = await waitFor(
    async () => {
      const status = await worker.status('orders');
      return status.connector.trace ?? status.tasks[0]?.trace;
    },
    { deadlineMs: 100_000, what: 'the task to be FAILED', everyMs: 100 },
  );
  return `${trace}\n${worker.process.output()}`;
};

test.concurrent('a topic that does not exist: waited for as Connect does, with a warning that names it', async ({
  onTestFinished,
}) => {
  const topic = uniqueName('nowhere');
  const worker = await startWorker({
    properties: { 'bootstrap.servers': inject('kafkaBootstrapServers') },
    connectors: [sinkConfig({ name: topic, topics: topic, login })],
  });
  onTestFinished(async () => void (await worker.terminate()));
  const warned = () =>
    worker.process
      .output()
      .split('\n')
      .some((line) => line.includes('"warn"') && line.includes(topic));
  await waitFor(warned, { deadlineMs: 20_000, what: `a warning about ${topic}` });
});

test.concurrent('an account that cannot be reached is waited for, then the task fails and names its URL', async (context) => {
  const topic = await createTopic(inject('kafkaBootstrapServers'), { name: 'unreachable' });
  const connector = sinkConfig({ name: 'orders', topics: topic, login });
  const said = await failedTrace(inject('kafkaBootstrapServers'), connector, context);
  expect(said).toContain('does not answer yet, trying again');
  expect(said).toContain(unreachable);
  expect(said).not.toContain(keyText());
});
