import type { Properties } from './config-def.ts';

/** What Debezium's images take without the CONNECT_ prefix. */
const bareNames = [
  'BOOTSTRAP_SERVERS',
  'GROUP_ID',
  'CONFIG_STORAGE_TOPIC',
  'OFFSET_STORAGE_TOPIC',
  'STATUS_STORAGE_TOPIC',
  'KEY_CONVERTER',
  'VALUE_CONVERTER',
] as const;

/** For the image's own start scripts, not for the worker. */
const notProperties = /^CONNECT_(LOG4J|CUB|OPTS$|SASL_JAAS_FILE)/;

/** `CONNECT_CONSUMER_MAX_POLL_RECORDS` → `consumer.max.poll.records`; `__` → `_`, `___` → `-` (Confluent's images). */
const propertyName = (variable: string): string =>
  variable
    .toLowerCase()
    .replaceAll(/_{1,3}/g, (underscores) => ({ 1: '.', 2: '_', 3: '-' })[underscores.length] ?? underscores);

/** Worker properties from CONNECT_* environment variables, as the usual Connect images read them. */
export const workerPropertiesFromEnvironment = (
  environment: Readonly<Record<string, string | undefined>>,
): Properties => {
  const properties: Record<string, string> = {};
  for (const name of bareNames) {
    const value = environment[name];
    if (value !== undefined) properties[propertyName(name)] = value;
  }
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('CONNECT_') || notProperties.test(name) || value === undefined) continue;
    properties[propertyName(name.slice('CONNECT_'.length))] = value;
  }
  return properties;
};
