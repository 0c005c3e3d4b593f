import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningEmulator, startEmulator } from '../../src/index.ts';
import { connectSql, type SqlClient } from '../support/sql-client.ts';
import { call, generateKeyPair, keyPairJwt, StreamingClient } from '../support/streaming-client.ts';
import { waitUntil } from '../support/wait-until.ts';

const keyPair = generateKeyPair();
let emulator: RunningEmulator;
let sql: SqlClient;

beforeAll(async () => {
  emulator = await startEmulator({
    user: 'U',
    publicKey: keyPair.publicPem,
    commitDelayMs: 20,
    init: 'CREATE DATABASE DB',
  });
  sql = await connectSql(emulator.url, { authenticator: 'SNOWFLAKE_JWT', privateKey: keyPair.privatePem });
});
afterAll(async () => {
  await sql?.close();
  await emulator?.close();
});

const landingTable = async (table: string): Promise<StreamingClient> => {
  await sql.query(`CREATE TABLE ${table} (RECORD_METADATA VARIANT, RECORD_CONTENT VARIANT)`);
  return StreamingClient.connect(emulator.url, table, keyPair);
};

const openToken = async (client: StreamingClient, channel = 'c'): Promise<string> =>
  (await client.open(channel)).json.next_continuation_token;

const committedTo = (client: StreamingClient, token: string, channel = 'c'): Promise<void> =>
  waitUntil(`token ${token}`, async () => (await client.committed(channel)) === token);

test('discovery and token exchange in every form', async () => {
  const jwt = keyPairJwt(keyPair, 'U', { scp: 'session:role:R1' });
  const bearer = { authorization: `Bearer ${jwt}` };
  expect((await call(`${emulator.url}/v2/streaming/hostname`, 'GET', undefined, bearer)).text).toBe('127.0.0.1');
  const form = 'grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&scope=127.0.0.1';
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const byHeader = await call(`${emulator.url}/oauth/token`, 'POST', form, { ...type, ...bearer });
  const byForm = await call(`${emulator.url}/oauth/token`, 'POST', `${form}&assertion=${jwt}`, type);
  for (const { status, text } of [byHeader, byForm]) {
    expect(status).toBe(200);
    const claims = JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString());
    expect(claims.exp).toBeGreaterThan(Date.now() / 1000);
  }
  const stranger = `Bearer ${keyPairJwt(generateKeyPair(), 'U')}`;
  const refused = await call(`${emulator.url}/v2/streaming/hostname`, 'GET', undefined, { authorization: stranger });
  expect(refused).toMatchObject({ status: 401, json: { code: '390144' } });
});

test('rows land as sent, digit for digit, in identity, gzip and zstd', async () => {
  const client = await landingTable('ENCODINGS');
  const row = '{"record_metadata":{"offset":1},"RECORD_CONTENT":{"big":12345678901234567890123,"d":1.10},"more":1}\n\n';
  let token = await openToken(client);
  token = (await client.append('c', token, '1', row)).json.next_continuation_token;
  token = (await client.append('c', token, '2', gzipSync(row), { 'content-encoding': 'gzip' })).json
    .next_continuation_token;
  const last = await client.append('c', token, '3', zstdCompressSync(row), { 'content-encoding': 'zstd' });
  expect(last.json.next_continuation_token).toBe('0_4');
  await committedTo(client, '3');
  const rows = await sql.query(
    `SELECT RECORD_CONTENT:big::string AS BIG, TO_VARCHAR(RECORD_CONTENT) AS ALL_OF_IT, RECORD_METADATA:offset::number AS O
     FROM ENCODINGS`,
  );
  expect(rows).toEqual(
    Array(3).fill({
      BIG: '12345678901234567890123',
      ALL_OF_IT: expect.stringContaining('12345678901234567890123'),
      O: 1,
    }),
  );
  expect((await client.status('c', 'unknown')).json.channel_statuses).toEqual({
    c: expect.objectContaining({ channel_status_code: 'SUCCESS', rows_inserted: 3, rows_error_count: 0 }),
  });
});

