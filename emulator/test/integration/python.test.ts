import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type RunningEmulator, startEmulator } from '../../src/index.ts';
import { createServerCertificate } from '../support/certificate.ts';
import { pythonWith, resultOf } from '../support/python.ts';
import { generateKeyPair } from '../support/streaming-client.ts';

const script = join(import.meta.dirname, '../support/streaming-sdk.py');
const keyPair = generateKeyPair();

const start = async (tls?: { certificate: string; key: string }): Promise<RunningEmulator> => {
  const emulator = await startEmulator({
    user: 'U',
    publicKey: keyPair.publicPem,
    commitDelayMs: 200,
    init: 'CREATE DATABASE DB; CREATE TABLE T (RECORD_CONTENT VARIANT, N NUMBER NOT NULL)',
    ...(tls === undefined ? {} : { tls }),
  });
  onTestFinished(() => emulator.close());
  return emulator;
};

const privateKeyFile = async (): Promise<string> => {
  const file = join(await mkdtemp(join(tmpdir(), 'snowsink-key-')), 'key.p8');
  await writeFile(file, keyPair.privatePem, { mode: 0o600 });
  return file;
};

const expected = (last: number): Record<string, unknown> => ({
  opened: ['SUCCESS', null],
  small: '9',
  counted: [last + 1, 0],
  reopened: String(last),
  fenced: 'StreamingIngestError',
  after: { C1: String(last + 1), NOPE: null },
  dropped: null,
});

test('snowpipe-streaming, newest, over https: rows, files over 1 MiB, commit, fencing, drop', async ({ skip }) => {
  const certificate = await createServerCertificate();
  if (certificate === null) return skip('openssl is needed for a certificate and not there');
  const python = await pythonWith('snowpipe-streaming');
  if ('missing' in python) return skip(python.missing);
  const emulator = await start(certificate);
  const ran = await python.run(script, [emulator.url, await privateKeyFile(), '20000'], {
    SSL_CERT_FILE: certificate.authorityFile,
  });
  expect(resultOf(ran)).toEqual({ ...expected(20_009), large: '20009' });
});

// This version trusts no authority of our own, and uploads files by https only: it stays under 1 MiB here.
test('snowpipe-streaming 1.1.2 over http', async ({ skip }) => {
  const python = await pythonWith('snowpipe-streaming==1.1.2');
  if ('missing' in python) return skip(python.missing);
  const emulator = await start();
  const ran = await python.run(script, [emulator.url, await privateKeyFile(), '0'], {});
  expect(resultOf(ran)).toEqual(expected(9));
  const stats = await fetch(`${emulator.url}/_emulator/stats`).then((reply) => reply.json());
  expect(stats).toMatchObject({ pipes: { 'DB.PUBLIC.T': { committedRows: 11, rowErrors: 0 } } });
});

const connectorScript = join(import.meta.dirname, '../support/connector.py');

test.for(['snowflake-connector-python<5', 'snowflake-connector-python>=5'])(
  '%s: login, queries, types, errors, asynchronous query, PUT, COPY, GET',
  async (requirement, { skip }) => {
    const python = await pythonWith(requirement);
    if ('missing' in python) return skip(python.missing);
    const emulator = await startEmulator({
      user: 'U',
      publicKey: keyPair.publicPem,
      password: 'secret',
      init: 'CREATE DATABASE DB',
    });
    onTestFinished(() => emulator.close());
    const data = join(await mkdtemp(join(tmpdir(), 'snowsink-data-')), 'rows.json');
    await writeFile(data, '{"id":1}\n{"id":2}\n');
    const ran = await python.run(
      connectorScript,
      ['127.0.0.1', String(emulator.port), await privateKeyFile(), data],
      {},
    );
    expect(resultOf(ran)).toEqual({
      user: [['U']],
      inserted: 1,
      selected: [['1', "it's", '2', '2026-01-02 03:04:05']],
      described: [
        ['ID', 0],
        ['NAME', 2],
        ['V:A[1]::NUMBER', 0],
        ['AT', 8],
      ],
      tables: [['P']],
      refused: [2003, '42S02'],
      async: [[42]],
      put: 'UPLOADED',
      copied: ['LOADED', 2, 2],
      loaded: [[3]],
      got: 'DOWNLOADED',
      downloaded: '{"id":1}\n{"id":2}\n',
    });
  },
);
