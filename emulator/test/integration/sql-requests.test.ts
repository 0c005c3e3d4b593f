import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningEmulator, startEmulator } from '../../src/index.ts';
import { connectSql, type SqlClient } from '../support/sql-client.ts';
import { waitUntil } from '../support/wait-until.ts';
import { WireClient } from '../support/wire-client.ts';

let emulator: RunningEmulator;
let sql: SqlClient;
let wire: WireClient;

beforeAll(async () => {
  emulator = await startEmulator({ password: 'secret', init: 'CREATE DATABASE DB' });
  sql = await connectSql(emulator.url, { password: 'secret' });
  wire = await WireClient.login(emulator.url, 'secret', 'databaseName=DB&schemaName=PUBLIC');
});
afterAll(async () => {
  await sql?.close();
  await emulator?.close();
});

test('several statements: as many as announced, each with a result of its own', async () => {
  const both = await wire.query('SELECT 1; SELECT 2', { parameters: { MULTI_STATEMENT_COUNT: 2 } });
  const results = await Promise.all(
    (both.data.resultIds as string).split(',').map((id) => wire.call('GET', `/queries/${id}/result`)),
  );
  expect(results.map(({ data }) => data.rowset)).toEqual([[['1']], [['2']]]);
  expect((await wire.query('SELECT 1; SELECT 2; SELECT 3', { parameters: { MULTI_STATEMENT_COUNT: 0 } })).success).toBe(
    true,
  );
  expect(await wire.query('SELECT 1; SELECT 2')).toMatchObject({ success: false, code: '000008' });
});

test('an asynchronous query is monitored and fetched by its id', async () => {
  const started = await wire.query('SELECT 42 AS N', { asyncExec: true });
  expect(started).toMatchObject({ success: true, code: '333334' });
  const id: string = started.data.queryId;
  expect((await wire.call('GET', `/queries/${id}/result`)).data.rowset).toEqual([['42']]);
  expect((await wire.call('GET', `/monitoring/queries/${id}`)).data.queries).toMatchObject([{ id, status: 'SUCCESS' }]);
});

test('a running query is cancelled', async () => {
  const slow = 'SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 3000000)) A, TABLE(GENERATOR(ROWCOUNT => 3000000)) B';
  const started = await wire.query(slow, { asyncExec: true });
  const id: string = started.data.queryId;
  const status = async (): Promise<string> =>
    (await wire.call('GET', `/monitoring/queries/${id}`)).data.queries[0].status;
  expect(await status()).toBe('RUNNING');
  await waitUntil('the query ends', async () => {
    await wire.call('POST', `/queries/${id}/abort-request`, {});
    return (await status()) !== 'RUNNING';
  });
  expect(await wire.call('GET', `/queries/${id}/result`)).toMatchObject({ success: false, code: '000604' });
});

test('a request that comes twice runs once', async () => {
  await sql.query('CREATE TABLE ONCE (N NUMBER)');
  const requestId = '5d6b5d3c-0000-4000-8000-000000000001';
  await Promise.all([1, 2].map(() => wire.query('INSERT INTO ONCE VALUES (1)', {}, requestId)));
  expect(await sql.query('SELECT COUNT(*) AS N FROM ONCE')).toEqual([{ N: 1 }]);
});

test('without AUTOCOMMIT a change waits for COMMIT', async () => {
  await sql.query('CREATE TABLE HELD (N NUMBER)');
  await wire.query('ALTER SESSION SET AUTOCOMMIT = FALSE');
  await wire.query('INSERT INTO HELD VALUES (1)');
  await wire.query('ROLLBACK');
  await wire.query('INSERT INTO HELD VALUES (2)');
  expect(await sql.query('SELECT N FROM HELD')).toEqual([]);
  await wire.query('COMMIT');
  await wire.query('ALTER SESSION UNSET AUTOCOMMIT');
  expect(await sql.query('SELECT N FROM HELD')).toEqual([{ N: 2 }]);
});