test('refusals: no Accept, wrong types, malformed rows, too large, no such pipe; nothing of them is kept', async () => {
  const client = await landingTable('REFUSALS');
  const token = await openToken(client);
  expect((await client.append('c', token, '1', '{}', { 'content-type': 'text/plain' })).status).toBe(415);
  expect((await client.append('c', token, '1', '{"a":1}\n{"a":')).status).toBe(400);
  expect((await client.append('c', token, '1', '\n\n')).status).toBe(400);
  expect((await client.append('c', token, '1', Buffer.from('no zstd'), { 'content-encoding': 'zstd' })).status).toBe(
    400,
  );
  expect((await client.append('c', token, '1', Buffer.alloc(4 * 1024 * 1024 + 1, 32))).status).toBe(413);
  expect((await client.append('c', token, '1', '{}', { accept: 'text/plain' })).json.code).toBe('391902');
  expect((await client.append('nobody', token, '1', '{}')).json.error_code).toBe(
    'ERR_CHANNEL_DOES_NOT_EXIST_OR_NOT_AUTHORIZED',
  );
  const other = await StreamingClient.connect(emulator.url, 'NO_TABLE', keyPair);
  expect(await other.status('c')).toMatchObject({
    status: 404,
    json: { error_code: 'ERR_TABLE_DOES_NOT_EXIST_NOT_AUTHORIZED' },
  });
  expect((await client.append('c', token, '1', '{"RECORD_CONTENT":1}')).json.next_continuation_token).toBe('0_2');
  await committedTo(client, '1');
  expect(await sql.query('SELECT COUNT(*) AS N FROM REFUSALS')).toEqual([{ N: 1 }]);
});

test('typed columns: good rows land, bad ones are counted with the last message', async () => {
  await sql.query(
    `CREATE TABLE TYPED (ID NUMBER(38,0) NOT NULL, NAME VARCHAR(3), AMOUNT NUMBER(10,2) DEFAULT 7, OK BOOLEAN,
       AT TIMESTAMP_NTZ, Z TIMESTAMP_TZ, L TIMESTAMP_LTZ, V VARIANT, SEQ INT AUTOINCREMENT)`,
  );
  const client = await StreamingClient.connect(emulator.url, 'TYPED', keyPair);
  const body = [
    '{"id":1,"NAME":"abc","amount":"12.345","ok":true,"at":"2024-01-15T13:45:30+02:00","z":"2024-01-15T13:45:30.5+05:30","l":"2024-01-15 13:45:30 +0100","v":{"a":1}}',
    '{"id":"x"}',
    '{"id":2,"name":"abcd"}',
    '{"id":3,"at":1705312800123,"ok":"yes","amount":null}',
    '{"name":"y"}',
  ].join('\n');
  await client.append('c', await openToken(client), '9', body);
  await committedTo(client, '9');
  expect((await client.status('c')).json.channel_statuses.c).toMatchObject({
    rows_inserted: 2,
    rows_parsed: 5,
    rows_error_count: 3,
    last_error_message: 'NULL result in a non-nullable column',
    last_error_offset_upper_bound: '9',
  });
  const rows = await sql.query(
    'SELECT ID, NAME, AMOUNT, OK, AT::VARCHAR AS AT, V, Z::VARCHAR AS Z, L::VARCHAR AS L FROM TYPED ORDER BY ID',
  );
  expect(rows).toEqual([
    {
      ID: 1,
      NAME: 'abc',
      AMOUNT: 12.35,
      OK: true,
      AT: '2024-01-15 13:45:30.000',
      V: { a: 1 },
      Z: '2024-01-15 13:45:30.500 +0530',
      L: '2024-01-15 12:45:30.000 +0000',
    },
    { ID: 3, NAME: null, AMOUNT: null, OK: true, AT: '2024-01-15 10:00:00.123', V: null, Z: null, L: null },
  ]);
});

test('a table that allows it grows columns and drops NOT NULL', async () => {
  await sql.query('CREATE TABLE EVOLVING (RECORD_METADATA VARIANT NOT NULL) ENABLE_SCHEMA_EVOLUTION = TRUE');
  const client = await StreamingClient.connect(emulator.url, 'EVOLVING', keyPair);
  const body = '{"id":1,"name":"n","ratio":1.5,"flag":true,"nested":{"x":1},"nothing":null}\n{"id":2}';
  await client.append('c', await openToken(client), '1', body);
  await committedTo(client, '1');
  const columns = await sql.query('DESCRIBE TABLE EVOLVING');
  expect(columns.map((column) => [column['name'], column['type'], column['null?']])).toEqual([
    ['RECORD_METADATA', 'VARIANT', 'Y'],
    ['ID', 'NUMBER(38,0)', 'Y'],
    ['NAME', 'VARCHAR(16777216)', 'Y'],
    ['RATIO', 'FLOAT', 'Y'],
    ['FLAG', 'BOOLEAN', 'Y'],
    ['NESTED', 'VARIANT', 'Y'],
    ['NOTHING', 'VARCHAR(16777216)', 'Y'],
  ]);
  expect(await sql.query('SELECT ID FROM EVOLVING ORDER BY ID')).toEqual([{ ID: 1 }, { ID: 2 }]);
});

