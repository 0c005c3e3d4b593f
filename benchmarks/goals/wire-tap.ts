import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

/** An append that the destination has answered. */
export interface TappedAppend {
  /** performance.timeOrigin's clock, epoch ms: when the answer was passed on. */
  readonly atMs: number;
  readonly channel: string;
  readonly status: number;
  readonly rows: number;
  /** Age of each row, from CreateTime in Kafka to the answer, ms. Empty unless asked for. */
  readonly agesMs: readonly number[];
}

/** Stands between worker and emulator and notes what passes. */
export interface WireTap {
  readonly url: string;
  readonly appends: TappedAppend[];
  requests: number;
  /** The ages of rows are worked out only while this is true: it costs. */
  readsRows: boolean;
  close(): Promise<void>;
}

const appendPath = /\/channels\/([^/]+)\/rows/;
const createTime = /"CreateTime":(\d+)/g;

const textOf = (body: Buffer, encoding: string | undefined): string => {
  const plain = encoding === 'zstd' ? zstdDecompressSync(body) : encoding === 'gzip' ? gunzipSync(body) : body;
  return plain.toString('latin1');
};

const bodyOf = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** On a free port of 127.0.0.1. @param target the emulator's URL */
export const startWireTap = async (target: string): Promise<WireTap> => {
  const { hostname, port } = new URL(target);
  const agent = new Agent({ keepAlive: true });
  const forward = (from: IncomingMessage, body: Buffer): Promise<{ reply: IncomingMessage; text: Buffer }> =>
    new Promise((resolve, reject) => {
      const { method = 'GET', url: path = '/', headers } = from;
      const out = request({ agent, hostname, port, method, path, headers }, (reply) => {
        bodyOf(reply).then((text) => resolve({ reply, text }), reject);
      });
      out.on('error', reject);
      out.end(body);
    });
  const handle = async (from: IncomingMessage, to: ServerResponse): Promise<void> => {
    tap.requests += 1;
    const body = await bodyOf(from);
    const { reply, text } = await forward(from, body);
    const status = reply.statusCode ?? 502;
    const atMs = performance.timeOrigin + performance.now();
    to.writeHead(status, reply.headers).end(text);
    const channel = appendPath.exec(from.url ?? '')?.[1];
    if (channel === undefined) return;
    const times = tap.readsRows
      ? Array.from(textOf(body, from.headers['content-encoding']).matchAll(createTime), ([, time]) => Number(time))
      : [];
    tap.appends.push({ atMs, channel, status, rows: times.length, agesMs: times.map((time) => atMs - time) });
  };
  const server = createServer((from, to) => {
    handle(from, to).catch(() => to.destroy());
  });
  const tap: WireTap = {
    url: '',
    appends: [],
    requests: 0,
    readsRows: true,
    close: async () => {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((done) => server.close(done));
    },
  };
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return Object.assign(tap, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
};
