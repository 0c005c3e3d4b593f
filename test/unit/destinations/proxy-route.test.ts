import { expect, test } from 'vitest';
import { proxyFor } from '../../../src/destinations/proxy-route.ts';

const snowflake = 'https://org-acct.snowflakecomputing.com';
const named = { host: 'proxy', port: 3128, user: null, password: null, nonProxyHosts: null };
const uriOf = (...given: Parameters<typeof proxyFor>): string | null => proxyFor(...given)?.uri ?? null;

test.each<[string, string | null, string, string | null]>([
  ['the proxy that the connector names', null, snowflake, 'http://proxy:3128'],
  ['not to this machine', null, 'http://127.0.0.1:8085', null],
  ['to this machine where the list is another one', 'x', 'http://127.0.0.1:8085', 'http://proxy:3128'],
  ['a suffix', 'x|*.snowflakecomputing.com', snowflake, null],
  ['a prefix', 'org-*', snowflake, null],
  ['a whole name', 'ORG-ACCT.snowflakecomputing.com', snowflake, null],
  ['part of a name is no name', 'acct.snowflakecomputing.com', snowflake, 'http://proxy:3128'],
])('jvm.proxy: %s', (_what, nonProxyHosts, url, expected) => {
  expect(uriOf(url, { ...named, nonProxyHosts }, { HTTPS_PROXY: 'http://other:1' })).toBe(expected);
});

test.each<[Record<string, string>, string, string | null]>([
  [{}, snowflake, null],
  [{ HTTPS_PROXY: 'http://env:8080' }, snowflake, 'http://env:8080'],
  [{ https_proxy: 'env:8080' }, snowflake, 'http://env:8080'],
  [{ HTTP_PROXY: 'http://env:8080' }, snowflake, null],
  [{ HTTP_PROXY: 'http://env:8080' }, 'http://snowflake.test', 'http://env:8080'],
  [{ HTTP_PROXY: 'http://env:8080' }, 'http://localhost:8085', null],
  [{ HTTPS_PROXY: 'http://env:8080', NO_PROXY: 'x, .snowflakecomputing.com' }, snowflake, null],
  [{ HTTPS_PROXY: 'http://env:8080', NO_PROXY: 'snowflakecomputing.com' }, snowflake, null],
  [{ HTTPS_PROXY: 'http://env:8080', NO_PROXY: '*' }, snowflake, null],
  [{ HTTPS_PROXY: 'http://env:8080', NO_PROXY: 'computing.com' }, snowflake, 'http://env:8080'],
  [{ HTTPS_PROXY: 'socks5://env:8080' }, snowflake, null],
])('environment %j, %s → %s', (environment, url, expected) => {
  expect(uriOf(url, null, environment)).toBe(expected);
});

test('credentials in the address are decoded and kept out of it', () => {
  expect(proxyFor(snowflake, null, { HTTPS_PROXY: 'http://u%40x:p%3Aw@env:1' })).toEqual({
    uri: 'http://env:1',
    user: 'u@x',
    password: 'p:w',
  });
});
