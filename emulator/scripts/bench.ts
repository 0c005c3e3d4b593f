import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { zstdCompressSync } from 'node:zlib';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '2000000' },
    /** Rows of the table that must stay queryable. */
    'table-rows': { type: 'string', default: '10000000' },
    channels: { type: 'string', default: '8' },
  },
});
const channels = Number(values.channels);
const rowsPerBatch = 10_000;
const agent = new Agent({ keepAlive: true, maxSockets: channels });

/** 250 bytes: a record as the sink writes it, two VARIANT columns. */
const row = (partition: number, offset: number): string => {
  const metadata = `{"topic":"orders","partition":${partition},"offset":${offset},"CreateTime":1767323045678}`;
  const head = `{"RECORD_METADATA":${metadata},"RECORD_CONTENT":{"id":${offset},"customer":"c-${offset % 1000}","amount":12.50,"text":"`;
  return `${head.padEnd(246, 'x')}"}}\n`;
};
const batchOf = (partition: number, firstOffset: number): Buffer =>
  zstdCompressSync(Array.from({ length: rowsPerBatch }, (_, index) => row(partition, firstOffset + index)).join(''));

const call = (url: string, method: string, body: string | Buffer, headers: Record<string, string>): Promise<string> =>
  new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method, agent, headers: { accept: 'application/json', 'content-length': Buffer.byteLength(body), ...headers } },
      (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        reply.on('end', () =>
          reply.statusCode === 200 ? resolve(text) : reject(new Error(`${reply.statusCode} ${text}`)),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });

const start = async (folder: string, flags: readonly string[]): Promise<{ child: ChildProcess; url: string }> => {
  const init = join(folder, 'init.sql');
  writeFileSync(init, 'CREATE DATABASE DB; CREATE TABLE T (RECORD_METADATA VARIANT, RECORD_CONTENT VARIANT)');
  const main = join(import.meta.dirname, '../src/main.ts');
  const child = spawn(process.execPath, [main, '--token', 'bench', '--init', init, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) return { child, url: line.split(' ').at(-1) ?? '' };
  throw new Error('the emulator did not start');
};

interface Stats {
  readonly pipes: Record<string, { committedRows: number; rowErrors: number }>;
}

interface Usage {
  readonly peakMb: number;
  readonly cpuSeconds: number;
}

const usageOf = ({ pid }: ChildProcess): Usage => {
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  // utime and stime, in hundredths of a second
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return {
    peakMb: Math.round(Number(peak ?? 0) / 1024),
    cpuSeconds: (Number(stat[11]) + Number(stat[12])) / 100,
  };
};

/** Appends over all channels and waits until the rows are committed; answers the seconds that it took. */
const append = async (
  url: string,
  rows: number,
  bodyOf: (channel: number, sent: number) => Buffer,
): Promise<number> => {
  const pipe = 'databases/DB/schemas/PUBLIC/pipes/T-STREAMING/channels';
  const auth = { authorization: 'Bearer bench' };
  let left = rows / rowsPerBatch;
  const startedAt = performance.now();
  const send = async (channel: number): Promise<void> => {
    const json = { ...auth, 'content-type': 'application/json' };
    const opened = await call(`${url}/v2/streaming/${pipe}/C${channel}`, 'PUT', '{}', json);
    let token: string = JSON.parse(opened).next_continuation_token;
    for (let sent = 0; left > 0; sent += 1) {
      left -= 1;
      const path = `${url}/v2/streaming/data/${pipe}/C${channel}/rows?continuationToken=${token}&endOffsetToken=${sent}`;
      const ndjson = { ...auth, 'content-type': 'application/x-ndjson', 'content-encoding': 'zstd' };
      token = JSON.parse(await call(path, 'POST', bodyOf(channel, sent), ndjson)).next_continuation_token;
    }
  };
  await Promise.all(Array.from({ length: channels }, (_, channel) => send(channel)));
  for (;;) {
    const { pipes }: Stats = JSON.parse(await call(`${url}/_emulator/stats`, 'GET', '', {}));
    if (pipes['DB.PUBLIC.T']?.committedRows === rows) return (performance.now() - startedAt) / 1000;
    await delay(20);
  }
};

const withEmulator = async (
  flags: readonly string[],
  work: (url: string, child: ChildProcess) => Promise<string>,
): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'snowsink-bench-'));
  const { child, url } = await start(folder, flags);
  try {
    process.stdout.write(`${await work(url, child)}\n`);
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
};

