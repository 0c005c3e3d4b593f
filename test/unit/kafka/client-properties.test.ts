import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, silentLogger } from '../../../src/api/index.ts';
import { parseJaasConfig } from '../../../src/config/jaas-config.ts';
import { type ConsumerOptions, readConsumerOptions } from '../../../src/kafka/client-config/consumer-properties.ts';
import { systemClock } from '../../../src/util/system-clock.ts';

const least = { 'bootstrap.servers': 'kafka:9092', 'group.id': 'g' };
const read = (properties: Record<string, string> = {}, logger = silentLogger): ConsumerOptions =>
  readConsumerOptions({ ...least, ...properties }, systemClock, logger);

const problemsOf = (properties: Record<string, string>): readonly string[] => {
  try {
    read(properties);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ key, message }) => `${key}: ${message}`);
    throw error;
  }
};

test('defaults: Java’s, but read_committed and a bounded fetch', () => {
  expect(read()).toMatchObject({
    isolation: 'read_committed',
    offsetReset: 'earliest',
    sessionTimeoutMs: 45_000,
    heartbeatIntervalMs: 3000,
    maxPollIntervalMs: 300_000,
    maxWaitMs: 500,
    maxBytes: 4 << 20,
    client: { brokers: ['kafka:9092'], ssl: undefined, sasl: undefined },
  });
});

test('bootstrap.servers as Java takes it', () => {
  expect(read({ 'bootstrap.servers': ' a:1 , PLAINTEXT://b.example:65535,' }).client.brokers).toEqual([
    'a:1',
    'b.example:65535',
  ]);
});

test('everything wrong is told at once, with key and fix', () => {
  const problems = problemsOf({
    'bootstrap.servers': 'kafka',
    'group.id': '',
    'isolation.level': 'serializable',
    'fetch.max.bytes': '4MB',
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': 'GSSAPI',
    'heartbeat.interval.ms': '60000',
  });
  expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
    'bootstrap.servers',
    'fetch.max.bytes',
    'group.id',
    'heartbeat.interval.ms',
    'isolation.level',
    'sasl.mechanism',
  ]);
  expect(problems.join()).toContain('use read_committed, read_uncommitted');
});

describe('SASL', () => {
  const sasl = { 'security.protocol': 'SASL_PLAINTEXT' };
  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule required';

  test('PLAIN and SCRAM', () => {
    const jaas = { ...sasl, 'sasl.jaas.config': `${plain} username="u" password="p\\"w;";` };
    expect(read({ ...jaas, 'sasl.mechanism': 'PLAIN' }).client.sasl).toEqual({
      mechanism: 'plain',
      username: 'u',
      password: 'p"w;',
    });
    expect(read({ ...jaas, 'sasl.mechanism': 'SCRAM-SHA-512' }).client.sasl).toMatchObject({
      mechanism: 'scram-sha-512',
    });
  });

  test('a problem never quotes the secret', () => {
    const problems = problemsOf({
      ...sasl,
      'sasl.mechanism': 'PLAIN',
      'sasl.jaas.config': `${plain} password="hush";`,
    });
    expect(problems.join()).toContain('sasl.jaas.config');
    expect(problems.join()).not.toContain('hush');
    expect(problemsOf({ ...sasl, 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': 'hush' }).join()).not.toContain('hush');
  });

  test('unsecured OAUTHBEARER tokens (KIP-255)', async () => {
    const module = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required';
    const jaas = `${module} unsecuredLoginStringClaim_sub="alice" extension_tenant="t";`;
    const options = read({ ...sasl, 'sasl.mechanism': 'OAUTHBEARER', 'sasl.jaas.config': jaas }).client.sasl;
    if (options?.mechanism !== 'oauthbearer') throw new Error('OAUTHBEARER expected');
    const { value, extensions } = await options.oauthBearerProvider();
    expect(extensions).toEqual({ tenant: 't' });
    expect(JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({ sub: 'alice' });
  });
});

test.each([
  [`a.B required x="1" y='2' z=3;`, { loginModule: 'a.B', options: { x: '1', y: '2', z: '3' } }],
  ['a.B required;', { loginModule: 'a.B', options: {} }],
  ['a.B required x="1"', null],
  ['nonsense', null],
])('JAAS %s', (text, expected) => {
  expect(parseJaasConfig(text)).toEqual(expected);
});

describe('TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'snowsink-stores-'));
  const store = (name: string, content: string | Buffer): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const ssl = { 'security.protocol': 'SSL' };
  const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
  const key = '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----';

  test('PEM by location, whatever ssl.truststore.type says, and inline as one line', () => {
    expect(read({ ...ssl, 'ssl.truststore.location': store('ca.pem', certificate) }).client.ssl).toEqual({
      ca: certificate,
    });
    const inline = certificate.trim().replaceAll('\n', ' ');
    expect(read({ ...ssl, 'ssl.truststore.certificates': inline }).client.ssl).toEqual({ ca: certificate });
  });

  test('a PEM keystore holds key and chain; an empty identification algorithm checks no host name', () => {
    const options = read({
      ...ssl,
      'ssl.keystore.location': store('client.pem', `${key}\n${certificate}`),
      'ssl.key.password': 'p',
      'ssl.endpoint.identification.algorithm': '',
    }).client.ssl;
    expect(options).toMatchObject({ key, passphrase: 'p' });
    expect(options?.cert).toContain('BEGIN CERTIFICATE');
    expect(options?.checkServerIdentity?.('a', {} as never)).toBeUndefined();
  });

  test('PKCS12 keystores are used as they are; JKS is refused with the command that converts it', () => {
    const p12 = store('client.p12', Buffer.from([0x30, 0x82]));
    expect(read({ ...ssl, 'ssl.keystore.location': p12, 'ssl.keystore.password': 's' }).client.ssl).toMatchObject({
      passphrase: 's',
    });
    const jks = store('trust.jks', Buffer.from([0xfe, 0xed, 0xfe, 0xed]));
    const [problem = ''] = problemsOf({ ...ssl, 'ssl.truststore.location': jks });
    expect(problem).toContain(`keytool -importkeystore -srckeystore ${jks}`);
    expect(problem).toContain('openssl pkcs12');
  });

  test('a file that is not there', () => {
    expect(problemsOf({ ...ssl, 'ssl.truststore.location': join(folder, 'none.pem') }).join()).toContain(
      'cannot be read',
    );
  });
});

test('unknown keys are told in one debug line, without their values', () => {
  const lines: string[] = [];
  const logger = {
    ...silentLogger,
    debug: (fields: object, message: string) => void lines.push(message + JSON.stringify(fields)),
  };
  read({ 'some.interceptor.secret': 'hush', 'key.deserializer': 'x' }, logger);
  expect(lines.length).toBe(1);
  expect(lines[0]).toContain('some.interceptor.secret');
  expect(lines[0]).not.toContain('hush');
});

test('static membership is warned of', () => {
  const lines: string[] = [];
  read({ 'group.instance.id': 'one' }, { ...silentLogger, warn: (_, message) => void lines.push(message) });
  expect(lines.join()).toContain('group.instance.id has no effect');
});
