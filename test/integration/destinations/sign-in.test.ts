import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningEmulator, startEmulator } from '../../../emulator/src/index.ts';
import { createServerCertificate } from '../../../emulator/test/support/certificate.ts';
import {
  asLastOffset,
  type Destination,
  type RowBatch,
  type SnowflakeAccount,
  type SnowflakeSignIn,
  silentLogger,
} from '../../../src/api/index.ts';
import { createSnowpipeStreaming, createTableService } from '../../../src/destinations/index.ts';
import { type HttpProxy, startHttpProxy } from '../../support/http-proxy.ts';
import { createKeyPair } from '../../support/key-pair.ts';
import { type OAuthServer, startOAuthServer } from '../../support/oauth-server.ts';
import { connectSnowflake } from '../../support/snowflake.ts';
import { waitFor } from '../../support/wait-for.ts';
import { destinationOptions } from './destination-bench.ts';

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'snowsink-sign-in-'));
const tokenFile = join(folder, 'token');
const keyPair = createKeyPair();
let emulator: RunningEmulator;
let oauth: OAuthServer;
let proxy: HttpProxy;

beforeAll(async () => {
  // the driver gives a workload's token to Snowflake's own hosts only
  process.env['SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES'] = '127.0.0.1';
  emulator = await startEmulator({
    publicKey: keyPair.publicKey,
    token: 'access-1',
    commitDelayMs: 50,
    init: 'CREATE DATABASE DB',
  });
  oauth = await startOAuthServer({ id: 'client', secret: 'hush' });
  proxy = await startHttpProxy('proxy-user', 'p:w');
  writeFileSync(tokenFile, 'access-1\n');
});
afterAll(async () => {
  await emulator?.close();
  await oauth?.close();
  await proxy?.close();
  rmSync(folder, { recursive: true, force: true });
});

const accountOf = (more: Partial<SnowflakeAccount>): SnowflakeAccount => ({
  url: emulator.url,
  account: 'SNOWSINK',
  user: 'LOADER',
  privateKey: '',
  privateKeyPassphrase: null,
  role: null,
  database: 'DB',
  schema: 'PUBLIC',
  ...more,
});

const row: RowBatch = {
  firstOffset: 0n,
  lastOffset: asLastOffset(0n),
  rowCount: 1,
  encoding: 'identity',
  chunks: [Buffer.from('{"RECORD_CONTENT":1}\n')],
  wireBytes: 21,
  rawBytes: 21,
  firstBufferedAtMs: 0,
  release: () => {},
};

const destinationOf = (account: SnowflakeAccount, reread?: () => Promise<SnowflakeAccount>): Destination =>
  createSnowpipeStreaming({
    account,
    ...(reread !== undefined && { reread }),
    ...destinationOptions,
    timing: { statusIntervalMs: 50 },
  });

/** A table by SQL, a row by the stream: what a task does. */
const writesOneRow = async (table: string, account: SnowflakeAccount): Promise<void> => {
  const tables = createTableService({ account, logger: silentLogger });
  const destination = destinationOf(account);
  try {
    await tables.create(table, 'record-content');
    const channel = await destination.open({ topic: 't', partition: 0, table, channelName: 'c' }, never);
    await channel.append(row, never);
    await waitFor(() => channel.status().committed === 0n, { deadlineMs: 20_000, what: 'the row to be committed' });
  } finally {
    await destination.close();
    await tables.close();
  }
};

const withOAuth = (refreshToken: string | null, scope: string | null): SnowflakeSignIn => ({
  kind: 'oauth',
  clientId: 'client',
  clientSecret: 'hush',
  refreshToken,
  tokenEndpoint: oauth.url,
  scope,
});

test('OAuth by client credentials, with a scope', async () => {
  oauth.failures.push(503);
  await writesOneRow('BY_CLIENT', accountOf({ signIn: withOAuth(null, 'session:role:LOADER') }));
  // one token for SQL, one for the stream, and the try that failed
  expect(oauth.requests.splice(0)).toEqual(
    Array(3).fill({ grant_type: 'client_credentials', scope: 'session:role:LOADER' }),
  );
});

test('OAuth by refresh token: renewed when its life is over or Snowflake refuses it, with the refresh token that came last', async () => {
  const destination = destinationOf(accountOf({ signIn: withOAuth('refresh-0', null) }));
  oauth.accessToken = 'not the one';
  const refused = destination.open({ topic: 't', partition: 0, table: 'BY_CLIENT', channelName: 'r' }, never);
  await expect(refused).rejects.toThrow(/snowflake\.user\.name \(LOADER\).*security integration/s);
  oauth.accessToken = 'access-1';
  await destination.close();
  oauth.requests.splice(0);
  const again = destinationOf(accountOf({ signIn: withOAuth('refresh-0', null) }));
  oauth.expiresIn = 0;
  const channel = await again.open({ topic: 't', partition: 0, table: 'BY_CLIENT', channelName: 'r' }, never);
  await channel.append(row, never);
  await again.close();
  const sent = oauth.requests.splice(0).map((form) => form['refresh_token']);
  expect(sent.length).toBeGreaterThan(1);
  expect(sent).toEqual(sent.map((_, use) => `refresh-${use}`));
  oauth.expiresIn = 600;
});