const wholeBatches = (rows: string): number => Math.ceil(Number(rows) / rowsPerBatch) * rowsPerBatch;
const shown = (count: number): string => Math.round(count).toLocaleString('en');

const measureSpeed = (name: string, flags: readonly string[]): Promise<void> =>
  withEmulator(flags, async (url, child) => {
    const [rows, body] = [wholeBatches(values.rows), batchOf(3, 0)];
    const seconds = await append(url, rows, () => body);
    const { cpuSeconds, peakMb } = usageOf(child);
    const rate = `${shown(rows)} rows of ${row(3, 0).length} bytes in ${seconds.toFixed(2)} s = ${shown(rows / seconds)} rows/s`;
    return `${name}: ${rate}, committed; the emulator took ${cpuSeconds.toFixed(1)} s of CPU, peak memory ${peakMb} MB`;
  });

/** A big table stays queryable, and how much memory that takes. */
const measureQueries = (name: string, flags: readonly string[]): Promise<void> =>
  withEmulator(flags, async (url, child) => {
    const rows = wholeBatches(values['table-rows']);
    await append(url, rows, (channel, sent) => batchOf(channel, sent * rowsPerBatch));
    const login = { data: { AUTHENTICATOR: 'OAUTH', TOKEN: 'bench', LOGIN_NAME: 'BENCH' } };
    const json = { 'content-type': 'application/json' };
    const path = `${url}/session/v1/login-request?databaseName=DB&schemaName=PUBLIC`;
    const { token } = JSON.parse(await call(path, 'POST', JSON.stringify(login), json)).data;
    const timed = async (sql: string): Promise<{ rowset: string[][]; seconds: string }> => {
      const startedAt = performance.now();
      const headers = { ...json, authorization: `Snowflake Token="${token}"` };
      const reply = await call(`${url}/queries/v1/query-request`, 'POST', JSON.stringify({ sqlText: sql }), headers);
      const { success, message, data } = JSON.parse(reply);
      if (success !== true) throw new Error(message);
      return { rowset: data.rowset, seconds: ((performance.now() - startedAt) / 1000).toFixed(1) };
    };
    const count = await timed('SELECT COUNT(*) FROM T');
    const groups = await timed(
      `SELECT RECORD_METADATA:partition::INT AS P, COUNT(*), MAX(RECORD_METADATA:offset::INT) FROM T GROUP BY P ORDER BY P`,
    );
    const point = await timed(
      'SELECT RECORD_CONTENT:customer::STRING FROM T WHERE RECORD_METADATA:partition = 0 AND RECORD_METADATA:offset = 4321',
    );
    const counted = groups.rowset.reduce((sum, [, size]) => sum + Number(size), 0);
    if (count.rowset[0]?.[0] !== String(rows) || counted !== rows || point.rowset[0]?.[0] !== 'c-321')
      throw new Error(`wrong answers: ${JSON.stringify([count.rowset, groups.rowset, point.rowset])}`);
    const queries = `COUNT ${count.seconds} s, GROUP BY partition ${groups.seconds} s, one row by offset ${point.seconds} s`;
    return `${name}: ${shown(rows)} rows of ${row(3, 0).length} bytes, ${queries}; peak memory ${usageOf(child).peakMb} MB`;
  });

process.stdout.write(
  `${cpus().length} cores (${cpus()[0]?.model}), client and emulator on the same machine, ${channels} channels\n`,
);
await measureSpeed('stored   ', ['--commit-delay', '100']);
await measureSpeed('discard  ', ['--discard']);
await measureQueries('queryable', ['--commit-delay', '100']);
agent.destroy();
