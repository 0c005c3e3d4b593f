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
  options: { rows: { type: 'string', default: '2000000' }, channels: { type: 'string', default: '8' } },
});
const rowsToSend = Number(values.rows);
const channels = Number(values.channels);
const rowsPerBatch = 10_000;
const agent = new Agent({ keepAlive: true, maxSockets: channels });

/** 250 bytes: a record as the sink writes it, two VARIANT columns. */
const row = (offset: number): string => {
  const metadata = `{"topic":"orders","partition":3,"offset":${offset},"CreateTime":1767323045678}`;
  const head = `{"RECORD_METADATA":${metadata},"RECORD_CONTENT":{"id":${offset},"customer":"c-${offset % 1000}","amount":12.50,"text":"`;
  return `${head.padEnd(246, 'x')}"}}\n`;
};

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

const start = async (folder: string, ...flags: string[]): Promise<{ child: ChildProcess; url: string }> => {
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

const measure = async (name: string, flags: string[]): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'snowsink-bench-'));
  const { child, url } = await start(folder, ...flags);
  try {
    const text = Array.from({ length: rowsPerBatch }, (_, index) => row(index)).join('');
    const body = zstdCompressSync(text);
    const pipe = 'databases/DB/schemas/PUBLIC/pipes/T-STREAMING/channels';
    const auth = { authorization: 'Bearer bench' };
    let left = Math.ceil(rowsToSend / rowsPerBatch);
    const batches = left;
    const startedAt = performance.now();
    const send = async (channel: string): Promise<void> => {
      const opened = await call(`${url}/v2/streaming/${pipe}/${channel}`, 'PUT', '{}', {
        ...auth,
        'content-type': 'application/json',
      });
      let token: string = JSON.parse(opened).next_continuation_token;
      while (left > 0) {
        left -= 1;
        const path = `${url}/v2/streaming/data/${pipe}/${channel}/rows?continuationToken=${token}&endOffsetToken=${left}`;
        const reply = await call(path, 'POST', body, {
          ...auth,
          'content-type': 'application/x-ndjson',
          'content-encoding': 'zstd',
        });
        token = JSON.parse(reply).next_continuation_token;
      }
    };
    await Promise.all(Array.from({ length: channels }, (_, index) => send(`C${index}`)));
    const rows = batches * rowsPerBatch;
    for (;;) {
      const { pipes }: Stats = JSON.parse(await call(`${url}/_emulator/stats`, 'GET', '', {}));
      if (pipes['DB.PUBLIC.T']?.committedRows === rows) break;
      await delay(20);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
    // utime and stime, in hundredths of a second
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const cpuSeconds = (Number(stat[11]) + Number(stat[12])) / 100;
    process.stdout.write(
      `${name}: ${rows.toLocaleString('en')} rows of ${Math.round(text.length / rowsPerBatch)} bytes in ${seconds.toFixed(2)} s = ` +
        `${Math.round(rows / seconds).toLocaleString('en')} rows/s, committed; the emulator took ${cpuSeconds.toFixed(1)} s of CPU, peak memory ${Math.round(Number(peak ?? 0) / 1024)} MB\n`,
    );
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
};

process.stdout.write(
  `${cpus().length} cores (${cpus()[0]?.model}), client and emulator on the same machine, ${channels} channels\n`,
);
await measure('stored  ', ['--commit-delay', '100']);
await measure('discard ', ['--discard']);
agent.destroy();
