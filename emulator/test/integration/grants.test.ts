import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningEmulator, startEmulator } from '../../src/index.ts';
import { call, generateKeyPair, keyPairJwt } from '../support/streaming-client.ts';
import { WireClient } from '../support/wire-client.ts';

let emulator: RunningEmulator;
let admin: WireClient;
let reader: WireClient;

beforeAll(async () => {
  emulator = await startEmulator({
    trustAnyKey: true,
    password: 'p',
    enforceGrants: true,
    init: `CREATE DATABASE DB; CREATE TABLE T (N NUMBER); CREATE TABLE HIDDEN (N NUMBER);
      CREATE ROLE READER; CREATE ROLE BASE; GRANT ROLE BASE TO ROLE READER;
      GRANT USAGE ON DATABASE DB TO ROLE BASE; GRANT USAGE ON SCHEMA DB.PUBLIC TO ROLE BASE;
      GRANT SELECT ON TABLE T TO ROLE READER; GRANT INSERT ON FUTURE TABLES IN SCHEMA DB.PUBLIC TO ROLE READER`,
  });
  admin = await WireClient.login(emulator.url, 'p', 'databaseName=DB&schemaName=PUBLIC');
  reader = await WireClient.login(emulator.url, 'p', 'databaseName=DB&schemaName=PUBLIC&roleName=READER');
});
afterAll(() => emulator?.close());

test.each([
  ['SELECT * FROM T', null],
  ['INSERT INTO T VALUES (1)', '003001'],
  ['DROP TABLE T', '003001'],
  ['ALTER TABLE T ADD COLUMN X INT', '003001'],
  ['SELECT * FROM HIDDEN', '002003'],
  ['CREATE TABLE MINE (N NUMBER)', '003001'],
])('a role with SELECT only: %s → %s', async (sql, code) => {
  expect((await reader.query(sql)).code).toBe(code);
});

test('future grants, ALL, REVOKE; grants are listed', async () => {
  await admin.query('CREATE TABLE LATER (N NUMBER)');
  expect((await reader.query('INSERT INTO LATER VALUES (1)')).code).toBe(null);
  await admin.query('GRANT ALL ON ALL TABLES IN SCHEMA DB.PUBLIC TO ROLE READER');
  expect((await reader.query('SELECT * FROM HIDDEN')).code).toBe(null);
  await admin.query('REVOKE ALL ON TABLE HIDDEN FROM ROLE READER');
  expect((await reader.query('SELECT * FROM HIDDEN')).code).toBe('002003');
  const listed = await admin.query('SHOW GRANTS ON TABLE T');
  expect(listed.data.rowset.map((row: string[]) => row[1]).sort()).toEqual(['ALL', 'OWNERSHIP', 'SELECT']);
});

test('a role that may not insert does not see the pipe', async () => {
  const keyPair = generateKeyPair();
  const open = async (role: string): Promise<number> => {
    const form = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: keyPairJwt(keyPair, 'U', { scp: `session:role:${role}` }),
    });
    const token = await call(`${emulator.url}/oauth/token`, 'POST', form.toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    });
    const channel = `${emulator.url}/v2/streaming/databases/DB/schemas/PUBLIC/pipes/HIDDEN-STREAMING/channels/C`;
    const headers = { authorization: `Bearer ${token.text}`, 'content-type': 'application/json' };
    return (await call(channel, 'PUT', '{}', headers)).status;
  };
  expect(await open('READER')).toBe(404);
  expect(await open('ACCOUNTADMIN')).toBe(200);
});
