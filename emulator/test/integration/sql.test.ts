import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningEmulator, startEmulator } from '../../src/index.ts';
import { connectSql, type SqlClient } from '../support/sql-client.ts';
import { generateKeyPair } from '../support/streaming-client.ts';

const keyPair = generateKeyPair();
let emulator: RunningEmulator;
let sql: SqlClient;

beforeAll(async () => {
  emulator = await startEmulator({
    user: 'U',
    publicKey: keyPair.publicPem,
    password: 'secret',
    init: `CREATE DATABASE DB;
      CREATE TABLE T (RECORD_METADATA VARIANT, RECORD_CONTENT VARIANT);
      INSERT INTO T SELECT PARSE_JSON(COLUMN1), PARSE_JSON(COLUMN2) FROM VALUES
        ('{"offset":2,"partition":0}', '{"id":5,"status":"paid","amount":1.50}'),
        ('{"offset":10,"partition":0}', '{"id":6,"status":"open","amount":2.25}'),
        ('{"offset":3,"partition":1}', '{"id":7,"status":"paid","amount":10}');`,
  });
  sql = await connectSql(emulator.url, { password: 'secret' });
});
afterAll(async () => {
  await sql?.close();
  await emulator?.close();
});

test('login: key pair and password; wrong ones are refused', async () => {
  const byKey = await connectSql(emulator.url, { authenticator: 'SNOWFLAKE_JWT', privateKey: keyPair.privatePem });
  expect(await byKey.query('SELECT CURRENT_USER() AS U')).toEqual([{ U: 'U' }]);
  await byKey.close();
  await expect(connectSql(emulator.url, { password: 'wrong' })).rejects.toMatchObject({ code: '390100' });
  const stranger = { authenticator: 'SNOWFLAKE_JWT', privateKey: generateKeyPair().privatePem };
  await expect(connectSql(emulator.url, stranger)).rejects.toMatchObject({ code: '390144' });
});

test('two keys of a user: both log in while one takes over from the other', async () => {
  const next = generateKeyPair();
  const bare = (pem: string): string => pem.replace(/-----[^-]+-----|\n/g, '');
  const login = async ({ privatePem }: typeof next): Promise<string> => {
    const failed = (error: { code?: unknown }) => String(error.code);
    const client = await connectSql(emulator.url, { authenticator: 'SNOWFLAKE_JWT', privateKey: privatePem }).catch(
      failed,
    );
    if (typeof client === 'string') return client;
    await client.close();
    return 'in';
  };
  const refused = '390144';
  expect([await login(keyPair), await login(next)]).toEqual(['in', refused]);
  await sql.query(`ALTER USER U SET RSA_PUBLIC_KEY_2 = '${bare(next.publicPem)}'`);
  expect([await login(keyPair), await login(next)]).toEqual(['in', 'in']);
  const shown = await sql.query('DESCRIBE USER U');
  expect(shown.filter(({ property }) => String(property).endsWith('_FP'))).toEqual([
    { property: 'RSA_PUBLIC_KEY_FP', value: expect.stringMatching(/^SHA256:/) },
    { property: 'RSA_PUBLIC_KEY_2_FP', value: expect.stringMatching(/^SHA256:/) },
  ]);
  await sql.query('ALTER USER U UNSET RSA_PUBLIC_KEY');
  expect([await login(keyPair), await login(next)]).toEqual([refused, 'in']);
  const noKey = sql.query(`ALTER USER U SET RSA_PUBLIC_KEY = 'no key'`);
  await expect(noKey).rejects.toThrow('New public key rejected');
  await sql.query(`ALTER USER U SET RSA_PUBLIC_KEY = '${keyPair.publicPem}'`);
  await sql.query('ALTER USER U UNSET RSA_PUBLIC_KEY_2');
  expect([await login(keyPair), await login(next)]).toEqual(['in', refused]);
});

test('BINARY arrives as bytes and prints as hexadecimal text', async () => {
  const [row] = await sql.query(`SELECT TO_BINARY('ABCD', 'HEX') AS B, TO_BINARY('ABCD', 'HEX')::VARCHAR AS T`);
  expect(Buffer.compare(row?.['B'] as Buffer, Buffer.from('ABCD', 'hex'))).toBe(0);
  expect(row?.['T']).toBe('ABCD');
});

