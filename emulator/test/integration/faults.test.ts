import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type FaultAction, type RunningEmulator, startEmulator } from '../../src/index.ts';
import { call, generateKeyPair, StreamingClient } from '../support/streaming-client.ts';
import { waitUntil } from '../support/wait-until.ts';

const keyPair = generateKeyPair();
let emulator: RunningEmulator;
let client: StreamingClient;

beforeAll(async () => {
  emulator = await startEmulator({
    trustAnyKey: true,
    commitDelayMs: 10,
    init: 'CREATE DATABASE DB; CREATE TABLE T (V VARIANT)',
  });
  client = await StreamingClient.connect(emulator.url, 'T', keyPair);
});
afterAll(() => emulator?.close());
afterEach(async () => {
  await call(`${emulator.url}/_emulator/reset`, 'POST');
});

const order = async (operation: string, action: FaultAction, count = 1): Promise<void> => {
  const ordered = await call(`${emulator.url}/_emulator/faults`, 'POST', JSON.stringify({ operation, action, count }));
  expect(ordered.status).toBe(200);
};
const fired = async (): Promise<number> =>
  (await call(`${emulator.url}/_emulator/faults`, 'GET')).json.faults.reduce(
    (sum: number, fault: { fired: number }) => sum + fault.fired,
    0,
  );
const rowsInserted = async (channel: string): Promise<number> =>
  (await client.status(channel)).json.channel_statuses[channel].rows_inserted;

test('a lost acknowledgement: the identical retry is a no-op with the right next token', async () => {
  await client.open('lost');
  await order('append', { type: 'reset', when: 'after' });
  await expect(client.append('lost', '0_1', '1', '{"v":1}')).rejects.toThrow();
  expect(await fired()).toBe(1);
  expect((await client.append('lost', '0_1', '1', '{"v":1}')).json.next_continuation_token).toBe('0_2');
  await waitUntil('commit', async () => (await client.committed('lost')) === '1');
  expect(await rowsInserted('lost')).toBe(1);
});

test('a lost request: the retry lands', async () => {
  await client.open('before');
  await order('append', { type: 'reset', when: 'before' });
  await expect(client.append('before', '0_1', '1', '{"v":1}')).rejects.toThrow();
  expect((await client.append('before', '0_1', '1', '{"v":1}')).json.next_continuation_token).toBe('0_2');
  await waitUntil('commit', async () => (await client.committed('before')) === '1');
});

test('half a reply', async () => {
  await client.open('half');
  await order('append', { type: 'half-reply' });
  await expect(client.append('half', '0_1', '1', '{"v":1}')).rejects.toThrow();
  expect(await fired()).toBe(1);
});

test.each([
  [503, 'string', '"ERR_GENERAL_EXCEPTION_RETRY_REQUEST"'],
  [503, 'error_code', '{"error_code":"ERR_GENERAL_EXCEPTION_RETRY_REQUEST","message":"Injected fault."}'],
  [404, 'text', 'Injected fault.'],
  [429, 'code', '{"code":"ERR_GENERAL_EXCEPTION_RETRY_REQUEST","message":"Injected fault."}'],
] as const)('%i with a body as %s', async (status, form, body) => {
  await order('status', { type: 'respond', status, form });
  expect(await client.status('x')).toMatchObject({ status, text: body });
  expect((await client.status('x')).status).toBe(200);
});

test('fenced by a rival, invalidated, frozen', async () => {
  await client.open('rival');
  await order('append', { type: 'reopen' });
  expect((await client.append('rival', '0_1', '1', '{"v":1}')).json.code).toBe('STALE_CONTINUATION_TOKEN_SEQUENCER');
  await order('append', { type: 'invalidate', code: 'ERR_CHANNEL_MUST_BE_REOPENED' });
  expect(await client.append('rival', '1_1', '1', '{"v":1}')).toMatchObject({ status: 409 });
  const opened = await client.open('rival');
  await call(`${emulator.url}/_emulator/commits`, 'POST', '{"frozen":true}');
  await client.append('rival', opened.json.next_continuation_token, '1', '{"v":1}');
  expect(await client.open('rival', { fail_on_uncommitted_rows: true })).toMatchObject({
    status: 409,
    json: { error_code: 'ERR_CHANNEL_HAS_UNCOMMITTED_DATA' },
  });
  expect(await client.committed('rival')).toBe(null);
  await call(`${emulator.url}/_emulator/commits`, 'POST', '{"frozen":false}');
  await waitUntil('commit', async () => (await client.committed('rival')) === '1');
});

test('row errors by predicate are counted, rows of an invalid pipe vanish with 200', async () => {
  await client.open('rows');
  await order('append', { type: 'row-errors', contains: '"bad"' });
  await client.append('rows', '0_1', '1', '{"v":"good"}\n{"v":"bad"}');
  await waitUntil('commit', async () => (await client.committed('rows')) === '1');
  expect((await client.status('rows')).json.channel_statuses.rows).toMatchObject({
    rows_inserted: 1,
    rows_error_count: 1,
  });
  await order('append', { type: 'accept-and-discard' });
  expect((await client.append('rows', '0_2', '2', '{"v":1}')).json.next_continuation_token).toBe('0_3');
  expect(await client.committed('rows')).toBe('1');
});

test('match, skip, count and delay; a table that is replaced, limits that are lowered, on order', async () => {
  await client.open('one');
  await client.open('two');
  const control = (what: string, body: object): ReturnType<typeof call> =>
    call(`${emulator.url}/_emulator/${what}`, 'POST', JSON.stringify(body));
  const action = { type: 'respond', status: 413, form: 'code' };
  await control('faults', { operation: 'append', match: { channel: '^two$' }, skip: 1, count: 1, action });
  await control('faults', { operation: 'append', match: { channel: '^one$' }, action: { type: 'delay', ms: 30 } });
  const at = performance.now();
  expect((await client.append('one', '0_1', '1', '{"v":1}')).status).toBe(200);
  expect(performance.now() - at).toBeGreaterThanOrEqual(29);
  const statuses: number[] = [];
  for (const token of ['0_1', '0_2', '0_2'])
    statuses.push((await client.append('two', token, token, '{"v":1}')).status);
  expect(statuses).toEqual([200, 413, 200]);

  await control('clock', { hold: true });
  await control('limits', { appendsPerSecond: 1, channelsPerPipe: 1 });
  const limited = [
    await client.append('two', '0_3', '4', '{"v":1}'),
    await client.append('two', '0_4', '5', '{"v":1}'),
  ];
  expect(limited.map(({ status }) => status)).toContain(429);
  expect((await client.open('three')).status).not.toBe(200);
  await control('reset', {});
  expect((await client.open('three')).status).toBe(200);

  await order('append', { type: 'sql', statement: 'CREATE OR REPLACE TABLE DB.PUBLIC.T (V VARIANT)' });
  const after = await client.append('three', '0_1', '1', '{"v":1}');
  expect(after.status).toBeGreaterThanOrEqual(400);
  expect(await fired()).toBe(1);
});

test('a fault that is none is refused with the reason', async () => {
  const refused = await call(
    `${emulator.url}/_emulator/faults`,
    'POST',
    '{"operation":"apend","action":{"type":"reset"}}',
  );
  expect(refused).toMatchObject({ status: 400, json: { error: expect.stringContaining('operation must be one of') } });
});