test('Iceberg: structured columns take what can be cast to them, and fields without a column add none', async () => {
  await sql.query(
    `CREATE ICEBERG TABLE ICE (ID LONG, M OBJECT(offset LONG, "a/b" MAP(INT, VARCHAR)), L ARRAY(OBJECT(x INT NOT NULL)))
     CATALOG = 'SNOWFLAKE' ENABLE_SCHEMA_EVOLUTION = TRUE`,
  );
  const client = await StreamingClient.connect(emulator.url, 'ICE', keyPair);
  const rows = [
    '{"ID":1,"M":{"offset":1,"a/b":{"7":"x"}},"L":[{"x":1},{"x":2}],"more":1}',
    '{"ID":2,"M":{"offset":null,"a/b":null},"L":[]}',
    '{"ID":3,"M":null}',
    '{"ID":4,"M":{"offset":1}}',
    '{"ID":5,"M":{"offset":1,"a/b":null,"c":1}}',
    '{"ID":6,"M":{"offset":"one","a/b":null}}',
    '{"ID":7,"M":{"offset":1,"a/b":{"x":"y"}}}',
    '{"ID":8,"L":[{"x":null}]}',
    '{"ID":9,"L":{"x":1}}',
  ];
  await client.append('c', await openToken(client), '9', rows.join('\n'));
  await committedTo(client, '9');
  expect((await client.status('c')).json.channel_statuses.c).toMatchObject({ rows_inserted: 3, rows_error_count: 6 });
  expect(await sql.query('SELECT ID, M:"a/b" AS MAP, L FROM ICE ORDER BY ID')).toEqual([
    { ID: 1, MAP: { 7: 'x' }, L: [{ x: 1 }, { x: 2 }] },
    { ID: 2, MAP: null, L: [] },
    { ID: 3, MAP: null, L: null },
  ]);
  expect(await sql.query('DESCRIBE TABLE ICE')).toHaveLength(3);
});

test('SYSTEM$SNOWPIPE_STREAMING_MIGRATE_CHANNEL_OFFSET_TOKEN hands a token to another channel', async () => {
  await sql.query('CREATE TABLE MOVED (A NUMBER)');
  const client = await StreamingClient.connect(emulator.url, 'MOVED', keyPair);
  await client.open('old_0');
  await client.append('old_0', '0_1', '41', '{"a":1}');
  await waitUntil('commit', async () => (await client.committed('old_0')) === '41');
  await client.open('new_0');
  const [row] = await sql.query(`select SYSTEM$SNOWPIPE_STREAMING_MIGRATE_CHANNEL_OFFSET_TOKEN((?), (?), (?)) AS R;`, [
    'DB.PUBLIC.MOVED',
    'old_0',
    'new_0',
  ]);
  expect(JSON.parse(String(row?.['R']))).toMatchObject({ responseCode: 50 });
  expect(await client.committed('new_0')).toBe('41');
});

test('drop forgets the token; replacing the table forgets its channels', async () => {
  const client = await landingTable('DROPPED');
  await client.append('c', await openToken(client), '5', '{"RECORD_CONTENT":1}');
  await committedTo(client, '5');
  expect((await client.drop('c')).status).toBe(200);
  expect((await client.drop('c')).status).toBe(404);
  expect((await client.open('c')).json).toMatchObject({
    next_continuation_token: '1_1',
    channel_status: { last_committed_offset_token: null },
  });
  await sql.query('CREATE OR REPLACE TABLE DROPPED (RECORD_METADATA VARIANT, RECORD_CONTENT VARIANT)');
  expect((await client.status('c')).json.channel_statuses).toEqual({});
  await sql.query('DROP TABLE DROPPED');
  expect((await client.open('c')).status).toBe(404);
});

test('a lower-case table has its own pipe', async () => {
  await sql.query('CREATE TABLE "orders" (V VARIANT)');
  await sql.query('CREATE TABLE ORDERS (V VARIANT)');
  const client = await StreamingClient.connect(emulator.url, '"orders"', keyPair);
  expect((await client.open('c')).status).toBe(404);
  const quoted = `${emulator.url}/v2/streaming/databases/DB/schemas/PUBLIC/pipes/%22orders-STREAMING%22/channels/c`;
  const opened = await call(quoted, 'PUT', '{}', {
    authorization: `Bearer ${keyPairJwt(keyPair, 'U')}`,
    'x-snowflake-authorization-token-type': 'KEYPAIR_JWT',
    'content-type': 'application/json',
  });
  expect(opened.json.channel_status.pipe_name).toBe('orders-STREAMING');
});
