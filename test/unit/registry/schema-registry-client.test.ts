import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createServerCertificate } from '../../../emulator/test/support/certificate.ts';
import { ConfigError } from '../../../src/api/index.ts';
import { RegistryAnswerError, RegistryAwayError, SchemaRegistries } from '../../../src/registry/index.ts';
import { startHttpProxy } from '../../support/http-proxy.ts';
import { settled, VirtualClock } from '../../support/virtual-clock.ts';

type Answer = readonly [status: number, body: unknown];

/** Answers by path; what it was asked is kept. */
const startServer = async (answer: (path: string, request: IncomingMessage) => Answer) => {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    request.resume();
    const [status, body] = answer(request.url ?? '', request);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked, paths: () => asked.map(({ url }) => url?.split('?')[0]) };
};

const clientOf = (config: Record<string, string>, clock = new VirtualClock()) =>
  new SchemaRegistries(clock, () => 0.5).client(config);

const missing: Answer = [404, { error_code: 40403, message: 'Schema 7 not found' }];

test('a schema with its references, asked for once by many, kept; references come before what needs them', async () => {
  const server = await startServer((path) => {
    if (path.startsWith('/schemas/ids/1')) {
      return [200, { schema: '"a"', references: [{ name: 'b', subject: 'b-s', version: 2 }] }];
    }
    if (path.startsWith('/subjects/b-s/')) {
      return [200, { schema: '"b"', references: [{ name: 'c', subject: 'c-s', version: 1 }] }];
    }
    return [200, { schema: '"c"' }];
  });
  const client = clientOf({ 'schema.registry.url': server.url });
  const [schema, again] = await Promise.all([client.schema({ id: 1 }, 't-value'), client.schema({ id: 1 }, 't-value')]);
  expect(schema).toBe(again);
  expect(schema).toEqual({
    kind: 'AVRO',
    text: '"a"',
    references: [
      { name: 'c', text: '"c"' },
      { name: 'b', text: '"b"' },
    ],
  });
  expect(server.paths()).toEqual(['/schemas/ids/1', '/subjects/b-s/versions/2', '/subjects/c-s/versions/1']);
});

test('«not found» is believed for missing.id.cache.ttl.sec', async () => {
  const clock = new VirtualClock();
  let answer = missing;
  const server = await startServer(() => answer);
  const client = clientOf({ 'schema.registry.url': server.url, 'missing.id.cache.ttl.sec': '10' }, clock);
  for (let time = 0; time < 3; time++) {
    await expect(client.schema({ id: 7 }, null)).rejects.toThrow('Schema 7 not found; error code: 40403');
  }
  expect(server.asked).toHaveLength(1);
  answer = [200, { schema: '"string"' }];
  await clock.advance(10_000);
  expect((await client.schema({ id: 7 }, null)).text).toBe('"string"');
});

test('the next address where one is away, which is asked first from then on', async () => {
  const first = await startServer(() => [503, {}]);
  const second = await startServer(() => [200, { schema: '"string"' }]);
  const client = clientOf({ 'schema.registry.url': `${first.url},${second.url}/` });
  await client.schema({ id: 1 }, null);
  await client.schema({ id: 2 }, null);
  expect([first.asked.length, second.asked.length]).toEqual([1, 2]);
});

test('no answer anywhere: repeated with growing waits, then RegistryAwayError; asked again the next time', async () => {
  const clock = new VirtualClock();
  let status = 500;
  const server = await startServer(() => [status, { schema: '"string"' }]);
  const client = clientOf({ 'schema.registry.url': server.url, 'max.retries': '2', 'retries.wait.ms': '100' }, clock);
  const failing = client.schema({ id: 1 }, null).catch((error: unknown) => error);
  for (let asked = 1; asked <= 3; asked++) {
    while (server.asked.length < asked) {
      await clock.advance(250);
      await settled();
    }
  }
  expect(await failing).toBeInstanceOf(RegistryAwayError);
  expect(server.asked).toHaveLength(3);
  status = 200;
  expect((await client.schema({ id: 1 }, null)).text).toBe('"string"');
});

