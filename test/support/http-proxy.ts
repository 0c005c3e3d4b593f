import { createServer, request as forward } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

export interface HttpProxy {
  readonly port: number;
  /** Where it was asked to go: host:port. */
  readonly targets: string[];
  /** Requests without the right credentials. */
  refused(): number;
  close(): Promise<void>;
}

/** A forward proxy that asks for Basic credentials: CONNECT, and absolute URLs (RFC 9112, 3.2.2). */
export const startHttpProxy = async (user: string, password: string): Promise<HttpProxy> => {
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const targets: string[] = [];
  let refused = 0;
  const server = createServer((request, response) => {
    if (request.headers['proxy-authorization'] !== expected) {
      refused += 1;
      response.writeHead(407).end();
      return;
    }
    const url = new URL(request.url ?? '');
    targets.push(url.host);
    const { 'proxy-authorization': _secret, ...headers } = request.headers;
    const onward = forward(url, { method: request.method ?? 'GET', headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connect', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (request.headers['proxy-authorization'] !== expected) {
      refused += 1;
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    targets.push(request.url ?? '');
    const { hostname, port } = new URL(`http://${request.url}`);
    const onward = connect(Number(port || 80), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    targets,
    refused: () => refused,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
