import { expect, test } from 'vitest';
import { check } from '../../../src/cli/check.ts';
import { importCommand } from '../../../src/cli/import.ts';
import { createKeyPair } from '../../support/key-pair.ts';
import { runCommand, temporaryFile } from '../../support/run-command.ts';

const { privateKey } = createKeyPair();
const login = {
  'snowflake.url.name': 'org-account.snowflakecomputing.com',
  'snowflake.private.key': privateKey,
  'snowflake.role.name': 'LOADER',
  'snowflake.database.name': 'RAW',
  'snowflake.schema.name': 'PUBLIC',
};

const imported = async (name: string, content: string | object, ...options: string[]) => {
  const outcome = await runCommand(importCommand, [...options, temporaryFile(name, content)]);
  expect(outcome).toMatchObject({ code: 0 });
  return { config: JSON.parse(outcome.out) as Record<string, string>, table: outcome.err.replaceAll(/ {2,}/g, ' | ') };
};

/** What was imported is a config that has nothing wrong. */
const expectSound = async (config: object): Promise<void> => {
  const outcome = await runCommand(check, [temporaryFile('imported.json', config)]);
  expect(outcome).toMatchObject({ code: 0, out: expect.stringContaining('0 problems') });
};

const v3 = {
  name: 'orders',
  'connector.class': 'com.snowflake.kafka.connector.SnowflakeSinkConnector',
  topics: 'orders',
  ...login,
  'snowflake.user': 'LOADER',
  'snowflake.ingestion.method': 'SNOWPIPE_STREAMING',
  'snowflake.streaming.enable.single.buffer': 'true',
  'snowflake.warehouse': 'WH',
  'buffer.count.record': '500',
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter.schemas.enable': 'false',
};

test('a v3 config: kept, renamed, left out with the reason; old defaults written out; no secret in the table', async () => {
  const { config, table } = await imported('orders.json', v3);
  expect(config).toMatchObject({
    name: 'orders',
    'connector.class': 'io.snowsink.SnowsinkConnector',
    'snowflake.user.name': 'LOADER',
    'buffer.count.records': '500',
    'buffer.flush.time': '30',
  });
  expect(config).not.toHaveProperty('snowflake.warehouse');
  expect(config).not.toHaveProperty(['snowflake.streaming.enable.single.buffer']);
  expect(table).toContain('snowflake.user=LOADER | snowflake.user.name=LOADER | the same');
  expect(table).toContain('buffer.count.record=500 | buffer.count.records=500 | no connector has it: read as');
  expect(table).not.toContain(privateKey.split('\n')[3]);
  await expectSound(config);
});

test('--keep-class keeps how rows go and how long they wait; without it the method becomes ours where it has one', async () => {
  const lag = { ...v3, 'snowflake.streaming.max.client.lag': '3' };
  const kept = await imported('orders.json', lag, '--keep-class');
  expect(kept.config).toMatchObject({
    'connector.class': 'com.snowflake.kafka.connector.SnowflakeSinkConnector',
    'snowflake.ingestion.method': 'SNOWPIPE_STREAMING',
    'snowflake.streaming.max.client.lag': '3',
  });
  await expectSound(kept.config);
  const own = await imported('orders.json', lag);
  expect(own.config).toMatchObject({ 'buffer.flush.time': '3' });
  expect(own.table).toContain('buffer.flush.time=3 | so long the old class holds rows back');

  const files = await imported('orders.json', { ...v3, 'snowflake.ingestion.method': 'SNOWPIPE' });
  expect(files.table).toContain('--keep-class keeps files for Snowpipe');
  expect(files.config).not.toHaveProperty(['snowflake.ingestion.method']);
  const copied = await imported('orders.json', { ...v3, 'snowflake.ingestion.method': 'staged_copy' });
  expect(copied.config).toMatchObject({ 'snowflake.ingestion.method': 'staged_copy' });
});

test('Confluent Cloud: formats become converters, credentials of Kafka go to the worker', async () => {
  const { config, table } = await imported('managed.json', {
    name: 'lcc',
    config: {
      'connector.class': 'SnowflakeSink',
      topics: 'orders',
      ...login,
      'snowflake.user.name': 'LOADER',
      'input.data.format': 'JSON',
      'kafka.auth.mode': 'KAFKA_API_KEY',
      'kafka.api.secret': 'hush',
    },
  });
  expect(config).toMatchObject({ 'value.converter': 'org.apache.kafka.connect.json.JsonConverter' });
  expect(table).toContain('sasl.jaas.config');
  expect(table).not.toContain('hush');
  await expectSound(config);
});

