// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables as users write them
import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { ConnectError, type Logger, problemText, silentLogger } from '../../../src/api/index.ts';
import { parseWorkerConfig } from '../../../src/config/index.ts';
import { parseSinkSettings } from '../../../src/connector/snowflake-sink-config.ts';
import { createPlugins } from '../../../src/plugins.ts';
import { validatedConfig } from '../../../src/runtime/validated-config.ts';

const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const v3 = 'com.snowflake.kafka.connector.SnowflakeSinkConnector';
const v4 = 'com.snowflake.kafka.connector.SnowflakeStreamingSinkConnector';
const sound: Readonly<Record<string, string>> = {
  name: 'orders',
  'connector.class': v3,
  topics: 'orders,users',
  'snowflake.url.name': 'org-acct.snowflakecomputing.com',
  'snowflake.user.name': 'LOADER',
  'snowflake.private.key': privateKey,
  'snowflake.database.name': 'DB',
  'snowflake.schema.name': 'RAW',
};
const apache = 'org.apache.kafka.connect.transforms';

/** Everything that a person is told: what is refused, else what is noted when the connector starts. */
const told = async (changes: Readonly<Record<string, string | null>>) => {
  const notes: string[] = [];
  const note = (_fields: object, text: string): void => void notes.push(text);
  const logger: Logger = { ...silentLogger, info: note, warn: note };
  const plugins = createPlugins({ logger });
  const config = Object.fromEntries(
    Object.entries({ ...sound, ...changes }).filter((entry): entry is [string, string] => entry[1] !== null),
  );
  const worker = {
    properties: parseWorkerConfig({}).properties,
    offsetFlushIntervalMs: 1,
    offsetFlushTimeoutMs: 1,
    gracefulShutdownTimeoutMs: 1,
  };
  try {
    const { problems } = await validatedConfig(worker, plugins, config);
    if (problems.length > 0) return { refused: problems.map(problemText), notes, settings: null };
    await plugins
      .connector(config['connector.class'] ?? '')
      .createConnector()
      .start(config);
    return { refused: [], notes, settings: parseSinkSettings(config) };
  } catch (error) {
    if (error instanceof ConnectError) return { refused: [error.message], notes, settings: null };
    throw error;
  }
};

const insertField = (keys: Readonly<Record<string, string>>) => ({
  transforms: 'a',
  'transforms.a.type': `${apache}.InsertField$Value`,
  ...Object.fromEntries(Object.entries(keys).map(([key, value]) => [`transforms.a.${key}`, value])),
});