test('a wrong secret is told with the properties to change', async () => {
  const signIn = { ...withOAuth(null, null), clientSecret: 'wrong' } as SnowflakeSignIn;
  const destination = destinationOf(accountOf({ signIn }));
  const refused = destination.open({ topic: 't', partition: 0, table: 'BY_CLIENT', channelName: 'w' }, never);
  await expect(refused).rejects.toThrow(/HTTP 401, invalid_client, unknown client.*snowflake\.oauth\.client\.secret/s);
  await destination.close();
});

test.each<[string, () => SnowflakeSignIn]>([
  ['PAT', () => ({ kind: 'programmatic-access-token', token: 'access-1', tokenFile: null })],
  ['PAT_FILE', () => ({ kind: 'programmatic-access-token', token: null, tokenFile })],
  ['WORKLOAD', () => ({ kind: 'workload-identity', tokenFile })],
])('%s', async (table, signIn) => {
  await writesOneRow(table, accountOf({ signIn: signIn() }));
});

test('a key takes over from another without a gap: both are registered, the file is exchanged, the old one is taken away', async () => {
  const next = createKeyPair();
  const rotating = await startEmulator({
    user: 'LOADER',
    publicKey: keyPair.publicKey,
    commitDelayMs: 50,
    init: 'CREATE DATABASE DB; CREATE TABLE DB.PUBLIC.ROTATED (RECORD_CONTENT VARIANT)',
  });
  let account = accountOf({ url: rotating.url, privateKey: keyPair.privateKey });
  const destination = destinationOf(account, async () => account);
  const session = await connectSnowflake({ ...account, role: 'ACCOUNTADMIN' });
  try {
    const channel = await destination.open({ topic: 't', partition: 0, table: 'ROTATED', channelName: 'c' }, never);
    const sendsWithNewToken = async (offset: bigint): Promise<void> => {
      const action = { type: 'respond', status: 401, code: '390114', message: 'expired' } as const;
      const id = rotating.faults.add({ operation: 'append', count: 1, action });
      await channel.append({ ...row, firstOffset: offset, lastOffset: asLastOffset(offset) }, never);
      await waitFor(() => channel.status().committed === offset, { deadlineMs: 20_000, what: `row ${offset}` });
      expect(rotating.faults.list().find((fault) => fault.id === id)).toMatchObject({ fired: 1 });
    };
    await sendsWithNewToken(0n);
    const bare = next.publicKey.replace(/-----[^-]+-----|\n/g, '');
    await session.query(`ALTER USER LOADER SET RSA_PUBLIC_KEY_2 = '${bare}'`);
    await sendsWithNewToken(1n);
    account = { ...account, privateKey: next.privateKey };
    await sendsWithNewToken(2n);
    await session.query('ALTER USER LOADER UNSET RSA_PUBLIC_KEY');
    await sendsWithNewToken(3n);
    await expect(connectSnowflake({ ...account, role: 'R', privateKey: keyPair.privateKey })).rejects.toThrow('JWT');
  } finally {
    await session.close();
    await destination.close();
    await rotating.close();
  }
});

test('SQL and stream go over TLS with an own CA, through the proxy with its credentials', async () => {
  const certificate = await createServerCertificate();
  if (certificate === null) throw new Error('this test needs openssl');
  const trusted = getCACertificates('default');
  // what NODE_EXTRA_CA_CERTS does at the start of a process
  setDefaultCACertificates([...trusted, readFileSync(certificate.authorityFile, 'utf8')]);
  const secure = await startEmulator({
    tls: certificate,
    trustAnyKey: true,
    commitDelayMs: 50,
    init: 'CREATE DATABASE DB',
  });
  try {
    const settings = { host: '127.0.0.1', port: proxy.port, user: 'proxy-user', password: 'p:w' };
    const account = accountOf({ url: secure.url, privateKey: keyPair.privateKey });
    await writesOneRow('BY_PROXY', { ...account, proxy: { ...settings, nonProxyHosts: 'elsewhere' } });
    expect(proxy.refused()).toBe(0);
    expect(new Set(proxy.targets)).toEqual(new Set([new URL(secure.url).host]));
    const before = proxy.targets.length;
    await writesOneRow('DIRECT', { ...account, proxy: { ...settings, nonProxyHosts: null } });
    expect(proxy.targets.length).toBe(before);
  } finally {
    setDefaultCACertificates(trusted);
    await secure.close();
  }
});