test.each([
  ['USER_INFO', { 'basic.auth.credentials.source': 'USER_INFO', 'basic.auth.user.info': 'u:p' }, 'Basic dTpw'],
  [
    'the old name',
    { 'basic.auth.credentials.source': 'USER_INFO', 'schema.registry.basic.auth.user.info': 'u:p' },
    'Basic dTpw',
  ],
  [
    'SASL_INHERIT',
    {
      'basic.auth.credentials.source': 'SASL_INHERIT',
      'sasl.jaas.config': 'org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="p";',
    },
    'Basic dTpw',
  ],
  ['STATIC_TOKEN', { 'bearer.auth.credentials.source': 'STATIC_TOKEN', 'bearer.auth.token': 'tok' }, 'Bearer tok'],
])('credentials by %s', async (_what, config, authorization) => {
  const server = await startServer(() => [200, { schema: '"string"' }]);
  const client = clientOf({
    'schema.registry.url': server.url,
    'bearer.auth.logical.cluster': 'lsrc-1',
    'bearer.auth.identity.pool.id': 'pool-1',
    'request.header.X-Own': 'mine',
    ...config,
  });
  await client.schema({ id: 1 }, null);
  expect(server.asked[0]?.headers).toMatchObject({
    authorization,
    'target-sr-cluster': 'lsrc-1',
    'confluent-identity-pool-id': 'pool-1',
    'x-own': 'mine',
  });
});

test('credentials in the address, and a token of OAuth client credentials', async () => {
  const server = await startServer((path) => {
    if (path === '/token') return [200, { access_token: 'fetched', expires_in: 100 }];
    return [200, { schema: '"string"' }];
  });
  await clientOf({ 'schema.registry.url': server.url.replace('//', '//us%40er:p%3Aw@') }).schema({ id: 1 }, null);
  const basic = `Basic ${Buffer.from('us@er:p:w').toString('base64')}`;
  expect(server.asked[0]?.headers.authorization).toBe(basic);
  const client = clientOf({
    'schema.registry.url': server.url,
    'bearer.auth.credentials.source': 'OAUTHBEARER',
    'bearer.auth.issuer.endpoint.url': `${server.url}/token`,
    'bearer.auth.client.id': 'id',
    'bearer.auth.client.secret': 'secret',
  });
  await client.schema({ id: 1 }, null);
  await client.schema({ id: 2 }, null);
  expect(server.asked.map(({ headers }) => headers.authorization).slice(2)).toEqual([
    'Bearer fetched',
    'Bearer fetched',
  ]);
  expect(server.paths().filter((path) => path === '/token')).toHaveLength(1);
});

test('a refused login is no answer about the schema: asked again', async () => {
  let status = 401;
  const server = await startServer(() => [status, { schema: '"string"', error_code: 401, message: 'Unauthorized' }]);
  const client = clientOf({ 'schema.registry.url': server.url });
  await expect(client.schema({ id: 1 }, null)).rejects.toBeInstanceOf(RegistryAnswerError);
  status = 200;
  expect((await client.schema({ id: 1 }, null)).text).toBe('"string"');
});

test('a schema whose rules would have to be executed is refused, one whose rules are for writers is not', async () => {
  const rule = (mode: string, disabled = false) => ({ domainRules: [{ name: 'encrypt', mode, disabled }] });
  const server = await startServer((path) => {
    if (path.startsWith('/schemas/ids/1')) return [200, { schema: '"string"', ruleSet: rule('WRITEREAD') }];
    if (path.startsWith('/schemas/ids/2')) return [200, { schema: '"string"', ruleSet: rule('WRITEREAD', true) }];
    if (path.startsWith('/schemas/ids/3')) return [200, { schema: '"string"', ruleSet: rule('WRITE') }];
    if (path.startsWith('/schemas/ids/4')) {
      const domainRules = [{ name: 'encrypt', mode: 'WRITEREAD', onFailure: 'ERROR,NONE' }];
      return [200, { schema: '"string"', ruleSet: { domainRules } }];
    }
    return [200, { schema: '"string"', ruleSet: { migrationRules: [{ name: 'rename', mode: 'UPGRADE' }] } }];
  });
  const client = clientOf({ 'schema.registry.url': server.url });
  await expect(client.schema({ id: 1 }, null)).rejects.toThrow(/data contract rule 'encrypt'/);
  for (const id of [2, 3, 4, 5]) await client.schema({ id }, null);
  await expect(client.latest('s')).rejects.toThrow(/data contract rule 'rename'/);
});

test('the latest schema with given properties', async () => {
  const server = await startServer(() => [200, { schema: '"string"' }]);
  const client = clientOf({ 'schema.registry.url': `${server.url}/contexts/.mine` });
  const properties = new Map([['major', '2']]);
  expect(await client.latest('a/b', properties)).toBe(await client.latest('a/b', properties));
  expect(server.asked.map(({ url }) => url)).toEqual([
    '/contexts/.mine/subjects/a%2Fb/metadata?key=major&value=2&deleted=true',
  ]);
});

test('a token by the login of Kafka’s clients', async () => {
  const server = await startServer((path) =>
    path === '/token' ? [200, { access_token: 'fetched', expires_in: 100 }] : [200, { schema: '"string"' }],
  );
  const client = clientOf({
    'schema.registry.url': server.url,
    'bearer.auth.credentials.source': 'SASL_OAUTHBEARER_INHERIT',
    'sasl.oauthbearer.token.endpoint.url': `${server.url}/token`,
    'sasl.jaas.config':
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required clientId="id" clientSecret="secret" scope="s" extension_identityPoolId="pool-1";',
  });
  await client.schema({ id: 1 }, null);
  expect(server.asked[1]?.headers).toMatchObject({
    authorization: 'Bearer fetched',
    'confluent-identity-pool-id': 'pool-1',
  });
});

