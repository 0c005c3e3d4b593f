import { ConfigError } from '../../api/index.ts';
import { type Change, type ImportedConfig, shown } from './imported-config.ts';

/** YAML or JSON as plain values. */
export type Tree = string | number | boolean | null | readonly Tree[] | { readonly [key: string]: Tree };

const isMap = (tree: Tree | undefined): tree is { readonly [key: string]: Tree } =>
  typeof tree === 'object' && tree !== null && !Array.isArray(tree);

const textOf = (tree: Tree | undefined): string | null =>
  typeof tree === 'string' || typeof tree === 'number' || typeof tree === 'boolean' ? String(tree) : null;

/** Wherever it stands: in a broker, a fallback, a switch. */
const find = (tree: Tree | undefined, name: string): { readonly [key: string]: Tree } | null => {
  if (Array.isArray(tree))
    return tree.reduce<ReturnType<typeof find>>((found, each) => found ?? find(each, name), null);
  if (!isMap(tree)) return null;
  const own = tree[name];
  if (isMap(own)) return own;
  return Object.values(tree).reduce<ReturnType<typeof find>>((found, each) => found ?? find(each, name), null);
};

/** `500ms`, `10s`, `1m30s` → seconds. */
const seconds = (text: string): string | null => {
  const parts = [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)];
  const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };
  if (parts.length === 0) return null;
  return String(parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ''] ?? 0), 0));
};

/** Redpanda Connect's `${NAME:default}` is an environment variable. */
const withVariables = (value: string): string =>
  value.replaceAll(/\$\{([A-Z_][A-Z0-9_]*)(?::[^}]*)?\}/g, (_, name: string) => `\${env:${name}}`);

/** What `withVariables` loses. */
const lostDefault = (value: string): string =>
  /\$\{[A-Z_][A-Z0-9_]*:[^}]/.test(value)
    ? '; set the variable where the worker runs, for its default does not come along'
    : '';

const inputs = ['kafka_franz', 'redpanda', 'kafka', 'redpanda_common', 'ockam_kafka'];

type Put = (old: string, value: string, key: string, now: string, effect: string) => void;

const readInput = (input: Tree | undefined, put: Put, drop: (old: string, effect: string) => void): void => {
  const kafka = inputs.map((name) => find(input, name)).find((each) => each !== null);
  if (kafka === undefined || kafka === null) {
    drop('input', 'reads from something else than Kafka: write topics yourself');
    return;
  }
  const topics = (Array.isArray(kafka['topics']) ? kafka['topics'] : []).map((topic) => textOf(topic) ?? '');
  const isRegex = kafka['regexp_topics'] === true;
  const joined = topics
    .map((topic) => (topic.includes('${') ? withVariables(topic) : topic.replace(/:.*$/, '')))
    .join(isRegex ? '|' : ',');
  put(
    'input.topics',
    topics.join(','),
    isRegex ? 'topics.regex' : 'topics',
    joined,
    `the topics${topics.map(lostDefault).find((text) => text !== '') ?? ''}`,
  );
  const group = textOf(kafka['consumer_group']);
  if (group !== null)
    put(
      'input.consumer_group',
      group,
      'consumer.override.group.id',
      withVariables(group),
      'the same group: reading goes on at its offsets (snowsink migrate FILE checks them)',
    );
  const oldest = kafka['start_from_oldest'] ?? kafka['start_offset'];
  if (oldest !== undefined && oldest !== null) {
    const reset = oldest === false || oldest === 'latest' ? 'latest' : 'earliest';
    put(
      'input.start_from_oldest',
      String(oldest),
      'consumer.override.auto.offset.reset',
      reset,
      'where a new group begins',
    );
  }
  for (const key of Object.keys(kafka))
    if (['seed_brokers', 'addresses', 'tls', 'sasl'].includes(key))
      drop(
        `input.${key}`,
        'goes into worker.properties: bootstrap.servers, security.protocol, sasl.mechanism, sasl.jaas.config',
      );
};

const renamed: Readonly<Record<string, readonly [key: string, effect: string]>> = {
  url: ['snowflake.url.name', 'the account’s address'],
  user: ['snowflake.user.name', 'the same'],
  role: ['snowflake.role.name', 'the same'],
  database: ['snowflake.database.name', 'the same'],
  schema: ['snowflake.schema.name', 'the same'],
  private_key: ['snowflake.private.key', 'the same'],
  private_key_pass: ['snowflake.private.key.passphrase', 'the same'],
  max_in_flight: ['snowsink.max.concurrent.appends', 'batches under way at once'],
};

const dropped: Readonly<Record<string, string>> = {
  mapping: 'Bloblang is not translated: write it as transforms (docs/transforms.md), or as a module of your own',
  init_statement: 'run it once yourself; tables are made and altered by the connector',
  build_options: 'rows are encoded in WebAssembly; nothing to set',
  channel_prefix: 'channels are named by topic and partition',
  channel_name: 'channels are named by topic and partition',
  offset_token: 'is always the record’s Kafka offset, compared as a number: exactly once without it',
  commit_backoff: 'commits are waited for as long as snowsink.commit.timeout.ms says',
  message_format: 'a record is a row',
  timestamp_format: 'time texts are read as Snowflake reads them',
};

