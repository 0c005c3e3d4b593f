import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLogger } from '../../../src/api/index.ts';
import { createKafkaAdmin, createRecordProducer } from '../../../src/kafka/index.ts';
import { systemClock } from '../../../src/util/system-clock.ts';
import { type RunningBroker, startBroker } from '../../support/kafka.ts';
import { uniqueName } from '../../support/topics.ts';
import { startTask } from './task-double.ts';

/** An authority, and a broker's certificate that it signed, for 127.0.0.1. */
const makeCertificates = (folder: string): { ca: string; key: string; chain: string } => {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const subject = (name: string) => ['-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', `${name}.key`];
  openssl('req', '-x509', ...subject('ca'), '-days', '2', '-out', 'ca.pem');
  openssl('req', ...subject('broker'), '-out', 'broker.csr');
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  openssl('x509', '-req', '-in', 'broker.csr', ...signed, '-out', 'broker.pem');
  openssl('pkcs8', '-topk8', '-nocrypt', '-in', 'broker.key', '-out', 'broker.p8');
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { ca: join(folder, 'ca.pem'), key: text('broker.p8'), chain: text('broker.pem') };
};

const login = 'org.apache.kafka.common.security';
const scram = (password: string) => `${login}.scram.ScramLoginModule required username="u" password="${password}";`;
const plain = (password: string) => `${login}.plain.PlainLoginModule required username="u" password="${password}";`;

let folder: string;
let broker: RunningBroker;
let common: Record<string, string>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'snowsink-tls-'));
  const { ca, key, chain } = makeCertificates(folder);
  broker = await startBroker({
    protocol: 'SASL_SSL',
    files: { 'broker.store.pem': `${key}${chain}` },
    formatArguments: [
      '--add-scram',
      'SCRAM-SHA-256=[name=u,password=p-256]',
      '--add-scram',
      'SCRAM-SHA-512=[name=u,password=p-512]',
    ],
    properties: {
      'listener.name.client.ssl.keystore.type': 'PEM',
      'listener.name.client.ssl.keystore.location': '{dir}/broker.store.pem',
      'listener.name.client.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'listener.name.client.plain.sasl.jaas.config': `${login}.plain.PlainLoginModule required user_u="plain";`,
      'listener.name.client.scram-sha-256.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
      'listener.name.client.scram-sha-512.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
      'listener.name.client.plain.connections.max.reauth.ms': '3000',
    },
  });
  common = {
    'bootstrap.servers': broker.bootstrapServers,
    'security.protocol': 'SASL_SSL',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': ca,
    'socket.connection.setup.timeout.max.ms': '5000',
  };
});
afterAll(async () => {
  await broker?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const record = (topic: string, size: number) => ({ topic, key: null, value: Buffer.alloc(size, 'x'), headers: [] });

test.each([
  ['PLAIN, sessions of 3 s that are renewed', 'PLAIN', plain('plain')],
  ['SCRAM-SHA-256', 'SCRAM-SHA-256', scram('p-256')],
  ['SCRAM-SHA-512', 'SCRAM-SHA-512', scram('p-512')],
])('over TLS: %s', async (_, mechanism, jaas) => {
  const properties = { ...common, 'sasl.mechanism': mechanism, 'sasl.jaas.config': jaas };
  const admin = await createKafkaAdmin({ properties, logger: silentLogger });
  const topic = uniqueName('secure');
  await admin.createTopic({ name: topic, partitions: 2, replicationFactor: 1 });
  await admin.close();
  const producer = await createRecordProducer({ properties, clock: systemClock, logger: silentLogger });
  const memory = new Uint8Array(8 << 20);
  let placed = 0;
  const task = await startTask({
    bootstrapServers: broker.bootstrapServers,
    topics: [topic],
    groupId: uniqueName('secure'),
    properties,
    place: (bytes) => {
      placed++;
      return bytes <= memory.length ? memory.subarray(0, bytes) : null;
    },
  });
  const rounds = mechanism === 'PLAIN' ? 12 : 2; // 12 x 0.5 s: past two sessions
  for (let round = 0; round < rounds; round++) {
    await producer.send([record(topic, 10), record(topic, 400_000), record(topic, 10)]);
    await systemClock.sleep(500);
  }
  await task.sees(rounds * 3);
  expect(task.records.map(({ value }) => value?.every((byte) => byte === 120))).not.toContain(false);
  expect(task.failure).toBeNull();
  expect(placed).toBeGreaterThan(0);
  await producer.close();
});

test('a wrong password: told at once, without the password', async () => {
  const properties = { ...common, 'sasl.mechanism': 'SCRAM-SHA-256', 'sasl.jaas.config': scram('hush') };
  const failure = await createKafkaAdmin({ properties, logger: silentLogger }).catch((error: Error) => error);
  expect(failure).toMatchObject({
    message: expect.stringContaining('check sasl.mechanism, and user name and password'),
  });
  expect(String(failure)).not.toContain('hush');
});

test('an unknown authority: the property that names it', async () => {
  const { 'ssl.truststore.location': _, ...untrusting } = common;
  const properties = { ...untrusting, 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': plain('plain') };
  await expect(createKafkaAdmin({ properties, logger: silentLogger })).rejects.toThrow(/ssl\.truststore\.location/);
});

test('plain text to a TLS port', async () => {
  const properties = { ...common, 'security.protocol': 'PLAINTEXT', 'socket.connection.setup.timeout.max.ms': '1000' };
  await expect(createKafkaAdmin({ properties, logger: silentLogger })).rejects.toThrow(
    /check security\.protocol and the port/,
  );
});
