import { expect, onTestFinished, test } from 'vitest';
import { startEmulator } from '../../src/index.ts';
import { waitUntil } from '../support/wait-until.ts';
import { WireClient } from '../support/wire-client.ts';

const start = async (): Promise<() => Promise<WireClient>> => {
  const emulator = await startEmulator({
    password: 'p',
    init: `CREATE DATABASE DB; CREATE TABLE O (P INT, NEXT_OFFSET INT, OWNER STRING); INSERT INTO O VALUES (0, 0, 'a');
      CREATE TABLE T (V INT); CREATE TABLE U (V INT); INSERT INTO U VALUES (1)`,
  });
  onTestFinished(() => emulator.close());
  return () => WireClient.login(emulator.url, 'p', 'databaseName=DB&schemaName=PUBLIC');
};

const rows = async (client: WireClient, sql: string): Promise<unknown> => {
  const { success, message, data } = await client.query(sql);
  if (!success) throw new Error(message ?? sql);
  return data.rowset;
};

const someoneWaits = (client: WireClient): Promise<void> =>
  waitUntil('a statement waits', async () => JSON.stringify(await rows(client, 'SHOW LOCKS')).includes('WAITING'));

test('a second writer waits for the first and then sees what it committed', async () => {
  const login = await start();
  const [one, two, looker] = [await login(), await login(), await login()];
  const takeOver = `UPDATE O SET NEXT_OFFSET = 20 WHERE P = 0 AND NEXT_OFFSET = 10`;
  await rows(one, 'BEGIN');
  await rows(one, 'INSERT INTO T VALUES (1)');
  expect(await rows(one, 'UPDATE O SET NEXT_OFFSET = 10 WHERE P = 0 AND NEXT_OFFSET = 0')).toEqual([['1', '0']]);
  await rows(two, 'BEGIN');
  await rows(two, 'INSERT INTO T VALUES (2)');
  const second = rows(two, takeOver);
  await someoneWaits(looker);
  await rows(one, 'COMMIT');
  expect(await second).toEqual([['1', '0']]);
  expect(await rows(two, 'SELECT V FROM T ORDER BY V')).toEqual([['1'], ['2']]);
  await rows(two, 'COMMIT');
  expect(await rows(looker, 'SELECT V FROM T ORDER BY V')).toEqual([['1'], ['2']]);
  expect(await rows(looker, 'SELECT NEXT_OFFSET FROM O')).toEqual([['20']]);
});

test('what was committed meanwhile makes a compare-and-set fail, even late in a transaction', async () => {
  const login = await start();
  const [one, two] = [await login(), await login()];
  await rows(one, 'BEGIN');
  await rows(one, 'INSERT INTO T VALUES (1)');
  await rows(two, "UPDATE O SET OWNER = 'b', NEXT_OFFSET = 5");
  expect(await rows(one, "UPDATE O SET NEXT_OFFSET = 10 WHERE OWNER = 'a'")).toEqual([['0', '0']]);
  expect(await rows(one, 'SELECT OWNER, NEXT_OFFSET FROM O')).toEqual([['b', '5']]);
  await rows(one, 'ROLLBACK');
  expect(await rows(two, 'SELECT COUNT(*) FROM T')).toEqual([['0']]);
});

test('LOCK_TIMEOUT, deadlock, cancel and logout end a wait', async () => {
  const login = await start();
  const [one, two, looker] = [await login(), await login(), await login()];
  await rows(one, 'BEGIN');
  await rows(one, 'UPDATE O SET P = 1');
  await rows(two, 'ALTER SESSION SET LOCK_TIMEOUT = 0');
  expect((await two.query('UPDATE O SET P = 2')).code).toBe('000625');
  await rows(two, 'ALTER SESSION SET LOCK_TIMEOUT = 60');
  await rows(two, 'BEGIN');
  await rows(two, 'UPDATE U SET V = 2');
  const waiting = two.query('UPDATE O SET P = 3', {}, 'cancel-me');
  await someoneWaits(looker);
  expect((await one.query('UPDATE U SET V = 9')).code).toBe('000625');
  await two.call('POST', '/queries/v1/abort-request', { requestId: 'cancel-me' });
  expect((await waiting).code).toBe('000604');
  const again = two.query('UPDATE O SET P = 4');
  await someoneWaits(looker);
  await one.call('POST', '/session?delete=true');
  expect((await again).success).toBe(true);
  await rows(two, 'COMMIT');
  expect(await rows(looker, 'SELECT P, V FROM O, U')).toEqual([['4', '2']]);
});
