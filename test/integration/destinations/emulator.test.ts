import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FaultAction, type Operation, type RunningEmulator, startEmulator } from '../../../emulator/src/index.ts';
import {
  asLastOffset,
  type Channel,
  ChannelInvalidError,
  type Destination,
  DestinationRefusedError,
  noMetrics,
  type RowBatch,
  type SnowflakeAccount,
  silentLogger,
  type TableService,
} from '../../../src/api/index.ts';
import { dlq } from '../../../src/cli/dlq.ts';
import { createSnowpipeStreaming, createTableService } from '../../../src/destinations/index.ts';
import { systemClock } from '../../../src/util/system-clock.ts';
import { runCommand, temporaryFile } from '../../support/run-command.ts';
import { connectSnowflake, emulatorLogin, type SnowflakeSession } from '../../support/snowflake.ts';
import { waitFor } from '../../support/wait-for.ts';
import { sinkConfig } from '../../support/worker-process.ts';

const never = new AbortController().signal;
let emulator: RunningEmulator;
let session: SnowflakeSession;
let tables: TableService;
let destination: Destination;
let account: SnowflakeAccount;

const connect = (to: SnowflakeAccount): Destination =>
  createSnowpipeStreaming({
    account: to,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    metrics: noMetrics,
    taskId: { connector: 'kc', task: 0 },
    maxConcurrentAppends: 4,
    timing: { statusIntervalMs: 200 },
  });

beforeAll(async () => {
  emulator = await startEmulator({ trustAnyKey: true, commitDelayMs: 200, appendsPerSecond: 10 });
  const login = emulatorLogin(emulator.url, 'DESTINATIONS');
  session = await connectSnowflake(login);
  account = { ...login, account: 'SNOWSINK', privateKeyPassphrase: null };
  tables = createTableService({ account, logger: silentLogger });
  destination = connect(account);
});
afterAll(async () => {
  await destination?.close();
  await tables?.close();
  await session?.close();
  await emulator?.close();
});

const rows = (first: number, last: number, bytesEach = 0): RowBatch => {
  const lines = Array.from({ length: last - first + 1 }, (_, row) => {
    const offset = first + row;
    const content = { id: offset, pad: 'x'.repeat(bytesEach) };
    return JSON.stringify({ RECORD_METADATA: { topic: 'orders', partition: 0, offset }, RECORD_CONTENT: content });
  });
  const raw = Buffer.from(`${lines.join('\n')}\n`);
  const wire = zstdCompressSync(raw);
  const half = wire.length >> 1;
  return {
    firstOffset: BigInt(first),
    lastOffset: asLastOffset(BigInt(last)),
    rowCount: lines.length,
    encoding: 'zstd',
    chunks: [wire.subarray(0, half), wire.subarray(half)],
    wireBytes: wire.length,
    rawBytes: raw.length,
    firstBufferedAtMs: Date.now(),
    release: () => {},
  };
};

const specOf = (table: string) => ({ topic: 'orders', partition: 0, table, channelName: `kc_${table}_0` });
const durable = (channel: Channel, offset: bigint): Promise<unknown> =>
  waitFor(() => channel.status().committed === offset, { deadlineMs: 20_000, what: `offset ${offset} committed` });
const offsetsIn = async (table: string): Promise<number[]> => {
  const found = await session.query(
    `SELECT RECORD_METADATA:offset::number AS OFFSET_IN_KAFKA FROM "DESTINATIONS"."PUBLIC"."${table}" ORDER BY 1`,
  );
  return found.map((row) => Number(Object.values(row)[0]));
};
const range = (last: number): number[] => Array.from({ length: last + 1 }, (_, offset) => offset);

