import { expect, test } from 'vitest';
import { ConfigError } from '../../../src/api/index.ts';
import {
  adminProperties,
  clientOverrideValues,
  consumerProperties,
  converterConfig,
  parseWorkerConfig,
  producerProperties,
  unknownWorkerKeys,
  workerPropertiesFromEnvironment,
} from '../../../src/config/index.ts';

const id = { connector: 'orders', task: 2 };
const json = 'org.apache.kafka.connect.json.JsonConverter';
const worker = (given: Record<string, string> = {}) => parseWorkerConfig(given).properties;

test('the environment of the usual Connect images', () => {
  expect(
    workerPropertiesFromEnvironment({
      CONNECT_BOOTSTRAP_SERVERS: 'b:9092',
      CONNECT_CONSUMER_MAX_POLL_RECORDS: '10',
      CONNECT_A__B___C: 'x',
      CONNECT_LOG4J_LOGGERS: 'no',
      GROUP_ID: 'g',
      BOOTSTRAP_SERVERS: 'other:1',
      HOME: '/',
    }),
  ).toEqual({ 'bootstrap.servers': 'b:9092', 'consumer.max.poll.records': '10', 'a_b-c': 'x', 'group.id': 'g' });
});

test("Connect's defaults, but loopback and schemaless JSON where no converter is named", () => {
  const { properties, values } = parseWorkerConfig({});
  expect(values).toMatchObject({
    'offset.flush.interval.ms': 60_000,
    'offset.flush.timeout.ms': 5000,
    'task.shutdown.graceful.timeout.ms': 5000,
    listeners: ['http://127.0.0.1:8083'],
    'snowsink.memory.bytes': 96 * 1024 * 1024,
  });
  expect(converterConfig(properties, {}, 'value.converter')).toEqual({
    javaClass: json,
    config: { 'schemas.enable': 'false' },
  });
  const named = worker({ 'value.converter': json });
  expect(converterConfig(named, {}, 'value.converter')).toEqual({ javaClass: json, config: {} });
});

test('every problem at once, each with its key', () => {
  const attempt = () => parseWorkerConfig({ 'offset.flush.interval.ms': 'x', 'log.level': 'loud' });
  expect(attempt).toThrow(ConfigError);
  try {
    attempt();
  } catch (error) {
    expect(error instanceof ConfigError && error.problems.map(({ key }) => key)).toEqual([
      'offset.flush.interval.ms',
      'offset.flush.interval.ms',
      'log.level',
    ]);
  }
});

test('trap 8: a connector that names a converter inherits no setting; one that does not has its own ignored', () => {
  const properties = worker({ 'value.converter': json, 'value.converter.schemas.enable': 'false' });
  expect(converterConfig(properties, { 'value.converter': json }, 'value.converter').config).toEqual({});
  expect(converterConfig(properties, { 'value.converter.schemas.enable': 'true' }, 'value.converter').config).toEqual({
    'schemas.enable': 'false',
  });
});

test('traps 9 and 10: consumer defaults, then consumer.*, then consumer.override.*', () => {
  const properties = worker({
    'bootstrap.servers': 'b:1',
    'consumer.fetch.max.wait.ms': '7',
    'consumer.auto.offset.reset': 'latest',
  });
  const connector = { 'consumer.override.auto.offset.reset': 'none', 'consumer.override.group.id': 'g' };
  expect(consumerProperties(properties, connector, id)).toEqual({
    'bootstrap.servers': 'b:1',
    'group.id': 'g',
    'client.id': 'connector-consumer-orders-2',
    'auto.offset.reset': 'none',
    'isolation.level': 'read_committed',
    'enable.auto.commit': 'false',
    'fetch.max.wait.ms': '7',
  });
  expect(consumerProperties(properties, {}, id)['group.id']).toBe('connect-orders');
});

test("a worker's plain security settings reach clients that have none of their own and the same brokers", () => {
  const plain = { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN' };
  expect(consumerProperties(worker(plain), {}, id)).toMatchObject(plain);
  expect(producerProperties(worker(plain), {}, id)).toMatchObject({ ...plain, acks: 'all' });
  expect(adminProperties(worker(plain), {}, id)).toMatchObject(plain);
  const own = consumerProperties(worker({ ...plain, 'consumer.security.protocol': 'PLAINTEXT' }), {}, id);
  expect(own).toMatchObject({ 'security.protocol': 'PLAINTEXT' });
  expect(own).not.toHaveProperty('sasl.mechanism');
  const elsewhere = consumerProperties(worker(plain), { 'consumer.override.bootstrap.servers': 'c:1' }, id);
  expect(elsewhere).not.toHaveProperty('security.protocol');
});

test('admin clients get nothing that is another part’s', () => {
  const properties = adminProperties(
    worker({ 'consumer.x': '1', 'value.converter.y': '2', 'request.timeout.ms': '3' }),
    {},
    id,
  );
  expect(properties).toEqual({
    'bootstrap.servers': 'localhost:9092',
    'client.id': 'connector-dlq-adminclient-orders-2',
    'request.timeout.ms': '3',
  });
});

test.each([
  ['All', []],
  ['None', ['consumer.override.sasl.mechanism', 'consumer.override.fetch.min.bytes']],
  ['Principal', ['consumer.override.fetch.min.bytes']],
  ['Allowlist', ['consumer.override.sasl.mechanism']],
])('override policy %s', (policy, refused) => {
  const properties = worker({
    'connector.client.config.override.policy': policy,
    'connector.client.config.override.allowlist': 'fetch.min.bytes',
  });
  const connector = {
    'consumer.override.sasl.mechanism': 'PLAIN',
    'consumer.override.fetch.min.bytes': '1',
    name: 'x',
  };
  const values = clientOverrideValues('consumer', properties, connector);
  expect(values.filter(({ errors }) => errors.length > 0).map(({ name }) => name)).toEqual(refused);
});

test('unknown worker keys are found; those of Kafka clients and of distributed workers are none', () => {
  const given = {
    'offset.flush.intervall.ms': '1',
    'consumer.x': '1',
    'ssl.truststore.location': 'x',
    'group.id': 'g',
  };
  expect(unknownWorkerKeys(given)).toEqual(['offset.flush.intervall.ms']);
});
