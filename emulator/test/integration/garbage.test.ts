import { connect } from 'node:net';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { startEmulator } from '../../src/index.ts';
import { generateKeyPair, keyPairJwt, StreamingClient } from '../support/streaming-client.ts';
import { waitUntil } from '../support/wait-until.ts';
import { WireClient } from '../support/wire-client.ts';

const problems: string[] = [];
const keyPair = generateKeyPair();
const emulator = await startEmulator({
  trustAnyKey: true,
  password: 'p',
  commitDelayMs: 0,
  onProblem: (problem) => problems.push(problem),
  init: `CREATE DATABASE DB; CREATE TABLE T (A NUMBER, V VARIANT); CREATE STAGE S;
    CREATE PIPE P AS COPY INTO T (A) FROM @S FILE_FORMAT = (TYPE = CSV)`,
});
afterAll(() => emulator.close());

/** Mulberry32: the same garbage in every run. */
const randomFrom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
};
const random = randomFrom(20_260_101);
const upTo = (limit: number): number => Math.floor(random() * limit);
const oneOf = <T>(values: readonly T[]): T => values[upTo(values.length)] as T;

/** Some bytes changed, cut off, doubled or put in. */
const mutated = (bytes: Buffer): Buffer => {
  const at = upTo(bytes.length);
  switch (upTo(4)) {
    case 0:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([upTo(256)]), bytes.subarray(at + 1)]);
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return Buffer.concat([bytes, bytes.subarray(at)]);
    default:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([upTo(256), upTo(256)]), bytes.subarray(at)]);
  }
};

