import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { HttpClient, type HttpClientOptions } from '../../../src/util/http-client.ts';
import { startHttpProxy } from '../../support/http-proxy.ts';
import { waitFor } from '../../support/wait-for.ts';

const listen = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener);
  onTestFinished(() => server.closeAllConnections());
  return `http://${await listen(server)}/`;
};

const createClient = (options: Partial<HttpClientOptions> = {}) => {
  const client = new HttpClient({ connections: 1, connectTimeoutMs: 5_000, proxyTo: () => null, ...options });
  onTestFinished(() => client.close());
  return { client, get: (url: string) => client.request({ method: 'GET', url, headers: {}, body: null }) };
};

test('an answer that does not come in time, or stops in the middle, is none; one that goes on is waited for', async () => {
  const url = await serve((request, response) => {
    if (request.url === '/never') return;
    response.writeHead(200).write('a');
    if (request.url === '/half') return;
    let pieces = 0;
    const timer = setInterval(() => {
      pieces += 1;
      response.write('b');
      if (pieces < 4) return;
      clearInterval(timer);
      response.end();
    }, 300);
  });
  const { get } = createClient({ connections: 3, readTimeoutMs: 1_000 });
  const late = { name: 'HttpError', code: 'ETIMEDOUT', message: 'no answer within 1 s' };
  const outcomes = await Promise.allSettled([get(`${url}never`), get(`${url}half`), get(url)]);
  expect(outcomes).toMatchObject([{ reason: late }, { reason: late }, { value: { status: 200, text: 'abbbb' } }]);
});

test('an answer within its bound is handed over, a larger one refused', async () => {
  const url = await serve((request, response) => void response.end('x'.repeat(Number(request.url?.slice(1)))));
  const { get } = createClient({ maxAnswerBytes: 1000 });
  expect((await get(`${url}1000`)).text).toHaveLength(1000);
  await expect(get(`${url}1001`)).rejects.toMatchObject({ code: 'ANSWER_TOO_LARGE', message: /1000 bytes/ });
});

test('close ends an answer that is under way', async () => {
  let begun = false;
  const url = await serve((_request, response) => {
    response.writeHead(200).write('half', () => {
      begun = true;
    });
  });
  const { client, get } = createClient();
  const refused = expect(get(url)).rejects.toMatchObject({ code: 'CLOSED' });
  await waitFor(() => begun, { deadlineMs: 5_000, what: 'half an answer' });
  client.close();
  await refused;
});

test('the signal’s reason is the error', async () => {
  const stop = new AbortController();
  const url = await serve(() => stop.abort(new Error('enough')));
  const { client } = createClient();
  const { signal } = stop;
  await expect(client.request({ method: 'GET', url, headers: {}, body: null, signal })).rejects.toThrow('enough');
});

test('TLS that says nothing within a proxy’s tunnel, and a proxy that never answers, are given up', async () => {
  const heard: string[] = [];
  const silent = createTcpServer((socket) => {
    socket.on('error', () => {}).once('data', (sent) => heard.push(sent.toString('latin1', 0, 7)));
  });
  onTestFinished(() => void vi.useRealTimers());
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const address = await listen(silent);
  const proxy = await startHttpProxy('user', 'secret');
  onTestFinished(() => proxy.close());
  const late = { code: 'ETIMEDOUT', message: 'no connection within 0.5 s' };
  const through = (proxyUrl: string) => createClient({ connectTimeoutMs: 500, proxyTo: () => proxyUrl });
  const outcomes = Promise.allSettled([
    through(`http://user:secret@127.0.0.1:${proxy.port}`).get(`https://${address}/`),
    through(`http://${address}`).get('https://127.0.0.1:1/'),
  ]);
  await waitFor(() => heard.length === 2, { deadlineMs: 5_000, what: 'a hello and a CONNECT' });
  vi.advanceTimersByTime(500);
  expect(await outcomes).toMatchObject([{ reason: late }, { reason: late }]);
  expect(heard).toContain('CONNECT');
  expect(proxy.targets).toEqual([address]);
});

test('every address’s reason is told where none of a name’s addresses answers', async () => {
  const { get } = createClient();
  const error = await get('http://localhost:1/').catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'ECONNREFUSED', message: expect.stringMatching(/ECONNREFUSED .*:1/) });
});
