import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { HttpTransport } from '../../../src/destinations/snowpipe-streaming/http-transport.ts';
import type { HttpReply } from '../../../src/destinations/snowpipe-streaming/transport.ts';
import { startHttpProxy } from '../../support/http-proxy.ts';
import { waitFor } from '../../support/wait-for.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener);
  closers.push(() => server.closeAllConnections());
  return `http://${await listen(server)}`;
};

const createTransport = (options: Partial<ConstructorParameters<typeof HttpTransport>[0]> = {}) => {
  const transport = new HttpTransport({ connections: 1, connectTimeoutMs: 5_000, ...options });
  closers.push(() => transport.close());
  const post = (url: string, body: Uint8Array[] | null = null): Promise<HttpReply> => {
    const bytes = (body ?? []).reduce((sum, { length }) => sum + length, 0);
    const headers: Record<string, string> = body === null ? {} : { 'content-length': String(bytes) };
    return transport.request({
      ...{ endpoint: 'ingest', method: 'POST', url, headers, body, signal: new AbortController().signal },
    });
  };
  return { transport, post };
};

test('requests one after another go over one connection', async () => {
  const ports = new Set<number | undefined>();
  const url = await serve(async (request, response) => {
    ports.add(request.socket.remotePort);
    for await (const _ of request);
    response.end('Grüße');
  });
  const { post } = createTransport();
  for (let i = 0; i < 3; i++) expect(await (await post(url, [Buffer.alloc(100_000)])).text()).toBe('Grüße');
  expect(ports.size).toBe(1);
});

test('an answer before the body has gone out ends the connection: nobody reads the body after it', async () => {
  let closed = 0;
  const url = await serve((request, response) => {
    request.socket.once('close', () => {
      closed += 1;
    });
    request.pause();
    response.writeHead(413).end('too much');
  });
  const { post } = createTransport();
  const reply = await post(url, [Buffer.alloc(32 << 20)]);
  expect([reply.status, await reply.text()]).toEqual([413, 'too much']);
  await waitFor(() => closed === 1, { deadlineMs: 5_000, what: 'the end of the connection' });
  expect((await post(url)).status).toBe(413);
});

test('a server that takes the connection and never says hello over TLS is given up', async () => {
  const server = createTcpServer((socket) => void socket.resume().on('error', () => {}));
  const address = await listen(server);
  const { post } = createTransport({ connectTimeoutMs: 50 });
  await expect(post(`https://${address}/`)).rejects.toMatchObject({ name: 'TransportError', code: 'ETIMEDOUT' });
});

test('a slow answer is waited for, however long a connection may take', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  closers.push(() => vi.useRealTimers());
  const url = await serve((_request, response) => {
    vi.advanceTimersByTime(60_000);
    response.end('at last');
  });
  const { post } = createTransport({ connectTimeoutMs: 50 });
  expect(await (await post(url)).text()).toBe('at last');
});

test('close ends requests under way and those that wait for a connection', async () => {
  let asked = 0;
  const url = await serve(() => {
    asked += 1;
  });
  const { transport, post } = createTransport();
  const sent = [post(url), post(url)];
  const ends = Promise.all(
    sent.map((one) => expect(one).rejects.toMatchObject({ name: 'TransportError', code: 'CLOSED' })),
  );
  await waitFor(() => asked === 1, { deadlineMs: 5_000, what: 'a request' });
  await transport.close();
  await ends;
  expect(asked).toBe(1);
});

test('a connection that breaks within the answer is no reply', async () => {
  const url = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
  });
  const { post } = createTransport();
  await expect(post(url)).rejects.toMatchObject({ name: 'TransportError', code: 'ECONNRESET' });
});

test('a proxy hears its credentials, whatever characters they have', async () => {
  const proxy = await startHttpProxy('us%er', 'p:w@/');
  closers.push(() => proxy.close());
  const { port } = proxy;
  const settings = { host: '127.0.0.1', port, user: 'us%er', password: 'p:w@/', nonProxyHosts: 'elsewhere' };
  const { post } = createTransport({ proxy: settings });
  await expect(post('https://127.0.0.1:1/')).rejects.toMatchObject({ name: 'TransportError' });
  expect([proxy.refused(), proxy.targets]).toEqual([0, ['127.0.0.1:1']]);
});
