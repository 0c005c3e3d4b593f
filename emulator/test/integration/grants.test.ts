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
    commitDelayMs: 0,
    init: `CREATE DATABASE DB; CREATE TABLE T (N NUMBER); CREATE TABLE HIDDEN (N NUMBER);
      CREATE ROLE READER; CREATE ROLE BASE; GRANT ROLE BASE TO ROLE READER; GRANT ROLE READER TO USER U;
      GRANT USAGE ON DATABASE DB TO ROLE BASE; GRANT USAGE ON SCHEMA DB.PUBLIC TO ROLE BASE;
      GRANT SELECT ON TABLE T TO ROLE READER; GRANT INSERT ON FUTURE TABLES IN SCHEMA DB.PUBLIC TO ROLE READER`,
  });
  admin = await WireClient.login(emulator.url, 'p', 'databaseName=DB&schemaName=PUBLIC');
  reader = await WireClient.login(emulator.url, 'p', 'databaseName=DB&schemaName=PUBLIC&roleName=READER');
});
afterAll(() => emulator?.close());

test('a login with a role that is not there, or not granted to the user, is refused', async () => {
  await admin.query('CREATE ROLE STRANGER');
  const loginAs = (role: string) => WireClient.login(emulator.url, 'p', `roleName=${role}`);
  for (const role of ['NOBODY', 'STRANGER'])
    await expect(loginAs(role)).rejects.toThrow(
      `Role '${role}' specified in the connect string does not exist or not authorized.`,
    );
  for (const role of ['BASE', 'PUBLIC', 'reader']) await loginAs(role);
});

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

const authorization = async (role: string): Promise<string> => {
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: keyPairJwt(generateKeyPair(), 'U', { scp: `session:role:${role}` }),
  });
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  return `Bearer ${(await call(`${emulator.url}/oauth/token`, 'POST', form.toString(), type)).text}`;
};

const streaming = '/v2/streaming';
const channelOf = (table: string): string => `/databases/DB/schemas/PUBLIC/pipes/${table}-STREAMING/channels/C`;

const open = async (table: string, role: string): ReturnType<typeof call> =>
  call(`${emulator.url}${streaming}${channelOf(table)}`, 'PUT', '{}', {
    authorization: await authorization(role),
    'content-type': 'application/json',
  });

test('a role that may not insert does not see the pipe', async () => {
  expect((await open('HIDDEN', 'READER')).status).toBe(404);
  expect((await open('HIDDEN', 'ACCOUNTADMIN')).status).toBe(200);
});

test('columns change with EVOLVE SCHEMA or OWNERSHIP only: by ALTER TABLE, COPY INTO and streaming', async () => {
  await admin.query('CREATE TABLE E (N NUMBER NOT NULL) ENABLE_SCHEMA_EVOLUTION = TRUE');
  await admin.query('CREATE STAGE ES FILE_FORMAT = (TYPE = JSON)');
  await admin.query('GRANT READ ON STAGE ES TO ROLE READER');
  await admin.upload('@ES', 'a.json', '{"n":1,"c":true}');
  const columns = async (): Promise<string> => {
    const { data } = await admin.query('DESCRIBE TABLE E');
    return data.rowset.map(([name, type, , nullable]: string[]) => `${name} ${type} ${nullable}`).join(', ');
  };
  const copy = 'COPY INTO E FROM @ES MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE FORCE = TRUE';
  const append = async (row: string): Promise<void> => {
    const { json } = await open('E', 'READER');
    const token = encodeURIComponent(json['next_continuation_token']);
    const path = `${streaming}/data${channelOf('E')}/rows?continuationToken=${token}&endOffsetToken=1`;
    const headers = { authorization: await authorization('READER'), 'content-type': 'application/x-ndjson' };
    const rows = Number((await admin.query('SELECT COUNT(*) FROM E')).data.rowset[0][0]);
    expect((await call(`${emulator.url}${path}`, 'POST', row, headers)).status).toBe(200);
    await expect
      .poll(async () => Number((await admin.query('SELECT COUNT(*) FROM E')).data.rowset[0][0]), { timeout: 20_000 })
      .toBe(rows + 1);
  };
  for (const sql of ['ADD COLUMN S VARCHAR', 'ALTER COLUMN N DROP NOT NULL', "SET COMMENT = 'x'", 'DROP COLUMN N'])
    expect((await reader.query(`ALTER TABLE E ${sql}`)).code).toBe('003001');
  expect((await reader.query(copy)).code).toBe(null);
  await append('{"n":2,"d":[1]}');
  expect(await columns()).toBe('N NUMBER(38,0) N');

  await admin.query('GRANT EVOLVE SCHEMA ON TABLE E TO ROLE READER');
  expect((await reader.query("ALTER TABLE E ADD COLUMN IF NOT EXISTS S VARCHAR(5) COMMENT 'new'")).code).toBe(null);
  for (const sql of ["SET COMMENT = 'x'", 'DROP COLUMN N', 'RENAME TO F', 'ALTER COLUMN S TYPE VARCHAR(9)'])
    expect((await reader.query(`ALTER TABLE E ${sql}`)).code).toBe('003001');
  expect((await reader.query(copy)).code).toBe(null);
  await append('{"d":[1]}');
  expect(await columns()).toBe('N NUMBER(38,0) Y, S VARCHAR(5) Y, C BOOLEAN Y, D VARIANT Y');
});
