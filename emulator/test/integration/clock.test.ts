import { expect, onTestFinished, test } from 'vitest';
import { startEmulator } from '../../src/index.ts';
import { call, generateKeyPair, StreamingClient } from '../support/streaming-client.ts';
import { waitUntil } from '../support/wait-until.ts';
import { WireClient } from '../support/wire-client.ts';

test('the control API holds and moves the clock: commits, tokens and CURRENT_TIMESTAMP follow', async () => {
  const emulator = await startEmulator({
    password: 'p',
    trustAnyKey: true,
    commitDelayMs: 60_000,
    init: 'CREATE DATABASE DB; CREATE TABLE T (V INT)',
  });
  onTestFinished(() => emulator.close());
  const clock = async (body: Record<string, unknown>): Promise<{ nowMs: number; held: boolean }> =>
    (
      await call(`${emulator.url}/_emulator/clock`, 'POST', JSON.stringify(body), {
        'content-type': 'application/json',
      })
    ).json;
  const held = await clock({ hold: true });
  expect(held.held).toBe(true);
  const sql = await WireClient.login(emulator.url, 'p', 'databaseName=DB&schemaName=PUBLIC');
  const now = async (): Promise<number> =>
    Number((await sql.query('SELECT CURRENT_TIMESTAMP()')).data.rowset[0][0]) * 1000;
  expect(await now()).toBe(held.nowMs);
  const client = await StreamingClient.connect(emulator.url, 'T', generateKeyPair());
  await client.open('c');
  await client.append('c', '0_1', '1', '{"v":1}');
  expect(await client.committed('c')).toBe(null);
  await clock({ advanceMs: 60_000 });
  expect(await now()).toBe(held.nowMs + 60_000);
  await waitUntil('commit', async () => (await client.committed('c')) === '1');
  await clock({ advanceMs: 3_600_000 });
  expect((await client.open('c')).status).toBe(401);
  expect((await sql.query('SELECT 1')).code).toBe('390112');
  expect((await clock({ reset: true })).held).toBe(false);
});

test('OAuth, programmatic access and workload identity tokens: logins and streaming', async () => {
  const emulator = await startEmulator({ token: 'secret', init: 'CREATE DATABASE DB; CREATE TABLE T (V INT)' });
  onTestFinished(() => emulator.close());
  const login = async (data: Record<string, string>): Promise<{ success: boolean; code: string | null }> =>
    (await call(`${emulator.url}/session/v1/login-request`, 'POST', JSON.stringify({ data }))).json;
  for (const AUTHENTICATOR of ['OAUTH', 'PROGRAMMATIC_ACCESS_TOKEN', 'WORKLOAD_IDENTITY'])
    expect(await login({ AUTHENTICATOR, TOKEN: 'secret', LOGIN_NAME: 'U' })).toMatchObject({ success: true });
  expect(await login({ LOGIN_NAME: 'U', PASSWORD: 'secret' })).toMatchObject({ success: true });
  expect(await login({ AUTHENTICATOR: 'OAUTH', TOKEN: 'wrong' })).toMatchObject({ success: false, code: '390303' });
  const open = (token: string, type: string): ReturnType<typeof call> =>
    call(`${emulator.url}/v2/streaming/databases/DB/schemas/PUBLIC/pipes/T-STREAMING/channels/C`, 'PUT', '{}', {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'x-snowflake-authorization-token-type': type,
    });
  expect((await open('secret', 'PROGRAMMATIC_ACCESS_TOKEN')).status).toBe(200);
  expect((await open('secret', 'OAUTH')).status).toBe(200);
  expect((await open('wrong', 'OAUTH')).status).toBe(401);
});
