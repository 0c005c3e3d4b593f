import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import { startEmulator } from '../../src/index.ts';
import { connectSql } from '../support/sql-client.ts';
import { generateKeyPair, StreamingClient } from '../support/streaming-client.ts';
import { waitUntil } from '../support/wait-until.ts';

const keyPair = generateKeyPair();
const folder = mkdtempSync(join(tmpdir(), 'snowsink-emulator-test-'));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const startProcess = async (...flags: readonly string[]): Promise<{ url: string; child: ChildProcess }> => {
  const main = new URL('../../src/main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [main, '--trust-any-key', '--password', 'p', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const url = /ready at (\S+)$/.exec(String(line))?.[1];
  if (url === undefined) throw new Error(`no ready line: ${line}`);
  return { url, child };
};

test('SIGKILL never parts a committed token from its rows', async () => {
  const data = join(folder, 'killed');
  const init = join(folder, 'init.sql');
  writeFileSync(init, 'CREATE DATABASE DB; CREATE TABLE T (V VARIANT, NAME VARCHAR NOT NULL)');
  let { url, child } = await startProcess('--data', data, '--commit-delay', '5', '--init', init);
  for (let round = 0; round < 3; round += 1) {
    const client = await StreamingClient.connect(url, 'T', keyPair);
    const opened = (await client.open('c')).json;
    const start = Number(opened.channel_status.last_committed_offset_token ?? -1) + 1;
    let token: string = opened.next_continuation_token;
    for (let offset = start; offset < start + 40; offset += 1) {
      token = (await client.append('c', token, String(offset), `{"v":${offset},"name":"n"}`)).json
        .next_continuation_token;
      if (offset === start + 20) await waitUntil('a first commit', async () => (await client.committed('c')) !== null);
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
    ({ url, child } = await startProcess('--data', data, '--commit-delay', '5'));
    const after = await StreamingClient.connect(url, 'T', keyPair);
    const status = (await after.status('c')).json.channel_statuses.c;
    expect(status.channel_status_code).toBe('ERR_CHANNEL_MUST_BE_REOPENED');
    const sql = await connectSql(url, { password: 'p' });
    const [counted] = await sql.query('SELECT COUNT(*) AS N, COUNT(DISTINCT V) AS D, MAX(V)::NUMBER AS LAST FROM T');
    await sql.close();
    const committed = Number(status.last_committed_offset_token);
    expect(counted).toEqual({ N: committed + 1, D: committed + 1, LAST: committed });
    expect(status.rows_inserted).toBe(committed + 1);
  }
});

test('a clean stop commits what waits; clients go on with their tokens', async () => {
  const options = { data: join(folder, 'clean'), trustAnyKey: true, commitDelayMs: 60_000 };
  const first = await startEmulator({ ...options, init: 'CREATE DATABASE DB; CREATE TABLE T (V VARIANT)' });
  const client = await StreamingClient.connect(first.url, 'T', keyPair);
  await client.open('c');
  await client.append('c', '0_1', '1', '{"v":1}');
  await first.close();
  const second = await startEmulator(options);
  const again = await StreamingClient.connect(second.url, 'T', keyPair);
  expect(await again.committed('c')).toBe('1');
  expect((await again.append('c', '0_2', '2', '{"v":2}')).json.next_continuation_token).toBe('0_3');
  await second.close();
});

test('discard mode counts rows, commits at once and stores nothing', async () => {
  const emulator = await startEmulator({
    discard: true,
    trustAnyKey: true,
    password: 'p',
    init: 'CREATE DATABASE DB; CREATE TABLE T (V VARIANT)',
  });
  const client = await StreamingClient.connect(emulator.url, 'T', keyPair);
  await client.open('c');
  await client.append('c', '0_1', '7', '{"v":1}\n\n{"v":2}\r\n\r\n{"v":3}');
  await waitUntil('commit', async () => (await client.committed('c')) === '7');
  const stats = await (await fetch(`${emulator.url}/_emulator/stats`)).json();
  expect(stats).toMatchObject({ pipes: { 'DB.PUBLIC.T': { appends: 1, rows: 3, committedRows: 3 } } });
  expect((await client.append('c', '9_1', '8', '{"v":1}')).status).toBe(400);
  const sql = await connectSql(emulator.url, { password: 'p' });
  expect(await sql.query('SELECT COUNT(*) AS N FROM T')).toEqual([{ N: 0 }]);
  await sql.close();
  await emulator.close();
});
