import { existsSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { DestinationRefusedError, RetriableError, silentLogger, type TableService } from '../../../src/api/index.ts';
import { createTableService } from '../../../src/destinations/index.ts';
import { testAccount } from './in-memory-snowflake.ts';
import { type ScriptedSqlServer, type SqlAnswer, startScriptedSqlServer } from './scripted-sql-server.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Script = Parameters<typeof startScriptedSqlServer>[0];

const setUp = async (script: Script): Promise<{ server: ScriptedSqlServer; tables: TableService }> => {
  const server = await startScriptedSqlServer(script);
  const account = { ...testAccount, privateKey: testAccount.privateKey, url: server.url };
  const tables = createTableService({ account, logger: silentLogger });
  closers.push(server.close, () => tables.close());
  return { server, tables };
};

const created: SqlAnswer = { columns: ['status'], rows: [['Table created.']] };
const missing: SqlAnswer = {
  code: '002003',
  message: "SQL compilation error:\nTable 'DB.PUBLIC.T' does not exist or not authorized.",
};

test('describes and creates by quoted names, over one key-pair session', async () => {
  const { server, tables } = await setUp({
    answer: (sql) =>
      sql.startsWith('DESCRIBE')
        ? {
            columns: ['name', 'type', 'kind', 'null?', 'default'],
            rows: [
              ['RECORD_METADATA', 'VARIANT', 'COLUMN', 'Y', null],
              ['id "x"', 'NUMBER(38,0)', 'COLUMN', 'N', 'IDENTITY START 1 INCREMENT 1'],
            ],
          }
        : created,
  });
  expect(await tables.describe('we"ird')).toEqual([
    { name: 'RECORD_METADATA', type: 'VARIANT', nullable: true, hasDefault: false },
    { name: 'id "x"', type: 'NUMBER(38,0)', nullable: false, hasDefault: true },
  ]);
  await Promise.all([tables.create('ORDERS', 'record-content'), tables.create('orders', 'schematized')]);
  expect(server.statements).toEqual([
    'DESCRIBE TABLE "DB"."PUBLIC"."we""ird"',
    'CREATE TABLE IF NOT EXISTS "DB"."PUBLIC"."ORDERS" (RECORD_METADATA VARIANT, RECORD_CONTENT VARIANT)',
    expect.stringMatching(
      /^CREATE TABLE IF NOT EXISTS "DB"."PUBLIC"."orders" \(RECORD_METADATA VARIANT COMMENT '.*'\) ENABLE_SCHEMA_EVOLUTION = TRUE ERROR_LOGGING = TRUE$/,
    ),
  ]);
  expect(server.logins).toEqual([expect.objectContaining({ LOGIN_NAME: 'loader', AUTHENTICATOR: 'SNOWFLAKE_JWT' })]);
  expect(server.otherPaths.filter((path) => path.includes('telemetry'))).toEqual([]);
  expect(existsSync('snowflake.log')).toBe(false);
});

test('a missing table is null, not an error', async () => {
  const { tables } = await setUp({ answer: () => missing });
  expect(await tables.describe('T')).toBeNull();
});

test.each([
  [
    '002003',
    "Schema 'DB.PUBLIC' does not exist or not authorized.",
    /snowflake\.schema\.name.*GRANT USAGE ON SCHEMA DB\.PUBLIC TO ROLE LOADER_ROLE/s,
  ],
  [
    '003001',
    'Insufficient privileges to operate on schema',
    /GRANT CREATE TABLE ON SCHEMA DB\.PUBLIC TO ROLE LOADER_ROLE/,
  ],
])('a create refused with %s says what to grant', async (code, message, advice) => {
  const { tables } = await setUp({ answer: () => ({ code, message }) });
  const error = await tables.create('T', 'record-content').catch((refused: unknown) => refused);
  expect(error).toBeInstanceOf(DestinationRefusedError);
  expect(String(error)).toMatch(advice);
});

test('an alter refused names the table and the grant', async () => {
  const { tables } = await setUp({ answer: () => ({ code: '003001', message: 'Insufficient privileges' }) });
  const change = { add: [{ name: 'A', type: 'INT', comment: null }], dropNotNull: [], widen: [] };
  await expect(tables.alter('T', change)).rejects.toThrow(
    'GRANT EVOLVE SCHEMA ON TABLE "DB"."PUBLIC"."T" TO ROLE LOADER_ROLE;',
  );
});

test('a login refused says which property', async () => {
  const { tables } = await setUp({
    login: () => ({ code: '390144', message: 'JWT token is invalid.' }),
    answer: () => created,
  });
  const error = await tables.describe('T').catch((refused: unknown) => refused);
  expect(error).toBeInstanceOf(DestinationRefusedError);
  expect(String(error)).toMatch(/390144.*JWT token is invalid.*snowflake\.user\.name \(loader\)/s);
});

test('logs in again when the session is gone', async () => {
  let isGone = true;
  const { server, tables } = await setUp({
    answer: () => {
      if (!isGone) return created;
      isGone = false;
      return { code: '390111', message: 'Session no longer exists. New login required to access the service.' };
    },
  });
  await tables.create('T', 'record-content');
  expect(server.logins.length).toBe(2);
  expect(server.statements.length).toBe(2);
});

test('an account that cannot be reached may be tried again, by our own time limit', async () => {
  const account = { ...testAccount, privateKey: testAccount.privateKey, url: 'http://127.0.0.1:1' };
  const tables = createTableService({ account, logger: silentLogger, connectTimeoutMs: 500 });
  closers.push(() => tables.close());
  const error = await tables.describe('T').catch((refused: unknown) => refused);
  expect(error).toBeInstanceOf(RetriableError);
  expect(String(error)).toContain('check snowflake.url.name');
});

const rowsOf = (columns: string[], rows: (string | null)[][]): SqlAnswer => ({ columns, rows });

test.each([
  ['Y', 'EVOLVE SCHEMA', 'LOADER_ROLE', 'allowed'],
  ['Y', 'ownership', 'LOADER_ROLE', 'allowed'],
  ['Y', 'INSERT', 'LOADER_ROLE', 'forbidden'],
  ['Y', 'OWNERSHIP', 'loader_role', 'forbidden'],
  ['N', 'OWNERSHIP', 'LOADER_ROLE', 'disabled'],
])('evolution: flag %s, %s to role %s: %s', async (flag, privilege, grantee, expected) => {
  const { server, tables } = await setUp({
    answer: (sql) =>
      sql.startsWith('SHOW TABLES')
        ? rowsOf(['name', 'enable_schema_evolution'], [['A_B', flag]])
        : rowsOf(['privilege', 'grantee_name'], [[privilege, grantee]]),
  });
  expect(await tables.evolution('A_B')).toBe(expected);
  expect(server.statements[0]).toBe(`SHOW TABLES LIKE 'A\\\\_B' IN SCHEMA "DB"."PUBLIC"`);
});

test('alters in one statement for each kind of change, comments and names quoted', async () => {
  const { server, tables } = await setUp({ answer: () => created });
  const change = {
    add: [
      { name: 'a"b', type: 'INT', comment: "it's\\" },
      { name: 'C', type: 'VARCHAR', comment: null },
    ],
    widen: [{ name: 'V', type: 'VARCHAR(20)' }],
    dropNotNull: ['N'],
  };
  await tables.alter('T', change);
  expect(server.statements).toEqual([
    `ALTER TABLE "DB"."PUBLIC"."T" ADD COLUMN IF NOT EXISTS "a""b" INT COMMENT 'it''s\\\\', IF NOT EXISTS "C" VARCHAR COMMENT 'column created by schema evolution from snowsink'`,
    'ALTER TABLE "DB"."PUBLIC"."T" ALTER "V" SET DATA TYPE VARCHAR(20)',
    `ALTER TABLE "DB"."PUBLIC"."T" ALTER "N" DROP NOT NULL, "N" COMMENT 'column altered to be nullable by schema evolution from snowsink'`,
  ]);
  expect(await tables.plan('T', change)).toEqual(server.statements);
});

test('a table of another schema or database is found there', async () => {
  const { server, tables } = await setUp({ answer: () => created });
  await tables.create('"OTHER"."T"', 'record-content');
  await tables.create('"X"."y""z"."t.1"', 'record-content');
  await tables.create('a.b', 'record-content');
  expect(server.statements.map((sql) => sql.split(' ')[5])).toEqual([
    '"DB"."OTHER"."T"',
    '"X"."y""z"."t.1"',
    '"DB"."PUBLIC"."a.b"',
  ]);
});

test('Iceberg tables: format 3 is tried first, ALTER names their kind, SHOW ICEBERG TABLES tells', async () => {
  const noVariant = { code: '091386', message: "Unsupported data type 'VARIANT' for iceberg tables." };
  const { server, tables } = await setUp({
    answer: (sql) => {
      if (sql.startsWith('SHOW ICEBERG')) return { columns: ['name', 'enable_schema_evolution'], rows: [['T', 'Y']] };
      if (sql.startsWith('SHOW GRANTS'))
        return { columns: ['privilege', 'grantee_name'], rows: [['OWNERSHIP', 'LOADER_ROLE']] };
      if (sql.startsWith('SHOW')) return { columns: ['name', 'enable_schema_evolution'], rows: [] };
      return sql.includes('VARIANT') ? noVariant : created;
    },
  });
  const iceberg = { clauses: " EXTERNAL_VOLUME = 'v' ", metadataType: 'OBJECT(offset LONG)' };
  await tables.create('T', 'schematized', iceberg);
  await tables.alter('T', { add: [], dropNotNull: [], widen: [{ name: 'O', type: 'OBJECT(a LONG)' }], iceberg: true });
  const rest = "EXTERNAL_VOLUME = 'v' CATALOG = 'SNOWFLAKE' ENABLE_SCHEMA_EVOLUTION = TRUE ERROR_LOGGING = TRUE";
  expect(server.statements).toEqual([
    `CREATE ICEBERG TABLE IF NOT EXISTS "DB"."PUBLIC"."T" (RECORD_METADATA VARIANT) ${rest}`,
    `CREATE ICEBERG TABLE IF NOT EXISTS "DB"."PUBLIC"."T" (RECORD_METADATA OBJECT(offset LONG)) ${rest}`,
    'ALTER ICEBERG TABLE "DB"."PUBLIC"."T" ALTER "O" SET DATA TYPE OBJECT(a LONG)',
  ]);
  expect(await tables.isIceberg('T')).toBe(true);
  expect(await tables.isIceberg('t')).toBe(false);
  expect(await tables.evolution('T')).toBe('allowed');
  await expect(tables.create('T', 'record-content', iceberg)).rejects.toThrow(/ICEBERG_VERSION = 3/);
});

test('an account without Iceberg tables has none', async () => {
  const { tables } = await setUp({ answer: () => ({ code: '000002', message: 'Unsupported feature' }) });
  expect(await tables.isIceberg('T')).toBe(false);
});

test('an Iceberg table that may not be made: the grants that it needs', async () => {
  const { tables } = await setUp({ answer: () => ({ code: '003001', message: 'Insufficient privileges' }) });
  const iceberg = { clauses: '', metadataType: 'OBJECT(offset LONG)' };
  await expect(tables.create('T', 'schematized', iceberg)).rejects.toThrow(
    /GRANT CREATE ICEBERG TABLE ON SCHEMA DB\.PUBLIC TO ROLE LOADER_ROLE.*GRANT USAGE ON EXTERNAL VOLUME/,
  );
});
