import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createServerCertificate } from '../../../emulator/test/support/certificate.ts';
import { crossOriginHeaders, defaultMethods } from '../../../src/rest/cross-origin.ts';
import { parseListener } from '../../../src/rest/listeners.ts';
import { readResponseHeaders } from '../../../src/rest/response-headers.ts';
import { readRestSettings } from '../../../src/rest/rest-settings.ts';
import { startRest } from './rest-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'snowsink-rest-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe('cross-origin requests', () => {
  const settings = { origins: ['http://a.example', 'http://*.b.example'], methods: defaultMethods };
  const answer = (origin: string, more: Record<string, string> = {}, method = 'GET') =>
    crossOriginHeaders({ method, headers: { origin, ...more } }, settings);

  test.each(['http://a.example', 'http://x.b.example'])('%s may read', (origin) => {
    expect(answer(origin)).toEqual({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
    });
  });

  test.each(['http://c.example', 'http://aXexample', 'https://a.example', ''])('"%s" may not', (origin) => {
    expect(answer(origin)).toEqual({});
  });

  test('a preflight is answered with what is allowed, or not at all', () => {
    const preflight = (wanted: string, headers = '') =>
      answer(
        'http://a.example',
        { 'access-control-request-method': wanted, 'access-control-request-headers': headers },
        'OPTIONS',
      );
    expect(preflight('POST', 'content-type')).toMatchObject({
      'access-control-allow-methods': 'GET,POST,HEAD',
      'access-control-allow-headers': 'X-Requested-With,Content-Type,Accept,Origin',
      'access-control-max-age': '1800',
    });
    expect(preflight('DELETE')).toEqual({});
    expect(preflight('POST', 'x-other')).toEqual({});
  });

  test('the server sends them, and none by default', async () => {
    await using open = await startRest({
      'access.control.allow.origin': '*',
      'access.control.allow.methods': 'GET,PUT',
    });
    const headers = { origin: 'http://anywhere', 'access-control-request-method': 'PUT' };
    const preflight = await open.call('OPTIONS', '/connectors/a/config', undefined, headers);
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([200, 'GET,PUT']);
    await using closed = await startRest();
    const { headers: answered } = await closed.call('GET', '/connectors', undefined, { origin: 'http://anywhere' });
    expect(answered.get('access-control-allow-origin')).toBeNull();
  });
});

describe('basic auth', () => {
  const extension = 'org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension';
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

  test('users of the file that the JAAS file names', async () => {
    const users = file('users.properties', 'ann=se:cret\nbob=other\n');
    const jaas = file(
      'jaas.conf',
      `KafkaConnect {\n  org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule required\n  file="${users}";\n};\n`,
    );
    await using rest = await startRest(
      { 'rest.extension.classes': extension },
      { KAFKA_OPTS: `-Xmx1g -Djava.security.auth.login.config=${jaas}` },
    );
    const status = async (headers: Record<string, string>) =>
      (await rest.call('GET', '/connectors', undefined, headers)).status;
    expect(await status(basic('ann:se:cret'))).toBe(200);
    expect(await status(basic('bob:se:cret'))).toBe(401);
    expect(await status({ authorization: 'Bearer x' })).toBe(401);
    const refused = await rest.call('POST', '/connectors', '{}');
    expect([refused.status, refused.headers.get('www-authenticate'), refused.body]).toEqual([
      401,
      'Basic',
      'User cannot access the resource.',
    ]);
  });

  test.each([
    [{ 'rest.extension.classes': 'com.example.Other' }, /com\.example\.Other could not be found/],
    [{ 'rest.extension.classes': extension }, /snowsink\.rest\.credentials\.file/],
    [{ 'snowsink.rest.credentials.file': join(folder, 'none') }, /cannot be read/],
    [{ 'snowsink.rest.credentials.file': file('empty.properties', '# nobody\n') }, /names no user/],
  ])('%j is refused at start', (properties, message) => {
    expect(() => readRestSettings(properties, {})).toThrow(message);
  });
});

describe('listeners', () => {
  test('admin endpoints on listeners of their own, or nowhere', async () => {
    await using nowhere = await startRest({ 'admin.listeners': '' });
    expect((await nowhere.call('GET', '/admin/loggers')).status).toBe(404);
    await using apart = await startRest({ 'admin.listeners': 'http://127.0.0.1:0' });
    expect((await apart.call('GET', '/admin/loggers')).status).toBe(404);
    const get = async (path: string) => (await fetch(`${apart.urls[1]}${path}`)).status;
    expect([await get('/admin/loggers'), await get('/health'), await get('/connectors')]).toEqual([200, 200, 404]);
  });

  test('http and https are told apart; anything else is refused, by the name of its property', () => {
    expect(parseListener('https://[::1]:8443')).toEqual({ scheme: 'https', host: '::1', port: 8443 });
    expect(() => parseListener('ftp://x:1', 'admin.listeners')).toThrow(/^admin\.listeners: ftp/);
    expect(() => readRestSettings({ listeners: 'https://127.0.0.1:0' }, {})).toThrow(/listeners\.https\.ssl\.keystore/);
    expect(() => readRestSettings({ 'rest.advertised.listener': 'tcp' }, {})).toThrow(/http or https/);
  });
});

test('an https listener shows its PEM certificate, and wants the client’s own where ssl.client.auth=required', async ({
  skip,
}) => {
  const made = await createServerCertificate();
  if (made === null) return skip('no openssl here');
  const { certificate, key, authorityFile } = made;
  const ca = readFileSync(authorityFile);
  const keystore = file('keystore.pem', `${key}\n${certificate}`);
  const tls = {
    listeners: 'https://127.0.0.1:0',
    'listeners.https.ssl.keystore.type': 'PEM',
    'listeners.https.ssl.keystore.location': keystore,
    'listeners.https.ssl.truststore.location': authorityFile,
  };
  const get = (url: string, options: RequestOptions): Promise<number> => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const request = httpsRequest(`${url}/connectors`, { ca, agent: false, ...options }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.once('error', reject);
    request.end();
    return promise;
  };
  await using open = await startRest(tls);
  expect(open.url).toMatch(/^https:/);
  expect(await get(open.url, {})).toBe(200);
  await using strict = await startRest({ ...tls, 'listeners.https.ssl.client.auth': 'required' });
  await expect(get(strict.url, {})).rejects.toThrow();
  expect(await get(strict.url, { key, cert: certificate })).toBe(200);
});

describe('response.http.headers.config', () => {
  test('rules are applied to every answer', async () => {
    await using open = await startRest({
      'response.http.headers.config':
        'set X-Frame-Options:DENY, "add Cache-Control: no-cache, no-store", setDate Expires: 1000',
    });
    const { headers } = await open.call('GET', '/nowhere');
    expect([headers.get('x-frame-options'), headers.get('cache-control')]).toEqual(['DENY', 'no-cache, no-store']);
    expect(Date.parse(headers.get('expires') ?? '')).toBeGreaterThan(0);
  });

  test.each([
    ['set', /Invalid format of header config 'set'/],
    ['put X:1', /Invalid header config action: 'put'/],
    ['set X', /Invalid format of header name and header value pair 'X'/],
    ['set X Y:1', /Invalid header name 'X Y'/],
    ['setDate Expires:soon', /milliseconds from now/],
  ])('%s is refused', (text, message) => {
    expect(() => readResponseHeaders(text)).toThrow(message);
  });
});
