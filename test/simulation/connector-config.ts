import { generateKeyPairSync } from 'node:crypto';
import type { ConnectorConfig } from '../../src/api/index.ts';
import type { Scenario } from './scenario.ts';

/** Small, because signing with it costs time; what it is has no bearing on what happens. */
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 1024,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

export const tableOf = ({ settings }: Scenario, topic: string): string =>
  settings.oneTable ? 'T' : topic.toUpperCase();

/** The scenario's connector, as somebody would write it. */
export const connectorConfig = (scenario: Scenario): ConnectorConfig => {
  const { settings, topics } = scenario;
  return {
    name: 'simulated',
    'connector.class': 'io.snowsink.SnowsinkConnector',
    topics: topics.map(({ name }) => name).join(','),
    'snowflake.url.name': 'https://org-acct.snowflakecomputing.com',
    'snowflake.user.name': 'loader',
    'snowflake.private.key': privateKey,
    'snowflake.database.name': 'DB',
    'snowflake.schema.name': 'PUBLIC',
    'snowflake.role.name': 'LOADER',
    'snowflake.topic2table.map': topics.map(({ name }) => `${name}:${tableOf(scenario, name)}`).join(','),
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'false',
    'behavior.on.null.values': settings.onNullValue,
    'buffer.count.records': String(settings.flushRecords),
    'buffer.size.bytes': String(settings.flushBytes),
    'buffer.flush.time': String(settings.flushSeconds),
    'errors.tolerance': settings.tolerance,
    'errors.deadletterqueue.topic.name': 'dlq',
    'errors.deadletterqueue.context.headers.enable': 'true',
    'snowsink.max.concurrent.appends': String(settings.maxConcurrentAppends),
    'snowsink.channels.per.partition': String(settings.lanes ?? 1),
    'snowsink.commit.timeout.ms': String(settings.commitTimeoutMs),
    ...(settings.hasFilter
      ? {
          transforms: 'drop',
          'transforms.drop.type': 'org.apache.kafka.connect.transforms.Filter',
          'transforms.drop.predicate': 'marked',
          predicates: 'marked',
          'predicates.marked.type': 'org.apache.kafka.connect.transforms.predicates.HasHeaderKey',
          'predicates.marked.name': 'drop',
        }
      : {}),
  };
};
