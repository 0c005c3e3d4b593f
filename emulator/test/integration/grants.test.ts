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

test('schemas, databases, stages and pipes are guarded; who makes an object owns it', async () => {
  await admin.query('CREATE STAGE ST');
  await admin.query('CREATE SCHEMA OTHER');
  await admin.query('USE SCHEMA DB.PUBLIC');
  for (const [sql, code] of [
    ['LIST @DB.PUBLIC.ST', '002003'],
    ['CREATE STAGE MINE', '003001'],
    ['CREATE DATABASE MINE', '003001'],
    ['CREATE SCHEMA DB.MINE', '003001'],
    ['DROP SCHEMA DB.OTHER', '002003'],
    ['DROP DATABASE DB', '003001'],
    ['CREATE PIPE P AS COPY INTO T FROM @DB.PUBLIC.ST', '003001'],
  ] as const)
    expect([sql, (await reader.query(sql)).code]).toEqual([sql, code]);
  await admin.query('GRANT READ ON STAGE ST TO ROLE READER');
  expect((await reader.query('LIST @DB.PUBLIC.ST')).code).toBe(null);
  expect((await reader.query('PUT file:///tmp/x @DB.PUBLIC.ST')).code).toBe('003001');
  await admin.query('GRANT CREATE SCHEMA ON DATABASE DB TO ROLE READER');
  expect((await reader.query('CREATE SCHEMA DB.MINE')).code).toBe(null);
  expect((await reader.query('CREATE STAGE DB.MINE.S2')).code).toBe(null);
  expect((await reader.query('PUT file:///tmp/x @DB.MINE.S2')).code).toBe(null);
  expect((await reader.query('DROP SCHEMA DB.MINE')).code).toBe(null);
  await reader.query('USE SCHEMA DB.PUBLIC');
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