test('Confluent Cloud: what it says of the consumer and of how long rows wait goes along', async () => {
  const { config, table } = await imported('managed.json', {
    name: 'lcc',
    'connector.class': 'SnowflakeSink',
    topics: 'orders',
    ...login,
    'snowflake.user.name': 'LOADER',
    'input.data.format': 'JSON',
    'auto.restart.on.user.error': 'true',
    'consumer.override.auto.offset.reset': 'latest',
    'max.poll.records': '100',
    'snowflake.streaming.max.client.lag': '10',
  });
  expect(config).toMatchObject({
    'consumer.override.auto.offset.reset': 'latest',
    'consumer.override.max.poll.records': '100',
    'buffer.flush.time': '10',
  });
  expect(config).not.toHaveProperty(['auto.restart.on.user.error']);
  expect(table).toContain('max.poll.records=100 | consumer.override.max.poll.records=100 | the consumer’s');
  await expectSound(config);
});

test('Terraform: underscores become dots, literals of other resources are found, what only Terraform knows is listed', async () => {
  const { config, table } = await imported(
    'main.tf',
    `resource "snowflake_database" "dw" {
  name = "DW" # comment
}
resource "confluent_connector" "sink" {
  kafka_cluster { id = confluent_kafka_cluster.main.id }
  config_nonsensitive = {
    "connector.class" = "SnowflakeSink"
    topics = join(",", [
      for topic in confluent_kafka_topic.all : topic.topic_name
    ])
    snowflake_database_name = snowflake_database.dw.name
    "snowflake.user.name" = var.user
  }
}`,
  );
  expect(config).toMatchObject({
    name: 'sink',
    'snowflake.database.name': 'DW',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of ours
    'snowflake.user.name': '${env:TF_VAR_user}',
  });
  expect(table).toContain('cannot be read without Terraform: write topics yourself');
  expect(table).toContain('snowflake.private.key | is missing: add it');
});

test('Redpanda Connect: input, batching, tables; what is Bloblang is listed', async () => {
  const { config, table } = await imported(
    'pipeline.yaml',
    `input:
  kafka_franz:
    seed_brokers: [ "localhost:9092" ]
    topics: [ orders, users ]
    consumer_group: loader
output:
  fallback:
    - snowflake_streaming:
        account: org-account
        user: LOADER
        role: \${ROLE:LOADER}
        database: \${DATABASE}
        schema: PUBLIC
        table: EVENTS
        private_key: |
${privateKey.replaceAll(/^/gm, '          ').trimEnd()}
        mapping: 'root = this'
        offset_token: '\${! @kafka_offset }'
        schema_evolution: { enabled: true }
        batching: { count: 1000, period: 1m30s }
`,
  );
  expect(config).toMatchObject({
    topics: 'orders,users',
    'consumer.override.group.id': 'loader',
    'snowflake.url.name': 'org-account.snowflakecomputing.com',
    'snowflake.topic2table.map': 'orders:EVENTS,users:EVENTS',
    'buffer.count.records': '1000',
    'buffer.flush.time': '90',
    'snowsink.schema.evolution': 'evolve',
    'snowflake.role.name': `\${env:ROLE}`,
    'snowflake.database.name': `\${env:DATABASE}`,
  });
  expect(table).toContain('| the same; set the variable where the worker runs, for its default does not come along');
  expect(table).toContain('mapping=root = this | – | Bloblang is not translated');
  await expectSound({ ...config, 'snowflake.role.name': 'LOADER', 'snowflake.database.name': 'RAW' });
});

test('something else', async () => {
  const outcome = await runCommand(importCommand, [temporaryFile('main.tf', 'resource "aws_s3_bucket" "b" {}')]);
  expect(outcome).toMatchObject({ code: 1, err: expect.stringContaining('no Snowflake connector in it') });
});

test('a report that cannot be written is one message', async () => {
  const args = ['--report', '/no/such/folder/report.txt', temporaryFile('orders.json', v3)];
  const outcome = await runCommand(importCommand, args);
  expect(outcome).toMatchObject({ code: 1, out: '' });
  expect(outcome.err).toMatch(/^--report \/no\/such\/folder\/report\.txt cannot be written: ENOENT[^\n]*$/);
});
