import { expect, test } from 'vitest';
import { defaultPipe } from '../../../src/destinations/snowpipe-streaming/request-builder.ts';
import { ingestOrigin } from '../../../src/destinations/snowpipe-streaming/session.ts';

const account = 'https://org-acct.snowflakecomputing.com';
test.each([
  ['abc.ingest.xyz.snowflakecomputing.com', account, 'https://abc.ingest.xyz.snowflakecomputing.com'],
  ['abc.ingest.xyz.snowflakecomputing.com\n', account, 'https://abc.ingest.xyz.snowflakecomputing.com'],
  ['"abc.ingest.xyz"', account, 'https://abc.ingest.xyz'],
  ['{"hostname":"abc.ingest.xyz"}', account, 'https://abc.ingest.xyz'],
  ['org_acct.ingest.xyz', account, 'https://org-acct.ingest.xyz'],
  ['127.0.0.1', 'http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['snow_flake', 'http://snow_flake:8080', 'http://snow_flake:8080'],
  ['127.0.0.1:9090', 'http://127.0.0.1:8080', 'http://127.0.0.1:9090'],
  ['http://127.0.0.1:9090', account, 'http://127.0.0.1:9090'],
  ['abc.ingest.xyz', 'https://org-acct.privatelink.snowflakecomputing.com:8443', 'https://abc.ingest.xyz:8443'],
  ['<html>welcome</html>', account, null],
  ['', account, null],
  ['{"message":"no"}', account, null],
])('host reply %j of account %s → %s', (reply, accountUrl, origin) => {
  expect(ingestOrigin(reply, accountUrl)).toBe(origin);
});

test.each([
  ['ORDERS', 'ORDERS-STREAMING'],
  ['ORDERS$1', 'ORDERS$1-STREAMING'],
  ['orders', '"orders-STREAMING"'],
  ['A B', '"A B-STREAMING"'],
  ['a"b', '"a""b-STREAMING"'],
])('the default pipe of %s is %s', (table, pipe) => {
  expect(defaultPipe(table)).toBe(pipe);
});
