import { atLeast, boolean, type ConfigKey, int, long, password, string, type Validator } from '../config/index.ts';
import type { Generation } from './sink-settings.ts';

const proxyDocs = {
  host: 'HTTP proxy on the way to Snowflake, for this connector; not set: HTTPS_PROXY and NO_PROXY of the environment hold.',
  port: 'Port of the proxy.',
  nonProxy:
    'Hosts that are reached without the proxy, separated by |, * at an end for anything. Not set: this machine.',
  user: 'User at the proxy (Basic).',
  password: 'Password at the proxy.',
};
const java = "Accepted, unused: it steers the Java connector's process.";
const files =
  'Accepted, unused: staged files are purged as soon as their load is reported, those of other topics are kept apart.';
const classic = "Accepted, unused: the classic SDK's.";
const caches = 'Accepted, unused: a table is looked up once and kept.';

/** The `key:value,…` of snowflake.streaming.client.provider.override.map and snowflake.jdbc.map. */
const keyValueMap = (whereEmpty: 'accepted' | 'refused'): Validator => ({
  check: (value) => {
    if (value === null || (value === '' && whereEmpty === 'accepted')) return null;
    const pairs = String(value).replace(/,+$/, '').split(',');
    const isSound = pairs.every((pair) => /^[^:]*[^:\s][^:]*:[^:]*[^:\s][^:]*$/.test(pair));
    return isSound ? null : 'Format: <key-1>:<value-1>,<key-2>:<value-2>,...';
  },
  describe: 'key:value pairs, separated by commas',
});

/** What the Java connector gives JDBC itself. */
const reservedForJdbc: Readonly<Record<Generation, readonly string[]>> = {
  v3: ['user', 'authenticator', 'db', 'ssl', 'schema', 'privatekey', 'client_session_keep_alive'],
  v4: ['user', 'authenticator', 'db', 'ssl', 'schema', 'privatekey', 'client_session_keep_alive', 'role'],
  own: [],
};

const jdbcMap = (generation: Generation): Validator => {
  const format = keyValueMap('refused');
  return {
    check: (value) => {
      const refused = format.check(value);
      if (refused !== null || value === null) return refused;
      const names = String(value)
        .split(',')
        .map((pair) => pair.split(':')[0]?.trim() ?? '');
      const doubled = names.find((name) => reservedForJdbc[generation].includes(name.toLowerCase()));
      return doubled === undefined
        ? null
        : `One of snowflake.jdbc.map property overrides other jdbc property: Duplicated property: ${doubled}`;
    },
    describe: format.describe,
  };
};

const provider: Validator = {
  check: (value) =>
    ['', 'unknown', 'self_hosted', 'confluent'].includes(String(value).toLowerCase())
      ? null
      : `Unsupported provider name: ${String(value)}. Supported are: unknown,self_hosted,confluent`,
  describe: 'unknown, self_hosted, confluent',
};

const low = 'LOW' as const;
const flag = (byDefault: boolean, documentation: string) =>
  boolean({ default: byDefault, importance: low, documentation });
const proxy = 'Proxy Info';

const forAll = (generation: Generation) => ({
  'jvm.proxy.host': string({ default: '', importance: low, group: proxy, order: 0, documentation: proxyDocs.host }),
  'jvm.proxy.port': string({ default: '', importance: low, group: proxy, order: 1, documentation: proxyDocs.port }),
  'jvm.nonProxy.hosts': string({
    default: '',
    importance: low,
    group: proxy,
    order: 2,
    documentation: proxyDocs.nonProxy,
  }),
  'jvm.proxy.username': string({ default: '', importance: low, group: proxy, order: 3, documentation: proxyDocs.user }),
  'jvm.proxy.password': password({
    default: '',
    importance: low,
    group: proxy,
    order: 4,
    documentation: proxyDocs.password,
  }),
  'snowflake.streaming.client.provider.override.map': string({
    default: '',
    validator: keyValueMap('accepted'),
    importance: low,
    documentation: 'Accepted, unused: properties of the Java SDK.',
  }),
  jmx: boolean({ default: true, importance: 'HIGH', documentation: 'Accepted; metrics are at /metrics.' }),
  'enable.mdc.logging': flag(false, 'Accepted; log lines name their connector and task anyway.'),
  'enable.task.fail.on.authorization.errors': flag(false, 'Accepted; a refused sign-in always fails the task.'),
  'snowflake.jdbc.map': string({
    default: null,
    validator: jdbcMap(generation),
    importance: low,
    documentation: 'Accepted, unused: there is no JDBC here.',
  }),
});

const ofV3 = {
  'snowflake.streaming.max.memory.limit.bytes': long({ default: -1, importance: low, documentation: classic }),
  'snowflake.streaming.enable.single.buffer': flag(true, classic),
  'snowflake.streaming.closeChannelsInParallel.enabled': flag(true, classic),
  'enable.streaming.client.optimization': flag(true, classic),
  'enable.streaming.channel.offset.migration': flag(false, classic),
  'enable.streaming.channel.offset.verification': flag(true, classic),
  'snowflake.snowpipe.v2CleanerEnabled': flag(true, files),
  'snowflake.snowpipe.v2CleanerThreads': int({ default: 1, importance: low, documentation: files }),
  'snowflake.snowpipe.v2CleanerIntervalSeconds': string({ default: '61', importance: low, documentation: files }),
  'snowflake.snowpipe.v1Cleaner.enable.reprocessFiles.cleanup': flag(true, files),
  'snowflake.snowpipe.stageFileNameExtensionEnabled': flag(true, files),
  provider: string({ default: 'UNKNOWN', validator: provider, importance: low, documentation: java }),
  'snowflake.test.rebalancing': flag(false, java),
};

const ofV4 = {
  'snowflake.cache.table.exists': flag(true, caches),
  'snowflake.cache.table.exists.expire.ms': long({
    default: 300_000,
    validator: atLeast(1),
    importance: low,
    documentation: caches,
  }),
  'snowflake.cache.pipe.exists': flag(true, caches),
  'snowflake.cache.pipe.exists.expire.ms': long({
    default: 300_000,
    validator: atLeast(1),
    importance: low,
    documentation: caches,
  }),
  'snowflake.streaming.classic.offset.migration.include.connector.name': boolean({
    default: false,
    importance: 'HIGH',
    documentation: 'Accepted, unused: offsets of classic channels are not read.',
  }),
  'snowflake.open.channel.io.threads': int({ default: 50, importance: low, documentation: java }),
  'snowflake.streaming.metrics.prometheus.enable': flag(false, 'Accepted; metrics are at /metrics.'),
  'snowflake.streaming.metrics.prometheus.port': int({ default: -1, importance: low, documentation: java }),
  'snowflake.streaming.metrics.prometheus.host': string({ default: '', importance: low, documentation: java }),
};

/** Properties of the Snowflake connectors that are checked as these do, and mean nothing to this worker. */
export const acceptedProperties = (generation: Generation): Readonly<Record<string, ConfigKey<unknown>>> => ({
  ...forAll(generation),
  ...(generation === 'v4' ? {} : ofV3),
  ...(generation === 'v3' ? {} : ofV4),
});
