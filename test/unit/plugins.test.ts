// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables as users write them
import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseWorkerConfig } from '../../src/config/index.ts';
import { createPlugins } from '../../src/plugins.ts';
import { validatedConfig } from '../../src/runtime/validated-config.ts';

const plugins = createPlugins();
const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const worker = (given: Record<string, string> = {}) => ({
  properties: parseWorkerConfig(given).properties,
  offsetFlushIntervalMs: 1,
  offsetFlushTimeoutMs: 1,
  gracefulShutdownTimeoutMs: 1,
});
const config = {
  name: 'c',
  'connector.class': 'SnowflakeSinkConnector',
  topics: 't',
  'snowflake.url.name': 'a.snowflakecomputing.com',
  'snowflake.user.name': 'u',
  'snowflake.private.key': privateKey.replaceAll('\n', '\\n'),
  'snowflake.database.name': 'd',
  'snowflake.schema.name': 's',
};
const problems = async (more: Record<string, string>, given: Record<string, string> = {}) =>
  (await validatedConfig(worker(given), plugins, { ...config, ...more })).problems.map(({ key }) => key);

test('a sound config has no problems', async () => {
  expect(await problems({})).toEqual([]);
});

test.each([
  [{ 'snowflake.user.name': '', 'snowflake.private.key': 'no-key' }, ['snowflake.user.name', 'snowflake.private.key']],
  [{ 'snowflake.topic2table.map': 't' }, ['snowflake.topic2table.map']],
  [{ 'value.converter': 'com.example.Converter' }, ['value.converter']],
  [{ transforms: 'a', 'transforms.a.type': 'x' }, ['transforms.a.type']],
  [
    {
      transforms: 'a,b',
      'transforms.a.type': 'org.apache.kafka.connect.transforms.MaskField$Value',
      'transforms.a.fields': '',
      'transforms.b.type': 'RegexRouter',
      'transforms.b.predicate': 'none',
      predicates: 'p',
      'predicates.p.type': 'TopicNameMatches',
      'predicates.p.pattern': '(',
    },
    [
      'transforms.a.fields',
      'transforms.b.regex',
      'transforms.b.regex',
      'transforms.b.replacement',
      'transforms.b.predicate',
      'predicates.p.pattern',
    ],
  ],
])('%j', async (more: Record<string, string>, expected) => {
  expect(await problems(more)).toEqual(expected);
});

test('client overrides against the worker’s policy', async () => {
  const policy = { 'connector.client.config.override.policy': 'None' };
  expect(await problems({ 'consumer.override.fetch.min.bytes': '1' }, policy)).toEqual([
    'consumer.override.fetch.min.bytes',
  ]);
});

test('classes by full and simple name; an unknown one lists what exists', () => {
  const v3 = 'com.snowflake.kafka.connector.SnowflakeSinkConnector';
  expect(plugins.connector('SnowflakeSinkConnector').javaClass).toBe(v3);
  expect(plugins.connector(v3).javaClass).toBe(v3);
  expect(plugins.connector('Snowsink').javaClass).toBe('io.snowsink.SnowsinkConnector');
  expect(() => plugins.connector('JdbcSink')).toThrow(
    /JdbcSink.*available connectors are: io\.snowsink\.SnowsinkConnector, com\./,
  );
});

test('resolving hands on where the worker’s consumers start', async () => {
  process.env['SNOWSINK_TEST_USER'] = 'me';
  const given = { u: '${env:SNOWSINK_TEST_USER}', v: '${env:SNOWSINK_TEST_NONE}' };
  expect(await plugins.resolve(worker({ 'consumer.auto.offset.reset': 'latest' }), given)).toEqual({
    u: 'me',
    v: '${env:SNOWSINK_TEST_NONE}',
    'consumer.auto.offset.reset': 'latest',
  });
  delete process.env['SNOWSINK_TEST_USER'];
});

test('a task’s clients and converters; Confluent Cloud’s formats name converters', () => {
  const managed = { ...config, 'connector.class': 'SnowflakeSink', 'input.data.format': 'JSON' };
  const properties = plugins.taskProperties(worker(), managed, { connector: 'c', task: 1 });
  expect(properties).toMatchObject({
    consumer: { 'group.id': 'connect-c', 'client.id': 'connector-consumer-c-1' },
    valueConverter: {
      javaClass: 'org.apache.kafka.connect.json.JsonConverter',
      config: { 'schemas.enable': 'false' },
    },
    headerConverter: { javaClass: 'org.apache.kafka.connect.storage.SimpleHeaderConverter' },
  });
});

test('a module of the user and a class that cannot be there are told in words', async () => {
  const problemOf = async (type: string) =>
    (await validatedConfig(worker(), plugins, { ...config, transforms: 'a', 'transforms.a.type': type })).problems;
  expect(await problemOf('module:./gone.mjs')).toEqual([
    { key: 'transforms.a.type', message: expect.stringContaining('there is no file') },
  ]);
  expect(await problemOf('io.debezium.transforms.ContentBasedRouter')).toEqual([
    { key: 'transforms.a.type', message: expect.stringContaining('io.confluent.connect.transforms.Filter$Value') },
  ]);
  expect(plugins.others().map((plugin) => plugin.class)).not.toContain('io.debezium.transforms.ContentBasedRouter');
});