const readOutput = (
  output: { readonly [key: string]: Tree },
  topics: string,
  put: Put,
  drop: (old: string, effect: string) => void,
): void => {
  for (const [key, tree] of Object.entries(output)) {
    const value = textOf(tree);
    const [name, effect] = renamed[key] ?? [];
    if (name !== undefined && value !== null)
      put(key, value, name, withVariables(value), `${effect ?? ''}${lostDefault(value)}`);
    else if (key === 'account' && value !== null && output['url'] === undefined)
      put(key, value, 'snowflake.url.name', `${withVariables(value)}.snowflakecomputing.com`, 'the account’s address');
    else if (key === 'account') drop(key, 'url says it');
    else if (key === 'table' && value !== null && /\$\{!/.test(value))
      drop(
        `table=${value}`,
        'computed per message: without snowflake.topic2table.map the table is the topic’s name; snowsink.table.from takes a field or header',
      );
    else if (key === 'table' && value !== null)
      put(
        key,
        value,
        'snowflake.topic2table.map',
        topics
          .split(',')
          .map((topic) => `${topic}:${value}`)
          .join(','),
        'all topics into that table',
      );
    else if (key === 'private_key_file' && value !== null) {
      const [, folder = '.', file = value] = /^(.*)\/([^/]+)$/.exec(value) ?? [];
      put(
        key,
        value,
        'snowflake.private.key',
        `\${directory:${folder}:${file}}`,
        'read from the file; a worker that declares config.providers needs directory among them',
      );
    } else if (key === 'schema_evolution' && isMap(tree))
      put(
        `${key}.enabled`,
        String(tree['enabled'] ?? false),
        'snowsink.schema.evolution',
        tree['enabled'] === true ? 'evolve' : 'freeze',
        'new fields make new columns, or stop the task',
      );
    else if (key === 'batching' && isMap(tree)) readBatching(tree, put, drop);
    else drop(value === null ? key : shown(key, value), dropped[key] ?? 'has no counterpart');
  }
};

const readBatching = (
  batching: { readonly [key: string]: Tree },
  put: Put,
  drop: (old: string, effect: string) => void,
): void => {
  const names: Readonly<Record<string, string>> = {
    count: 'buffer.count.records',
    byte_size: 'buffer.size.bytes',
    period: 'buffer.flush.time',
  };
  for (const [key, tree] of Object.entries(batching)) {
    const value = textOf(tree);
    const name = names[key];
    const now = key === 'period' && value !== null ? seconds(value) : value;
    if (name === undefined || value === null || now === null || now === '0')
      drop(`batching.${key}`, 'has no counterpart: batches are cut by count, bytes and age');
    else put(`batching.${key}`, value, name, now, 'a batch is sent when one of count, bytes and age is reached');
  }
};

export const isRedpandaConnect = (tree: Tree): boolean =>
  find(tree, 'snowflake_streaming') !== null || find(tree, 'snowflake_streaming_pipe') !== null;

/** A Redpanda Connect pipeline that ends in snowflake_streaming → a connector config of ours. @throws ConfigError where it does not */
export const importRedpandaConnect = (tree: Tree, name: string, path: string): ImportedConfig => {
  const output = find(tree, 'snowflake_streaming') ?? find(tree, 'snowflake_streaming_pipe');
  if (!isMap(tree) || output === null)
    throw new ConfigError([{ key: '', message: `${path}: no output snowflake_streaming in it.` }]);
  const config: Record<string, string> = { name, 'connector.class': 'io.snowsink.SnowsinkConnector', 'tasks.max': '1' };
  const changes: Change[] = [];
  const put: Put = (old, value, key, now, effect) => {
    config[key] = now;
    changes.push({ old: shown(old, value), now: shown(key, now), effect });
  };
  const drop = (old: string, effect: string): void => {
    changes.push({ old, now: '', effect });
  };
  readInput(tree['input'], put, drop);
  readOutput(output, config['topics'] ?? '(.+)', put, drop);
  if (find(tree, 'processors') !== null || isMap(tree['pipeline']))
    drop(
      'pipeline.processors',
      'Bloblang and processors are not translated: write them as transforms (docs/transforms.md)',
    );
  const added: Readonly<Record<string, readonly [string, string]>> = {
    'snowflake.enable.schematization': ['true', 'a column for each field, as before'],
    'key.converter': ['org.apache.kafka.connect.storage.StringConverter', 'keys as text'],
    'value.converter': ['org.apache.kafka.connect.json.JsonConverter', 'values as JSON'],
    'value.converter.schemas.enable': ['false', 'plain JSON'],
  };
  for (const [key, [value, effect]] of Object.entries(added)) put('', '', key, value, effect);
  changes.push({
    old: '',
    now: 'RECORD_METADATA',
    effect:
      'a column more, with topic, partition and offset: snowsink audit needs it; snowflake.metadata.all=false leaves it out',
  });
  return { name, config, changes: changes.map((change) => (change.old === '=' ? { ...change, old: '' } : change)) };
};
