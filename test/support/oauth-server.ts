import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface OAuthServer {
  readonly url: string;
  /** Token requests so far: grant, scope and refresh token as they came. */
  readonly requests: Readonly<Record<string, string>>[];
  /** What is given out from now on. */
  accessToken: string;
  expiresIn: number;
  /** Statuses to answer with before anything else. */
  failures: number[];
  close(): Promise<void>;
}

/** A token endpoint (RFC 6749) that knows one client and replaces the refresh token at each use. */
export const startOAuthServer = async (client: { id: string; secret: string }): Promise<OAuthServer> => {
  const basic = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`;
  const requests: Record<string, string>[] = [];
  const answer = (authorization: string | undefined, form: Record<string, string>): [number, object] => {
    const failure = handle.failures.shift();
    if (failure !== undefined) return [failure, {}];
    if (authorization !== basic) return [401, { error: 'invalid_client', error_description: 'unknown client' }];
    const uses = requests.filter(({ grant_type: grant }) => grant === 'refresh_token').length;
    const expected = uses === 1 ? 'refresh-0' : `refresh-${uses - 1}`;
    if (form['grant_type'] === 'refresh_token' && form['refresh_token'] !== expected)
      return [400, { error: 'invalid_grant' }];
    const refresh = form['grant_type'] === 'refresh_token' ? { refresh_token: `refresh-${uses}` } : {};
    return [200, { access_token: handle.accessToken, token_type: 'Bearer', expires_in: handle.expiresIn, ...refresh }];
  };
  const server = createServer(async (request, response) => {
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    requests.push(form);
    const [status, body] = answer(request.headers.authorization, form);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const handle: OAuthServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    requests,
    accessToken: 'access-1',
    expiresIn: 600,
    failures: [],
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return handle;
};