test('PUT and COPY INTO: gzip, arrays, names, errors, files loaded once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'snowsink-put-'));
  const file = async (name: string, content: string | Buffer): Promise<string> => {
    await writeFile(join(folder, name), content);
    return `file://${join(folder, name)}`;
  };
  await sql.query('CREATE STAGE S FILE_FORMAT = (TYPE = JSON)');
  const upload = await sql.query(`PUT ${await file('a.json', '{"id":1,"v":{"big":123456789012345678901}}')} @S/in`);
  expect(upload).toMatchObject([{ source: 'a.json', target: 'a.json.gz', status: 'UPLOADED' }]);
  await sql.query(`PUT ${await file('b.json', gzipSync('{"id":2}\n\n{"id":\n3}'))} @S/in AUTO_COMPRESS = FALSE`);
  expect((await sql.query('LIST @S')).map(({ name }) => name)).toEqual(['s/in/a.json.gz', 's/in/b.json']);

  await sql.query('CREATE TABLE ONE (V VARIANT)');
  expect(await sql.query('COPY INTO ONE FROM @S')).toMatchObject([{ rows_loaded: 1 }, { rows_loaded: 2 }]);
  expect(await sql.query('COPY INTO ONE FROM @S')).toEqual([{ status: 'Copy executed with 0 files processed.' }]);
  expect(await sql.query('SELECT SUM(V:id::number) AS N, MAX(V:v.big::string) AS B FROM ONE')).toEqual([
    { N: 6, B: '123456789012345678901' },
  ]);

  await sql.query('CREATE TABLE NAMED (ID NUMBER NOT NULL, EXTRA VARCHAR)');
  await sql.query(`PUT ${await file('c.json', '[{"id":1,"extra":"x"},{"id":"y"},{"extra":"z"}]')} @S/bad`);
  const copy = `COPY INTO NAMED FROM @S/bad FILE_FORMAT = (STRIP_OUTER_ARRAY = TRUE) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE`;
  await expect(sql.query(copy)).rejects.toMatchObject({ code: '100038' });
  expect(await sql.query('SELECT COUNT(*) AS N FROM NAMED')).toEqual([{ N: 0 }]);
  expect(await sql.query(`${copy} ON_ERROR = CONTINUE`)).toMatchObject([
    { status: 'PARTIALLY_LOADED', rows_parsed: 3, rows_loaded: 1, errors_seen: 2 },
  ]);
  await expect(sql.query(`COPY INTO ONE FROM @S FILES = ('nope')`)).rejects.toMatchObject({ code: '091016' });
  await expect(sql.query('COPY INTO ONE FROM @NOPE')).rejects.toMatchObject({ code: '002003' });
  await sql.query(`GET @S/bad file://${folder}/`);
  expect(String(gunzipSync(await readFile(join(folder, 'c.json.gz'))))).toContain('"extra":"x"');
  expect((await sql.query('REMOVE @S')).length).toBe(3);
});

test('a driver that cannot use a token gets a signed URL for each file, which opens no other', async () => {
  const jdbc = await WireClient.login(emulator.url, 'secret', 'databaseName=DB&schemaName=PUBLIC', {
    CLIENT_APP_ID: 'JDBC',
    CLIENT_APP_VERSION: '4.4.1',
  });
  await jdbc.query('CREATE STAGE SIGNED');
  const put = await jdbc.query("PUT 'file://a b.json' @SIGNED/in");
  const { presignedUrl, creds } = put.data.stageInfo;
  expect(creds).toEqual({});
  const upload = (url: string): Promise<Response> => fetch(url, { method: 'PUT', body: '{"id":1}' });
  expect((await upload(presignedUrl)).status).toBe(200);
  expect((await upload(presignedUrl.replace('a%20b', 'other'))).status).toBe(403);
  const [url] = (await jdbc.query('GET @SIGNED file:///tmp')).data.presignedUrls;
  expect(await (await fetch(url)).text()).toBe('{"id":1}');
  expect((await jdbc.query('LIST @SIGNED')).data.rowset.map(([name]: string[]) => name)).toEqual([
    'signed/in/a b.json',
  ]);
});

test('describeOnly says columns and bind variables and runs nothing', async () => {
  const client = wire;
  await client.query('CREATE TABLE DESCRIBED (A NUMBER(10,2), B STRING)');
  const insert = await client.query('INSERT INTO DESCRIBED VALUES (?, ?)', { describeOnly: true });
  expect(insert.data).toMatchObject({
    numberOfBinds: 2,
    arrayBindSupported: true,
    statementTypeId: 0x3100,
    rowset: [],
  });
  const select = await client.query('SELECT A, B FROM DESCRIBED WHERE A > ?', { describeOnly: true });
  expect(select.data.rowtype).toMatchObject([
    { name: 'A', type: 'fixed', precision: 10, scale: 2 },
    { name: 'B', type: 'text' },
  ]);
  expect(select.data.numberOfBinds).toBe(1);
  expect((await client.query('SELECT COUNT(*) FROM DESCRIBED')).data.rowset).toEqual([['0']]);
});