test.each([
  [{ 'bearer.auth.credentials.source': 'CUSTOM' }, /CUSTOM names a Java class.*OAUTHBEARER/],
  [{ 'bearer.auth.credentials.source': 'SASL_OAUTHBEARER_INHERIT' }, /clientId.*\n.*token\.endpoint/s],
  [{ 'context.name.strategy': 'com.acme.Contexts' }, /com\.acme\.Contexts.*\/contexts\//],
])('what needs a class of Java’s, or more settings, is refused with what to do: %o', (config, message) => {
  expect(() => clientOf({ 'schema.registry.url': 'http://127.0.0.1:1', ...config })).toThrow(message);
});

test('converters with the same settings share a client; wrong settings are told all at once, no secret in the words', () => {
  const registries = new SchemaRegistries(new VirtualClock(), () => 0);
  const config = { 'schema.registry.url': 'http://127.0.0.1:1' };
  expect(registries.client(config)).toBe(registries.client({ ...config, 'connect.meta.data': 'false' }));
  expect(registries.client(config)).not.toBe(registries.client({ ...config, 'max.retries': '1' }));
  const wrong = () =>
    registries.client({
      'schema.registry.url': 'user:secret@host:8081',
      'basic.auth.credentials.source': 'USER_INFO',
      'proxy.host': 'p',
    });
  expect(wrong).toThrow(ConfigError);
  expect(wrong).toThrow(/schema\.registry\.url: .*\nbasic\.auth\.user\.info: .*\nproxy\.port: /);
  expect(wrong).not.toThrow(/secret/);
  expect(() => registries.client({})).toThrow(/schema\.registry\.url/);
});

test('TLS: a CA of one’s own, and a client certificate where the registry wants one', async ({ skip }) => {
  const made = await createServerCertificate();
  if (made === null) return skip('no openssl here');
  const { certificate, key, authorityFile } = made;
  const folder = mkdtempSync(join(tmpdir(), 'registry-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const keystore = join(folder, 'keystore.pem');
  writeFileSync(keystore, `${key}\n${certificate}`);
  const ca = readFileSync(authorityFile);
  const server = createTlsServer(
    { key, cert: certificate, ca, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      request.resume();
      const { authorized } = request.socket as unknown as { readonly authorized: boolean };
      response.end(JSON.stringify({ schema: authorized ? '"long"' : '"string"' }));
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const url = { 'schema.registry.url': `https://127.0.0.1:${port}`, 'max.retries': '0' };
  const read = async (config: Record<string, string>) =>
    (await clientOf({ ...url, ...config }).schema({ id: 1 }, null)).text;
  const truststore = { 'schema.registry.ssl.truststore.location': authorityFile };
  await expect(read({})).rejects.toBeInstanceOf(RegistryAwayError);
  expect(await read(truststore)).toBe('"string"');
  expect(await read({ ...truststore, 'schema.registry.ssl.keystore.location': keystore })).toBe('"long"');
});

test('through a proxy; one that wants credentials says nothing about the schema', async () => {
  const server = await startServer(() => [200, { schema: '"string"' }]);
  const proxy = await startHttpProxy('user', 'secret');
  onTestFinished(() => proxy.close());
  const config = { 'schema.registry.url': server.url, 'proxy.port': String(proxy.port), 'max.retries': '0' };
  const read = (host: string) => clientOf({ ...config, 'proxy.host': host }).schema({ id: 1 }, null);
  await expect(read('127.0.0.1')).rejects.toThrow(RegistryAwayError);
  expect((await read('user:secret@127.0.0.1')).text).toBe('"string"');
  expect([proxy.refused(), proxy.targets]).toEqual([1, [new URL(server.url).host]]);
});

test('no answer within http.read.timeout.ms: the next address', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => {
    silent.closeAllConnections();
    silent.close();
  });
  const { port } = silent.address() as AddressInfo;
  const server = await startServer(() => [200, { schema: '"string"' }]);
  const urls = `http://127.0.0.1:${port},${server.url}`;
  const read = clientOf({ 'schema.registry.url': urls, 'http.read.timeout.ms': '50' }).schema({ id: 1 }, null);
  await once(silent, 'request');
  while (vi.getTimerCount() === 0) await settled();
  vi.advanceTimersByTime(49);
  expect(server.asked).toEqual([]);
  vi.advanceTimersByTime(1);
  expect((await read).text).toBe('"string"');
});
