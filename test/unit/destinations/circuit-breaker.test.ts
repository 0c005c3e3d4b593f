import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { BreakerTransport } from '../../../src/destinations/snowpipe-streaming/circuit-breaker.ts';
import { HttpTransport } from '../../../src/destinations/snowpipe-streaming/http-transport.ts';
import type { HttpReply } from '../../../src/destinations/snowpipe-streaming/transport.ts';
import { waitFor } from '../../support/wait-for.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const resetMs = 5_000;

const setUp = async () => {
  const server = { status: 200, requests: [] as { body: string; length: string | undefined }[], hangs: false };
  const url = await listen(
    createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        server.requests.push({ body: Buffer.concat(chunks).toString(), length: request.headers['content-length'] });
        if (server.hangs) return;
        response.writeHead(server.status, { 'x-snowflake-session': 'sticky' });
        response.end(`status ${server.status}`);
      });
    }),
  );
  const heard: string[] = [];
  const http = new HttpTransport({ connections: 2, connectTimeoutMs: 1_000 });
  const policy = { volumeThreshold: 5, errorThresholdPercentage: 50, windowMs: 10_000, resetMs };
  const transport = new BreakerTransport(http, policy, (endpoint, state) => heard.push(`${endpoint} ${state}`));
  closers.push(() => transport.close());
  const send = (options: { body?: string[]; signal?: AbortSignal; to?: string } = {}): Promise<HttpReply> => {
    const body = options.body?.map((text) => Buffer.from(text)) ?? null;
    const length = body?.reduce((sum, { length: bytes }) => sum + bytes, 0) ?? 0;
    return transport.request({
      endpoint: 'ingest',
      method: 'POST',
      url: `${options.to ?? url}/rows?x=%2F`,
      headers: body === null ? {} : { 'content-length': String(length) },
      body,
      signal: options.signal ?? new AbortController().signal,
    });
  };
  return { server, send, heard };
};

test('sends the chunks of a body as one, with its length', async () => {
  const { server, send } = await setUp();
  const reply = await send({ body: ['a\n', 'b\n', 'c\n'] });
  expect([reply.status, await reply.text(), reply.headers['x-snowflake-session']]).toEqual([
    200,
    'status 200',
    'sticky',
  ]);
  await (await send({ body: ['alone\n'] })).text();
  expect(server.requests).toEqual([
    { body: 'a\nb\nc\n', length: '6' },
    { body: 'alone\n', length: '6' },
  ]);
});

test('opens when the server keeps failing, lets one request probe, closes when it succeeds', async () => {
  const { server, send, heard } = await setUp();
  server.status = 503;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  closers.push(() => vi.useRealTimers());
  for (let request = 0; request < 5; request++) expect((await send()).status).toBe(503);
  expect(heard).toEqual(['ingest open']);
  await expect(send()).rejects.toMatchObject({ code: 'BREAKER_OPEN' });
  expect(server.requests.length).toBe(5);
  // It stays open as long as probes fail.
  vi.advanceTimersByTime(resetMs);
  expect((await send()).status).toBe(503);
  await expect(send()).rejects.toMatchObject({ code: 'BREAKER_OPEN' });
  server.status = 200;
  vi.advanceTimersByTime(resetMs);
  expect((await send()).status).toBe(200);
  expect(heard.at(-1)).toBe('ingest closed');
  expect((await send()).status).toBe(200);
});

test('a server that is not there opens it too, with its code', async () => {
  const { send, heard } = await setUp();
  for (let request = 0; request < 5; request++) {
    await expect(send({ to: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      name: 'TransportError',
      code: 'ECONNREFUSED',
    });
  }
  expect(heard).toEqual(['ingest open']);
});

test.each([400, 401, 404, 409, 413, 429])('HTTP %i speaks of the request and never opens it', async (status) => {
  const { server, send, heard } = await setUp();
  server.status = status;
  for (let request = 0; request < 12; request++) expect((await send()).status).toBe(status);
  expect(heard).toEqual([]);
});

test('requests that somebody gave up neither open it nor hide behind it', async () => {
  const { server, send, heard } = await setUp();
  server.hangs = true;
  for (let request = 0; request < 8; request++) {
    const giveUp = new AbortController();
    const sent = send({ signal: giveUp.signal });
    sent.catch(() => {});
    await waitFor(() => server.requests.length > request, { deadlineMs: 5_000, what: 'the request' });
    giveUp.abort(new Error('given up'));
    await expect(sent).rejects.toThrow('given up');
  }
  expect(heard).toEqual([]);
});