const send = async (
  method: string,
  path: string,
  body: Buffer | null,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> => {
  const reply = await fetch(`${emulator.url}${path}`, {
    method,
    headers,
    ...(body === null ? {} : { body: new Uint8Array(body) }),
  });
  return { status: reply.status, text: await reply.text() };
};

test('appends of garbage: all rows of a body or none, and the error that the documents name', async () => {
  const client = await StreamingClient.connect(emulator.url, 'T', keyPair);
  const rows = Buffer.from('{"a":1,"v":{"k":[1,"x"]}}\n{"a":2}\n\r\n{"a":"3","v":null}\n{"v":"é"}\n{"a":5}\n');
  const encodings: Record<string, (bytes: Buffer) => Buffer> = { gzip: gzipSync, zstd: zstdCompressSync };
  const garbage = (): { readonly body: Buffer; readonly encoding: string; readonly whole: boolean } => {
    const encoding = oneOf(['identity', 'gzip', 'zstd'] as const);
    const pack = encodings[encoding] ?? ((bytes: Buffer) => bytes);
    const whole = random() < 0.2;
    const plain = whole || random() < 0.5 ? rows : mutated(rows);
    return { body: whole || random() < 0.5 ? pack(plain) : mutated(pack(plain)), encoding, whole };
  };
  const statuses = new Set<number>();
  const appendAll = async (
    channel: string,
    bodies: readonly ReturnType<typeof garbage>[],
  ): Promise<readonly [channel: string, accepted: string | null]> => {
    let token: string = (await client.open(channel)).json.next_continuation_token;
    let accepted: string | null = null;
    for (const [round, { body, encoding, whole }] of bodies.entries()) {
      const reply = await client.append(channel, token, String(round), body, { 'content-encoding': encoding });
      statuses.add(reply.status);
      if (whole) expect(reply.status, reply.text).toBe(200);
      if (reply.status !== 200) {
        expect(reply.json, reply.text).toMatchObject({ code: expect.any(String), message: expect.any(String) });
        continue;
      }
      expect(reply.json.next_continuation_token).not.toBe(token);
      token = reply.json.next_continuation_token;
      accepted = String(round);
    }
    return [channel, accepted];
  };
  // channels side by side: a busy machine makes each reply slow, not all of them one after another
  const bodies = Array.from({ length: 10 }, () => Array.from({ length: 10 }, garbage));
  const accepted = await Promise.all(bodies.map((some, index) => appendAll(`g${index}`, some)));
  expect([...statuses].sort()).toEqual([200, 400]);
  const statusOfAll = async (): Promise<Record<string, Record<string, unknown>>> =>
    (await client.status(...accepted.map(([channel]) => channel))).json.channel_statuses;
  await waitUntil(
    'commit',
    async () => {
      const all = await statusOfAll();
      return accepted.every(([channel, token]) => all[channel]?.['last_committed_offset_token'] === token);
    },
    90_000,
  );
  const sum = Object.values(await statusOfAll()).reduce((total, one) => total + Number(one['rows_inserted']), 0);
  const sql = await WireClient.login(emulator.url, 'p', 'databaseName=DB&schemaName=PUBLIC');
  expect((await sql.query('SELECT COUNT(*) FROM T')).data.rowset).toEqual([[String(sum)]]);
  expect(problems).toEqual([]);
});

test('two zstd frames are one body; wrong types, encodings and sizes are refused', async () => {
  const client = await StreamingClient.connect(emulator.url, 'T', keyPair);
  await client.open('z');
  const frames = Buffer.concat([zstdCompressSync('{"a":1}\n'), zstdCompressSync('{"a":2}\n')]);
  expect((await client.append('z', '0_1', '1', frames, { 'content-encoding': 'zstd' })).status).toBe(200);
  await waitUntil('commit', async () => (await client.committed('z')) === '1');
  expect((await client.status('z')).json.channel_statuses.z.rows_inserted).toBe(2);
  const refused = async (body: string | Buffer, headers: Record<string, string>): Promise<number> =>
    (await client.append('z', '0_2', '2', body, headers)).status;
  expect(await refused('{"a":1}', { 'content-type': 'application/json' })).toBe(415);
  expect(await refused('{"a":1}', { 'content-encoding': 'br' })).toBe(415);
  expect(await refused(Buffer.alloc(4 * 1024 * 1024 + 1, 0x20), {})).toBe(413);
  expect(await refused('', {})).toBe(400);
  expect(await refused('{"a":1}', { accept: 'text/plain' })).toBe(400);
  expect(await client.committed('z')).toBe('1');
  expect(problems).toEqual([]);
});

const jwt = keyPairJwt(keyPair, 'U');
const paths: readonly (readonly [method: string, path: string, body: string | null])[] = [
  ['GET', '/v2/streaming/hostname', null],
  ['POST', '/oauth/token', 'grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=x'],
  ['PUT', '/v2/streaming/databases/DB/schemas/PUBLIC/pipes/T-STREAMING/channels/C', '{"offset_token":"1"}'],
  ['DELETE', '/v2/streaming/databases/DB/schemas/PUBLIC/pipes/T-STREAMING/channels/D', '{}'],
  [
    'POST',
    '/v2/streaming/databases/DB/schemas/PUBLIC/pipes/T-STREAMING:bulk-channel-status',
    '{"channel_names":["C"]}',
  ],
  ['POST', '/v2/streaming/databases/DB/schemas/PUBLIC/pipes/T-STREAMING:pipe-info', '{"generate_new_token":true}'],
  [
    'POST',
    '/v2/streaming/data/databases/DB/schemas/PUBLIC/pipes/T-STREAMING/channels/C/rows?continuationToken=0_1',
    '{"a":1}',
  ],
  [
    'POST',
    '/v2/streaming/data/databases/DB/schemas/PUBLIC/pipes/T-STREAMING/channels/C/filebuffer',
    '[{"file_path":"x","iv_base64":"AAAA","fragment_length_bytes":9}]',
  ],
  ['POST', '/v1/data/pipes/DB.PUBLIC.P/insertFiles?requestId=1', '{"files":[{"path":"a.csv"}]}'],
  ['GET', '/v1/data/pipes/DB.PUBLIC.P/insertReport?beginMark=1', null],
  ['GET', '/v1/data/pipes/DB.PUBLIC.P/loadHistoryScan?startTimeInclusive=x', null],
  ['POST', '/session/v1/login-request?databaseName=DB', '{"data":{"LOGIN_NAME":"U","PASSWORD":"p"}}'],
  ['POST', '/session/token-request', '{"requestType":"RENEW"}'],
  ['POST', '/session/heartbeat', '{}'],
  ['POST', '/session?delete=true', '{}'],
  [
    'POST',
    '/queries/v1/query-request?requestId=1',
    '{"sqlText":"SELECT 1","bindings":{"1":{"type":"TEXT","value":"x"}}}',
  ],
  ['POST', '/queries/v1/abort-request', '{"requestId":"1"}'],
  ['GET', '/queries/x/result', null],
  ['GET', '/monitoring/queries/x', null],
  ['PUT', '/snowsink-stage/stages/x/y', 'abc'],
  ['GET', '/snowsink-stage/../../etc/passwd', null],
  ['POST', '/telemetry/send/sessionless', '{}'],
  ['POST', '/_emulator/faults', '{"operation":"login","action":{"type":"delay","ms":0}}'],
  ['POST', '/_emulator/commits', '{"delayMs":0}'],
  ['POST', '/_emulator/clock', '{"advanceMs":0}'],
  ['POST', '/_emulator/channels', '{"action":"reopen"}'],
  ['GET', '/_emulator/state', null],
];

test('garbage at every endpoint is answered, never with a 500, and the emulator goes on', async () => {
  const sql = await WireClient.login(emulator.url, 'p', 'databaseName=DB&schemaName=PUBLIC');
  for (let round = 0; round < 8; round += 1)
    await Promise.all(
      paths.map(async ([method, path, body]) => {
        const brokenPath = random() < 0.2 ? path.slice(0, upTo(path.length)) || '/' : path;
        const sent =
          body === null
            ? null
            : oneOf([
                Buffer.from(body),
                mutated(Buffer.from(body)),
                Buffer.from('null'),
                gzipSync(body).subarray(0, 15),
              ]);
        const headers: Record<string, string> = {
          authorization: oneOf([`Bearer ${jwt}`, `Snowflake Token="${sql.token}"`, 'Bearer x.y.z', '']),
          ...(random() < 0.8 ? { accept: 'application/json' } : { accept: '' }),
          ...(random() < 0.8
            ? { 'content-type': 'application/json' }
            : { 'content-type': oneOf(['', 'text/plain', '%%']) }),
        };
        // a 200 may log the session out: garbage has the right to
        const { status, text } = await send(method, brokenPath, sent, headers);
        expect(status < 500 || status === 501, `${method} ${brokenPath}: ${status} ${text}`).toBe(true);
      }),
    );
  await send('DELETE', '/_emulator/faults', null, {});
  expect(problems).toEqual([]);
});

test('statements of garbage are refused in Snowflake’s shape', async () => {
  const sql = await WireClient.login(emulator.url, 'p', 'databaseName=DB&schemaName=PUBLIC');
  const statements = [
    `SELECT A, V:k[0]::STRING FROM T WHERE A = 1 ORDER BY 1 LIMIT 3`,
    `INSERT INTO NOPE (A) VALUES (1), ('x')`,
    `CREATE TABLE G (ID NUMBER(38,0) DEFAULT 1, V VARIANT) COMMENT = 'x'`,
    `COPY INTO T (A) FROM (SELECT $1 FROM @S/x.csv (FILE_FORMAT => 'F')) ON_ERROR = CONTINUE`,
    `MERGE INTO NOPE t USING (SELECT 1 AS A) s ON t.A = s.A WHEN MATCHED THEN DELETE`,
    `ALTER TABLE NOPE ADD COLUMN X VARCHAR(10) NOT NULL COMMENT 'y'`,
    `SHOW TABLES LIKE 'T%' IN SCHEMA DB.PUBLIC STARTS WITH 'T' LIMIT 1`,
    `CREATE PIPE G AS COPY INTO T FROM (SELECT $1:a FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING')))`,
  ];
  const texts = Array.from({ length: 60 }, () => mutated(Buffer.from(oneOf(statements))).toString('utf8'));
  const answers = await Promise.all(texts.map((text) => sql.query(text)));
  for (const [index, { success, code, message }] of answers.entries()) {
    if (success) continue;
    expect(code, texts[index]).toMatch(/^\d{6}$/);
    expect(message, texts[index]).not.toMatch(/TypeError|ReferenceError|undefined/);
  }
  expect((await sql.query('SELECT 1')).data.rowset).toEqual([['1']]);
  expect(problems).toEqual([]);
});

test('a thousand connections at once, half of them cut', async () => {
  const { port } = emulator;
  const answers = await Promise.all(
    Array.from(
      { length: 1000 },
      (_, index) =>
        new Promise<string>((resolve) => {
          const socket = connect(port, '127.0.0.1');
          socket.on('error', () => resolve('cut'));
          if (index % 2 === 0) {
            socket.write('POST /queries/v1/query-request HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{', () => {
              socket.resetAndDestroy();
              resolve('cut');
            });
            return;
          }
          socket.write('GET /_emulator/stats HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
          let text = '';
          socket.setEncoding('utf8').on('data', (part) => {
            text += part;
          });
          socket.on('end', () => resolve(text.slice(9, 12)));
        }),
    ),
  );
  expect(answers.filter((answer) => answer === '200')).toHaveLength(500);
  expect(problems).toEqual([]);
});