test('VARIANT paths: casts, comparisons, order by value, aggregates, headings', async () => {
  expect(
    await sql.query(
      'SELECT RECORD_METADATA:offset::number, RECORD_CONTENT:status FROM T ORDER BY RECORD_METADATA:offset',
    ),
  ).toEqual(
    [
      [2, 'paid'],
      [3, 'paid'],
      [10, 'open'],
    ].map(([offset, status]) => ({
      'RECORD_METADATA:OFFSET::NUMBER': offset,
      'RECORD_CONTENT:STATUS': status,
    })),
  );
  expect(await sql.query(`SELECT COUNT(*) AS N FROM T WHERE RECORD_CONTENT:status = 'paid'`)).toEqual([{ N: 2 }]);
  expect(
    await sql.query(
      `SELECT RECORD_CONTENT:status::string AS S, COUNT(*) AS N, SUM(RECORD_CONTENT:amount::number(10,2)) AS TOTAL
       FROM T GROUP BY S HAVING COUNT(*) > 1`,
    ),
  ).toEqual([{ S: 'paid', N: 2, TOTAL: 11.5 }]);
  expect(
    await sql.query(
      'SELECT MAX(RECORD_METADATA:offset) AS M, COUNT(DISTINCT RECORD_METADATA:partition, RECORD_METADATA:offset) AS D FROM T',
    ),
  ).toEqual([{ M: 10, D: 3 }]);
});

test('binds, IDENTIFIER(?), qualified and quoted names', async () => {
  expect(
    await sql.query('SELECT COUNT(*) AS N FROM IDENTIFIER(?) WHERE RECORD_METADATA:offset > ?', ['db.public.t', 2]),
  ).toEqual([{ N: 2 }]);
  await sql.query('CREATE TABLE "lower" ("a b" VARCHAR, N NUMBER)');
  expect(
    await sql.query('INSERT INTO "lower" VALUES (?, ?)', [
      ["it's", 1],
      [null, 2],
    ] as never),
  ).toEqual([{ 'number of rows inserted': 2 }]);
  expect(await sql.query('SELECT "a b" FROM db."PUBLIC"."lower" ORDER BY N')).toEqual([
    { 'a b': "it's" },
    { 'a b': null },
  ]);
});

test('transactions: rollback undoes, DDL commits', async () => {
  await sql.query('CREATE TABLE TX (N NUMBER)');
  await sql.query('BEGIN');
  await sql.query('INSERT INTO TX VALUES (1)');
  await sql.query('ROLLBACK');
  expect(await sql.query('SELECT COUNT(*) AS N FROM TX')).toEqual([{ N: 0 }]);
  await sql.query('BEGIN');
  await sql.query('INSERT INTO TX VALUES (1)');
  await sql.query('CREATE TABLE TX2 (N NUMBER)');
  await sql.query('ROLLBACK');
  expect(await sql.query('SELECT COUNT(*) AS N FROM TX')).toEqual([{ N: 1 }]);
  expect(await sql.query('UPDATE TX SET N = 2 WHERE N = 1')).toEqual([
    { 'number of rows updated': 1, 'number of multi-joined rows updated': 0 },
  ]);
});

test('DESCRIBE, SHOW and ALTER', async () => {
  await sql.query(`CREATE TABLE SHAPED (A NUMBER(10,2) NOT NULL DEFAULT 3, B VARCHAR(20) COMMENT 'c')`);
  await sql.query('ALTER TABLE SHAPED ADD COLUMN IF NOT EXISTS "x y" VARIANT, Z TIMESTAMP_TZ');
  await sql.query('ALTER TABLE SHAPED ALTER COLUMN A DROP NOT NULL');
  const columns = await sql.query('DESCRIBE TABLE SHAPED');
  expect(columns.map((column) => [column['name'], column['type'], column['null?'], column['default']])).toEqual([
    ['A', 'NUMBER(10,2)', 'Y', '3'],
    ['B', 'VARCHAR(20)', 'Y', null],
    ['x y', 'VARIANT', 'Y', null],
    ['Z', 'TIMESTAMP_TZ(9)', 'Y', null],
  ]);
  expect(await sql.query(`SHOW TABLES LIKE 'shape_'`)).toMatchObject([{ name: 'SHAPED', schema_name: 'PUBLIC' }]);
  expect((await sql.query('SHOW COLUMNS IN TABLE SHAPED')).length).toBe(4);
});

test.each([
  ['SELECT * FROM NOPE', '002003', '42S02'],
  ['SELEC 1', '001003', '42000'],
  ['SELECT NO_SUCH_COLUMN FROM T', '000904', '42000'],
  ['CREATE TABLE T (A INT)', '002002', '42710'],
  ['USE SCHEMA NOWHERE', '002003', '02000'],
  ['GRANT ALL ON TABLE T TO ROLE R', '002003', '42S02'],
  [`SELECT 'x'::NUMBER`, '100038', '22018'],
  ['SELECT SYSTEM$WHITELIST()', '000002', '0A000'],
])('%s is refused with %s', async (statement, code, sqlState) => {
  await expect(sql.query(statement)).rejects.toMatchObject({ code, sqlState });
});

test('what is missing says that the emulator lacks it', async () => {
  await expect(sql.query('CREATE FUNCTION F() RETURNS INT AS $$1$$')).rejects.toThrow(
    'the snowsink emulator does not have',
  );
});