test.each(['ORDERS', 'lower case "x"'])(
  'makes table %s, describes it, appends, hears of the commit, resumes',
  async (table) => {
    expect(await tables.describe(table)).toBeNull();
    await tables.create(table, 'record-content');
    await tables.create(table, 'record-content');
    expect((await tables.describe(table))?.map(({ name, type }) => [name, type])).toEqual([
      ['RECORD_METADATA', 'VARIANT'],
      ['RECORD_CONTENT', 'VARIANT'],
    ]);
    const channel = await destination.open(specOf(table), never);
    expect(channel.opened.committed).toBeNull();
    await channel.append(rows(0, 49), never);
    await channel.append(rows(50, 99, 200), never);
    await durable(channel, 99n);
    channel.close();
    const resumed = await destination.open(specOf(table), never);
    expect(resumed.opened.committed).toBe(99n);
    expect(resumed.opened.incarnation).toBe(channel.opened.incarnation);
    const name = table.replaceAll('"', '""');
    expect(await offsetsIn(name)).toEqual(range(99));
  },
);

test('the last opener wins; the other one learns it by its append', async () => {
  await tables.create('FENCED', 'record-content');
  const zombie = await destination.open(specOf('FENCED'), never);
  await zombie.append(rows(0, 9), never);
  const other = connect(account);
  const owner = await other.open(specOf('FENCED'), never);
  expect(owner.opened.committed).toBe(9n);
  const error = await zombie.append(rows(10, 19), never).catch((failed: unknown) => failed);
  expect(error).toBeInstanceOf(ChannelInvalidError);
  await owner.append(rows(10, 19), never);
  await durable(owner, 19n);
  await other.close();
  expect(await offsetsIn('FENCED')).toEqual(range(19));
});

test('rows that Snowflake drops are counted since the open', async () => {
  await session.query('CREATE TABLE "DESTINATIONS"."PUBLIC"."STRICT" (ID NUMBER NOT NULL)');
  const channel = await destination.open(specOf('STRICT'), never);
  const bad = Buffer.from('{"ID":1}\n{"ID":null}\n{"ID":"secret"}\n');
  const batch = {
    ...rows(0, 2),
    chunks: [bad],
    wireBytes: bad.length,
    rawBytes: bad.length,
    encoding: 'identity' as const,
  };
  await channel.append(batch, never);
  await durable(channel, 2n);
  expect(channel.status().rowsRejected).toBe(2);
  expect(channel.status().lastRejection?.message).not.toContain('secret');
});

test('dropping a channel forgets its token', async () => {
  await tables.create('DROPPED', 'record-content');
  const channel = await destination.open(specOf('DROPPED'), never);
  await channel.append(rows(0, 9), never);
  await durable(channel, 9n);
  channel.close();
  await destination.drop(specOf('DROPPED'), never);
  await destination.drop(specOf('DROPPED'), never);
  expect((await destination.open(specOf('DROPPED'), never)).opened.committed).toBeNull();
});

test('a table that is not there, a schema that is not there: refused in words', async () => {
  const noTable = await destination.open(specOf('NOWHERE'), never).catch((failed: unknown) => failed);
  expect(noTable).toBeInstanceOf(DestinationRefusedError);
  expect(String(noTable)).toContain('NOWHERE');
  const elsewhere = createTableService({ account: { ...account, schema: 'NO_SUCH' }, logger: silentLogger });
  const noSchema = await elsewhere.create('T', 'record-content').catch((failed: unknown) => failed);
  expect(noSchema).toBeInstanceOf(DestinationRefusedError);
  expect(String(noSchema)).toContain('snowflake.schema.name');
  await elsewhere.close();
});

test.each<[string, Operation, FaultAction, number]>([
  ['the connection is cut before the rows are taken', 'append', { type: 'reset', when: 'before' }, 2],
  ['the acknowledgement is lost', 'append', { type: 'reset', when: 'after' }, 2],
  ['half of the acknowledgement is lost', 'append', { type: 'half-reply' }, 2],
  ['a 503 follows rows that were taken', 'append', { type: 'respond', status: 503, form: 'string', when: 'after' }, 2],
  ['429', 'append', { type: 'respond', status: 429, code: '390701' }, 2],
  ['the token is refused', 'append', { type: 'respond', status: 401 }, 1],
  ['the status cannot be read', 'status', { type: 'respond', status: 500, form: 'text' }, 3],
])('every row lands once though %s', async (name, operation, action, count) => {
  const table = `FAULT_${operation}_${name.replaceAll(/\W/g, '_')}`.toUpperCase();
  await tables.create(table, 'record-content');
  const channel = await destination.open(specOf(table), never);
  // whether there is a second status depends on how soon the rows are committed
  const skip = operation === 'append' ? 1 : 0;
  const id = emulator.faults.add({ operation, match: { pipe: table }, skip, count, action });
  for (let first = 0; first < 100; first += 20) await channel.append(rows(first, first + 19), never);
  await durable(channel, 99n);
  expect(await offsetsIn(table)).toEqual(range(99));
  await waitFor(() => emulator.faults.list().some((fault) => fault.id === id && fault.fired === count), {
    deadlineMs: 5_000,
    what: 'the fault to have fired',
  });
  emulator.faults.remove(id);
});