/** Accepted: what was understood is noted, or the reading is the plain one. */
test.each<[what: string, changes: Record<string, string | null>, note: RegExp | null]>([
  [
    'a package that never was',
    { 'connector.class': 'com.snowflake.kafka.connect.SnowflakeSinkConnector' },
    /is read as com\.snowflake\.kafka\.connector\.SnowflakeSinkConnector/,
  ],
  [
    'an ingestion method that never was',
    { 'snowflake.ingestion.method': 'KAFKA_CONNECT_SNOWPIPE' },
    /served by Snowpipe Streaming/,
  ],
  [
    'an account in place of a URL',
    { 'snowflake.url.name': null, 'snowflake.account': 'org-acct' },
    /read as snowflake\.url\.name=org-acct\.snowflakecomputing\.com/,
  ],
  [
    'an account locator without its region',
    { 'snowflake.url.name': null, 'snowflake.account': 'xy12345' },
    /its region is part of the URL/,
  ],
  [
    'user under its short name',
    { 'snowflake.user.name': null, 'snowflake.user': 'LOADER' },
    /read as snowflake\.user\.name/,
  ],
  ['role under its short name', { 'snowflake.role': 'R' }, /snowflake\.role is read as snowflake\.role\.name/],
  ['a warehouse', { 'snowflake.warehouse': 'WH' }, /not needed/],
  ['a table name that is the topic', { 'snowflake.table.name': '${topic}' }, /called anyway/],
  [
    'a table name as a template',
    { 'connector.class': v4, 'snowflake.table.name': 'raw_${topic}' },
    /read as snowflake\.topic2table\.map=\(\.\+\):raw_\$1/,
  ],
  ['one table for all', { 'snowflake.table.name': 'events' }, /read as snowflake\.topic2table\.map=\(\.\+\):events/],
  ['flush time with its unit in the name', { 'buffer.flush.time.sec': '60' }, /buffer\.flush\.time\.sec is read as/],
  ['v3 buffers under v4', { 'connector.class': v4, 'buffer.count.records': '10', 'buffer.size.bytes': '5000' }, null],
  [
    'v3 method under v4',
    { 'connector.class': v4, 'snowflake.ingestion.method': 'SNOWPIPE' },
    /belongs to the other connector class/,
  ],
  [
    'a property that InsertField does not have',
    insertField({ 'timestamp.field': '_ts', 'operation.field': '_cdc_operation' }),
    /transforms\.a\.operation\.field has no effect.*There are: topic\.field/,
  ],
  [
    'the record’s time taken for that of the change',
    insertField({ 'timestamp.field': '_cdc_timestamp' }),
    /timestamp\.field is the time of the Kafka record, not of the change/,
  ],
  [
    'dead letters without a reason',
    { 'errors.tolerance': 'all', 'errors.deadletterqueue.topic.name': 'dlq' },
    /dead letters will not say why/,
  ],
  ['keys of a source connector', { 'database.server.name': 'db' }, /database\.server\.name is not a known property/],
  ['messages in the log', { 'errors.log.include.messages': 'true' }, /keys and values are never logged/],
  ['less time than a commit takes', { 'snowsink.commit.timeout.ms': '5000' }, /takes 5 to 9 s.*20000 or more/],
  ['underscores for dots', { buffer_flush_time: '5' }, /did you mean buffer\.flush\.time\?/],
  ['a proxy for the JVM', { 'jvm.proxy.host': 'h', 'jvm.proxy.port': '1' }, null],
])('%s is understood', async (_what, changes, note) => {
  const { refused, notes, settings } = await told(changes);
  expect(refused).toEqual([]);
  if (note !== null) expect(notes).toContainEqual(expect.stringMatching(note));
  expect(settings?.account.url).toMatch(/^https:\/\/.*snowflakecomputing\.com/);
});

/** Refused, with what to write instead. */
test.each<[what: string, changes: Record<string, string | null>, message: RegExp]>([
  [
    'a transform without its side',
    { transforms: 'a', 'transforms.a.type': `${apache}.InsertField`, 'transforms.a.topic.field': 't' },
    /Did you mean .*InsertField\$Key, .*InsertField\$Value\?/,
  ],
  [
    'a provider that is not there',
    { 'snowflake.private.key': '${secrets:replicator}' },
    /\$\{secrets:replicator\} was not replaced/,
  ],
  [
    'an environment variable that is not set',
    { 'snowflake.private.key': '${env:NOT_SET_ANYWHERE}' },
    /was not replaced/,
  ],
  [
    'a password in place of a key',
    { 'snowflake.private.key': null, 'snowflake.password': 'hunter2' },
    /Passwords are not accepted for ingestion.*openssl/,
  ],
  [
    'Terraform’s underscores',
    { 'connector.class': null, connector_class: v3 },
    /connector_class must be written connector\.class/,
  ],
  ['no topics', { topics: null }, /Must configure one of topics or topics\.regex/],
  ['a JDBC URL', { 'snowflake.url.name': 'jdbc:snowflake://acct.snowflakecomputing.com' }, /It is a JDBC URL/],
  ['the account alone as URL', { 'snowflake.url.name': 'acct' }, /Write acct\.snowflakecomputing\.com/],
  [
    'a class with a slip',
    { 'connector.class': `${v3.slice(0, -2)}er` },
    /Did you mean com\.snowflake\.kafka\.connector\.SnowflakeSinkConnector\?/,
  ],
  [
    'a converter with a slip',
    { 'value.converter': 'org.apache.kafka.connect.json.JsonConvertor' },
    /Did you mean org\.apache\.kafka\.connect\.json\.JsonConverter\?/,
  ],
])('%s is refused, and the message holds the fix', async (_what, changes, message) => {
  const { refused } = await told(changes);
  expect(refused.join('\n')).toMatch(message);
  expect(refused.join('\n')).not.toContain('hunter2');
});
