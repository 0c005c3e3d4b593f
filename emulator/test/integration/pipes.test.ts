import { expect, onTestFinished, test } from 'vitest';
import { startEmulator } from '../../src/index.ts';
import { call, generateKeyPair, keyPairJwt, StreamingClient } from '../support/streaming-client.ts';
import { waitUntil } from '../support/wait-until.ts';
import { WireClient } from '../support/wire-client.ts';

const keyPair = generateKeyPair();

const start = async (init: string): Promise<{ url: string; sql: WireClient }> => {
  const emulator = await startEmulator({ password: 'p', trustAnyKey: true, commitDelayMs: 0, init });
  onTestFinished(() => emulator.close());
  return { url: emulator.url, sql: await WireClient.login(emulator.url, 'p', 'databaseName=DB&schemaName=PUBLIC') };
};

test('a pipe with a SELECT: columns, whole row, rows that it cannot cast', async () => {
  const { url, sql } = await start(`CREATE DATABASE DB;
    CREATE TABLE T (ID NUMBER NOT NULL, AT TIMESTAMP_NTZ, WHOLE VARIANT, MADE NUMBER IDENTITY, D STRING DEFAULT 'd')
      ERROR_LOGGING = TRUE;
    CREATE PIPE P AS COPY INTO T (ID, AT, WHOLE) FROM (
      SELECT $1:id::NUMBER, $1:at::TIMESTAMP_NTZ, $1 FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING')))`);
  const client = await StreamingClient.connect(url, 'T', keyPair, 'P');
  expect((await client.open('c')).json.channel_status.pipe_name).toBe('P');
  const rows = [
    '{"id":1,"at":"2026-01-02 03:04:05","big":12345678901234567890123}',
    '{"id":"one"}',
    '{"at":null}',
    '{"id":4,"x":1.10}',
  ];
  await client.append('c', '0_1', '4', rows.join('\n'));
  await waitUntil('commit', async () => (await client.committed('c')) === '4');
  const status = (await client.status('c')).json.channel_statuses.c;
  expect(status).toMatchObject({ rows_inserted: 2, rows_error_count: 2 });
  const { data } = await sql.query('SELECT ID, AT, WHOLE::VARCHAR, MADE, D FROM T ORDER BY ID');
  expect(data.rowset).toEqual([
    ['1', '1767323045.000000000', '{"id":1,"at":"2026-01-02 03:04:05","big":12345678901234567890123}', '1', 'd'],
    // a rejected row takes its number with it
    ['4', null, '{"id":4,"x":1.10}', '3', 'd'],
  ]);
  const rejected = await sql.query(
    `SELECT ERROR_METADATA:error_message::STRING, ERROR_DATA['$1']::STRING FROM ERROR_TABLE(T) ORDER BY 1 DESC`,
  );
  expect(rejected.data.rowset).toEqual([
    ["Numeric value 'one' is not recognized", '{"id":"one"}'],
    ['NULL result in a non-nullable column', '{"at":null}'],
  ]);
});

test('ERROR_LOGGING keeps rejected rows for ERROR_TABLE', async () => {
  const { url, sql } = await start('CREATE DATABASE DB; CREATE TABLE T (ID NUMBER NOT NULL, N NUMBER(3))');
  expect((await sql.query('SELECT * FROM ERROR_TABLE(T)')).code).toBe('002003');
  await sql.query('ALTER TABLE T SET ERROR_LOGGING = TRUE');
  const client = await StreamingClient.connect(url, 'T', keyPair);
  await client.open('c');
  await client.append('c', '0_1', '9', '{"id":1,"n":1}\n{"id":null}\n{"id":2,"n":12345}');
  await waitUntil('commit', async () => (await client.committed('c')) === '9');
  const { data } = await sql.query(
    `SELECT ERROR_CODE, ERROR_METADATA:error_message::STRING, ERROR_METADATA:details.channel_name::STRING,
       ERROR_METADATA:details.offset_token_upper_bound::STRING, ERROR_DATA['$1']::STRING
     FROM ERROR_TABLE(T) ORDER BY 1 DESC`,
  );
  expect(data.rowset).toEqual([
    ['100072', 'NULL result in a non-nullable column', 'c', '9', '{"id":null}'],
    ['100038', "Numeric value '12345' is not recognized", 'c', '9', '{"id":2,"n":12345}'],
  ]);
  await sql.query('TRUNCATE ERROR_TABLE(T)');
  expect((await sql.query('SELECT COUNT(*) FROM ERROR_TABLE(T)')).data.rowset).toEqual([['0']]);
  expect((await sql.query('SELECT COUNT(*) FROM T')).data.rowset).toEqual([['1']]);
});

test('a pipe loads the files that insertFiles names, once, and reports', async () => {
  const { url, sql } = await start(`CREATE DATABASE DB; CREATE TABLE T (ID NUMBER); CREATE STAGE S;
    CREATE PIPE P AS COPY INTO T FROM @S/in FILE_FORMAT = (TYPE = CSV)`);
  const headers = { authorization: `Bearer ${keyPairJwt(keyPair, 'U')}`, 'content-type': 'application/json' };
  const base = `${url}/v1/data/pipes/DB.PUBLIC.P`;
  const insert = (...paths: string[]): ReturnType<typeof call> =>
    call(
      `${base}/insertFiles?requestId=r`,
      'POST',
      JSON.stringify({ files: paths.map((path) => ({ path })) }),
      headers,
    );
  const report = async (): Promise<Record<string, unknown>[]> =>
    (await call(`${base}/insertReport`, 'GET', undefined, headers)).json.files;
  await sql.upload('@S/in', 'a.csv', '1\n2\n');
  await sql.upload('@S/in', 'bad.csv', '3\nx\n');
  expect((await insert('a.csv', 'bad.csv', 'nope.csv')).json).toEqual({ requestId: 'r', status: 'SUCCESS' });
  await waitUntil('three reports', async () => (await report()).length === 3);
  expect(await report()).toMatchObject([
    { path: 'a.csv', status: 'LOADED', rowsInserted: 2, complete: true },
    { path: 'bad.csv', status: 'LOAD_FAILED', rowsInserted: 0, errorsSeen: 1, firstErrorLineNum: 2 },
    { path: 'nope.csv', status: 'LOAD_FAILED', systemError: "Remote file 'nope.csv' was not found." },
  ]);
  // Named again within 14 days, changed or not: nothing happens.
  await sql.upload('@S/in', 'a.csv', '7\n');
  await insert('a.csv');
  expect((await sql.query('SELECT ID FROM T ORDER BY ID')).data.rowset).toEqual([['1'], ['2']]);
  const since = `${base}/loadHistoryScan?startTimeInclusive=2020-01-01T00:00:00Z`;
  expect((await call(since, 'GET', undefined, headers)).json.files).toMatchObject([
    { path: 'a.csv' },
    { path: 'bad.csv' },
  ]);
  expect((await call(`${url}/v1/data/pipes/DB.PUBLIC.Q/insertFiles`, 'POST', '{}', headers)).status).toBe(404);
  expect((await call(`${base}/insertFiles`, 'POST', '{"files":[{}]}', headers)).status).toBe(400);
  expect((await call(`${base}/insertFiles`, 'POST', '{}', {})).status).toBe(401);
});