test.each<[string, FaultAction, RegExp]>([
  ['is opened by somebody else', { type: 'reopen' }, /^STALE_CONTINUATION_TOKEN_SEQUENCER$/],
  ['becomes invalid', { type: 'invalidate' }, /^ERR_CHANNEL_/],
  ['moves away', { type: 'respond', status: 410, form: 'text' }, /^PIPE_FAILED_OVER$/],
])('a channel that %s is reopened and goes on behind its token', async (name, action, code) => {
  const table = `LOST_${name.replaceAll(/\W/g, '_')}`.toUpperCase();
  await tables.create(table, 'record-content');
  const channel = await destination.open(specOf(table), never);
  await channel.append(rows(0, 9), never);
  await durable(channel, 9n);
  const id = emulator.faults.add({ operation: 'append', match: { pipe: table }, count: 1, action });
  const error = await channel.append(rows(10, 19), never).catch((failed: unknown) => failed);
  expect(error instanceof ChannelInvalidError ? error.code : error).toMatch(code);
  emulator.faults.remove(id);
  channel.close();
  const reopened = await destination.open(specOf(table), never);
  expect(reopened.opened.committed).toBe(9n);
  await reopened.append(rows(10, 19), never);
  await durable(reopened, 19n);
  expect(await offsetsIn(table)).toEqual(range(19));
});

test('snowsink dlq rejected: which rows Snowflake dropped, and why, by the error table; their values only when asked for', async () => {
  await session.query('CREATE TABLE REJECTED (RECORD_METADATA VARIANT, RECORD_CONTENT NUMBER) ERROR_LOGGING = TRUE');
  await session.query('CREATE TABLE NOTHING_REJECTED (N NUMBER) ERROR_LOGGING = TRUE');
  await session.query('CREATE TABLE WITHOUT (N NUMBER)');
  const channel = await destination.open(specOf('REJECTED'), never);
  await channel.append(rows(0, 2, 10), never);
  await durable(channel, 2n);
  expect(channel.status().rowsRejected).toBe(3);
  const overrides = { 'snowflake.topic2table.map': 'orders:REJECTED' };
  const login = { ...account, role: account.role ?? '' };
  const files = [
    temporaryFile('worker.properties', 'bootstrap.servers=127.0.0.1:1\n'),
    temporaryFile(
      'connector.json',
      sinkConfig({ name: 'kc', topics: 'orders,without,nothing_rejected', login, overrides }),
    ),
  ];
  const { out, code, err } = await runCommand(dlq, ['rejected', ...files]);
  expect({ code, err }).toEqual({
    code: 0,
    err: expect.stringMatching(
      /^Table WITHOUT .*has no error table: ALTER TABLE .*"WITHOUT" SET ERROR_LOGGING = TRUE;$/,
    ),
  });
  const lines = out.split('\n');
  expect(lines).toHaveLength(4);
  expect(lines).toContain('The error table of NOTHING_REJECTED holds no row.');
  for (const offset of [0, 1, 2]) expect(out).toContain(`REJECTED  from orders-0@${offset}  100038  `);
  expect(out).not.toContain('xxxxx');
  const [first] = (await runCommand(dlq, ['rejected', '--json', '--values', '--limit', '1', ...files])).out.split('\n');
  expect(JSON.parse(first ?? '')).toMatchObject({
    table: 'REJECTED',
    channel: 'kc_REJECTED_0',
    firstOffset: '0',
    lastOffset: '2',
    row: expect.stringContaining('xxxxx'),
  });
});
