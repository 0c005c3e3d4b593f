/** Properties of the Snowflake connector that mean nothing to this worker (JVM, files, caches): accepted without a word. */
const unused: ReadonlySet<string> = new Set([
  'snowflake.oauth.client.id',
  'snowflake.oauth.client.secret',
  'snowflake.oauth.refresh.token',
  'snowflake.oauth.token.endpoint',
  'snowflake.oauth.include.scope',
  'snowflake.oauth.scope',
  'snowflake.warehouse',
  'snowflake.table.name',
  'snowflake.streaming.max.memory.limit.bytes',
  'snowflake.streaming.enable.single.buffer',
  'snowflake.streaming.client.provider.override.map',
  'snowflake.streaming.closeChannelsInParallel.enabled',
  'snowflake.streaming.classic.offset.migration.include.connector.name',
  'snowflake.streaming.metrics.prometheus.enable',
  'snowflake.streaming.metrics.prometheus.port',
  'snowflake.streaming.metrics.prometheus.host',
  'snowflake.snowpipe.v2CleanerEnabled',
  'snowflake.snowpipe.v2CleanerThreads',
  'snowflake.snowpipe.v2CleanerIntervalSeconds',
  'snowflake.snowpipe.v1Cleaner.enable.reprocessFiles.cleanup',
  'snowflake.snowpipe.stageFileNameExtensionEnabled',
  'snowflake.iceberg.create.table.options',
  'snowflake.cache.table.exists',
  'snowflake.cache.table.exists.expire.ms',
  'snowflake.cache.pipe.exists',
  'snowflake.cache.pipe.exists.expire.ms',
  'snowflake.open.channel.io.threads',
  'snowflake.jdbc.map',
  'snowflake.test.rebalancing',
  'enable.streaming.client.optimization',
  'enable.streaming.channel.offset.migration',
  'enable.streaming.channel.offset.verification',
  'enable.mdc.logging',
  'enable.task.fail.on.authorization.errors',
  'jmx',
  'provider',
]);

/** Families of keys: converters, transforms, client overrides, JVM proxies. */
const families =
  /^(key\.converter|value\.converter|header\.converter|transforms|predicates|consumer\.override|producer\.override|admin\.override|connector\.plugin|jvm|snowflake\.feature)\.|\.plugin\.version$/;

/** What only the managed service looks at. */
const managed =
  /^(kafka\.|input\.|schema\.|auto\.restart\.|csfle\.|max\.poll\.|enable\.dynamic\.|value\.subject\.|key\.subject\.|schema\.context\.|connection\.)/;

/** Whether a key is some other program's or feature's, so that it is no typing mistake. */
export const isForeign = (name: string, isManaged: boolean): boolean =>
  unused.has(name) || families.test(name) || (isManaged && managed.test(name));
