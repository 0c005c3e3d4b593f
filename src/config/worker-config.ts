import { ConfigError } from '../api/index.ts';
import { acceptedWorkerConfigDef } from './accepted-worker-properties.ts';
import {
  boolean,
  ConfigDef,
  className,
  defaultText,
  int,
  list,
  long,
  type Properties,
  string,
  type Values,
} from './config-def.ts';
import { atLeast, between, nonEmpty, oneOf, oneOfIgnoringCase, type Validator } from './validators.ts';

const mebibyte = 1024 * 1024;
const kafka = 'Kafka';
const commits = 'Commits and shutdown';
const converters = 'Converters';
const rest = 'REST';
const providers = 'Variables and overrides';
const process = 'Process';
const distributed = 'Distributed mode';
const accepted = 'Accepted for compatibility';

const minusOneOrPositive: Validator = {
  check: (value) => (value === -1 || Number(value) >= 1 ? null : 'Value must be -1 or at least 1'),
  describe: '-1, or [1,...]',
};

/** Keys of a worker: Kafka Connect's, by its names and defaults (listeners apart: loopback only), then our own. */
export const workerConfigDef = new ConfigDef({
  'bootstrap.servers': list({
    default: ['localhost:9092'],
    validator: nonEmpty,
    importance: 'HIGH',
    group: kafka,
    documentation: 'Kafka brokers to start from: host:port, separated by commas.',
  }),
  'client.id': string({
    default: '',
    importance: 'LOW',
    group: kafka,
    documentation: 'Prefix of the client ids that the worker makes for itself.',
  }),
  'key.converter': className({
    default: 'org.apache.kafka.connect.json.JsonConverter',
    importance: 'HIGH',
    group: converters,
    documentation:
      'Converter of record keys for connectors that name none; its own settings follow as key.converter.*. Connect requires it; here a worker that names none reads schemaless JSON.',
  }),
  'value.converter': className({
    default: 'org.apache.kafka.connect.json.JsonConverter',
    importance: 'HIGH',
    group: converters,
    documentation:
      'Converter of record values for connectors that name none; its own settings follow as value.converter.*. Connect requires it; here a worker that names none reads schemaless JSON.',
  }),
  'header.converter': className({
    default: 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
    importance: 'LOW',
    group: converters,
    documentation: 'Converter of record headers for connectors that name none.',
  }),
  'offset.flush.interval.ms': long({
    default: 60_000,
    validator: atLeast(1),
    importance: 'LOW',
    group: commits,
    documentation: 'How often durable offsets are committed to Kafka, in milliseconds.',
  }),
  'offset.flush.timeout.ms': long({
    default: 5000,
    validator: atLeast(1),
    importance: 'LOW',
    group: commits,
    documentation: 'After so many milliseconds a commit counts as timed out. Nothing is lost by it.',
  }),
  'task.shutdown.graceful.timeout.ms': long({
    default: 5000,
    validator: atLeast(0),
    importance: 'LOW',
    group: commits,
    documentation:
      'How long a stop may take to flush, to wait until Snowflake has committed, and to commit offsets, in milliseconds, for all tasks together. What is not durable by then is read again by the next owner.',
  }),
  listeners: list({
    default: ['http://127.0.0.1:8083'],
    importance: 'LOW',
    group: rest,
    documentation:
      'Where the REST API listens: http://host:port or https://host:port (with listeners.https.ssl.* or ssl.*, PEM or PKCS12); port 0 takes a free one. Connect listens on all addresses (http://:8083); here that must be asked for, because the API takes configs from anybody who reaches it.',
  }),
  'rest.advertised.host.name': string({
    default: null,
    importance: 'LOW',
    group: rest,
    documentation: "Host name in this worker's id, as status shows it.",
  }),
  'rest.advertised.port': int({
    default: null,
    importance: 'LOW',
    group: rest,
    documentation: "Port in this worker's id, as status shows it.",
  }),
  'rest.advertised.listener': string({
    default: null,
    importance: 'LOW',
    group: rest,
    documentation: 'http or https: which listener others should use.',
  }),
  'admin.listeners': list({
    default: null,
    importance: 'LOW',
    group: rest,
    documentation:
      'Where the admin endpoints (/admin/loggers, /health) listen, if not where all others do; an empty value: nowhere.',
  }),
  'response.http.headers.config': string({
    default: '',
    importance: 'LOW',
    group: rest,
    documentation:
      'Headers of every answer: rules `[action] [header name]:[header value]` between commas; actions set, add, setDate, addDate (milliseconds from now).',
  }),
  'access.control.allow.origin': string({
    default: '',
    importance: 'LOW',
    group: rest,
    documentation: 'Value of Access-Control-Allow-Origin; empty: none.',
  }),
  'access.control.allow.methods': string({
    default: '',
    importance: 'LOW',
    group: rest,
    documentation: 'Methods allowed for cross-origin requests; empty: GET, POST and HEAD.',
  }),
  'rest.extension.classes': list({
    default: [],
    importance: 'LOW',
    group: rest,
    documentation:
      'org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension asks every caller for a user and password, from the file that the JAAS file in KAFKA_OPTS or snowsink.rest.credentials.file names.',
  }),
  'snowsink.rest.credentials.file': string({
    default: null,
    importance: 'LOW',
    group: rest,
    documentation: 'Lines user=password: who may call the REST API, by HTTP basic auth.',
  }),
  'topic.tracking.enable': boolean({
    default: true,
    importance: 'LOW',
    group: rest,
    documentation: 'Keep which topics a connector has read since it was created or reset.',
  }),
  'topic.tracking.allow.reset': boolean({
    default: true,
    importance: 'LOW',
    group: rest,
    documentation: 'Allow that list to be reset over REST.',
  }),
  'config.providers': list({
    default: null,
    importance: 'LOW',
    group: providers,
    documentation:
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what users write
      'Names of config providers, each with config.providers.<name>.class and .param.*: values may hold ${name:path:key}. When not set, env, file and directory are there; when set, exactly the named ones are. With config.providers.<name>.param.ttl.ms the values are read again after so many milliseconds, and connectors whose variables changed restart.',
  }),
  'connector.client.config.override.policy': string({
    default: 'All',
    validator: {
      check: (value) =>
        /^(?:org\.apache\.kafka\.connect\.connector\.policy\.)?(?:All|None|Principal|Allowlist)(?:ConnectorClientConfigOverridePolicy)?$/.test(
          String(value),
        )
          ? null
          : 'String must be one of: All, None, Principal, Allowlist',
      describe: 'All, None, Principal, Allowlist',
    },
    importance: 'LOW',
    group: providers,
    documentation: 'Which consumer.override.*, producer.override.* and admin.override.* keys a connector may set.',
  }),
  'connector.client.config.override.allowlist': list({
    default: [],
    importance: 'LOW',
    group: providers,
    documentation: 'Keys that the Allowlist policy allows, without their prefix.',
  }),
  'snowsink.memory.bytes': long({
    default: 96 * mebibyte,
    validator: atLeast(8 * mebibyte),
    importance: 'MEDIUM',
    group: process,
    documentation:
      'Bytes of buffered rows that the whole process may hold. Over it partitions pause; below it they go on.',
  }),
  'snowsink.max.threads': int({
    default: null,
    validator: between(1, 1024),
    importance: 'LOW',
    group: process,
    documentation: 'Most threads that tasks are spread over; not set: one for each core.',
  }),
  'log.level': string({
    default: 'info',
    validator: oneOfIgnoringCase('trace', 'debug', 'info', 'warn', 'error', 'fatal'),
    importance: 'LOW',
    group: process,
    documentation: 'Least severe level that is logged.',
  }),
  'log.format': string({
    default: 'auto',
    validator: oneOf('auto', 'json', 'text'),
    importance: 'LOW',
    group: process,
    documentation: 'json: one JSON object a line. text: for reading. auto: text on a terminal, else json.',
  }),
  'group.id': string({
    default: null,
    importance: 'HIGH',
    group: distributed,
    documentation:
      'connect-distributed: workers of one group share the connectors. Must differ from the consumer groups of connectors (connect-<name>).',
  }),
  'config.storage.topic': string({
    default: null,
    importance: 'HIGH',
    group: distributed,
    documentation:
      'connect-distributed: the topic that holds the connectors, of one partition, compacted. Made where it is missing.',
  }),
  'config.storage.replication.factor': int({
    default: 3,
    validator: minusOneOrPositive,
    importance: 'LOW',
    group: distributed,
    documentation: "Replicas of the config topic when it is made; -1: the broker's default.",
  }),
  'offset.storage.topic': string({
    default: null,
    importance: 'HIGH',
    group: distributed,
    documentation:
      'connect-distributed: the topic whose partitions stand for shares of the work; nothing is written to it, because the offsets of sinks lie in their consumer groups. Made where it is missing.',
  }),
  'offset.storage.partitions': int({
    default: 25,
    validator: minusOneOrPositive,
    importance: 'LOW',
    group: distributed,
    documentation: 'Partitions of the offset topic when it is made: so many workers can have a share.',
  }),
  'offset.storage.replication.factor': int({
    default: 3,
    validator: minusOneOrPositive,
    importance: 'LOW',
    group: distributed,
    documentation: "Replicas of the offset topic when it is made; -1: the broker's default.",
  }),
  'status.storage.topic': string({
    default: null,
    importance: 'HIGH',
    group: distributed,
    documentation:
      'connect-distributed: the topic that holds statuses and read topics, compacted. Made where it is missing.',
  }),
  'status.storage.partitions': int({
    default: 5,
    validator: minusOneOrPositive,
    importance: 'LOW',
    group: distributed,
    documentation: 'Partitions of the status topic when it is made.',
  }),
  'status.storage.replication.factor': int({
    default: 3,
    validator: minusOneOrPositive,
    importance: 'LOW',
    group: distributed,
    documentation: "Replicas of the status topic when it is made; -1: the broker's default.",
  }),
  'session.timeout.ms': int({
    default: 10_000,
    validator: atLeast(1),
    importance: 'HIGH',
    group: distributed,
    documentation:
      'connect-distributed: after so many milliseconds without a word from a worker the others take over its work.',
  }),
  'heartbeat.interval.ms': int({
    default: 3000,
    validator: atLeast(1),
    importance: 'HIGH',
    group: distributed,
    documentation: 'connect-distributed: how often a worker tells its group that it lives, in milliseconds.',
  }),
  'rebalance.timeout.ms': int({
    default: 60_000,
    validator: atLeast(1),
    importance: 'HIGH',
    group: distributed,
    documentation:
      'connect-distributed: how long the group waits for its workers when the work is shared out anew, in milliseconds.',
  }),
  'offset.storage.file.filename': string({
    default: null,
    group: accepted,
    documentation: "Accepted, unused: a sink's offsets live in Kafka.",
  }),
  'plugin.path': list({
    default: null,
    group: accepted,
    documentation: 'Accepted, unused: there are no Java plugins to load.',
  }),
  'plugin.discovery': string({
    default: 'hybrid_warn',
    group: accepted,
    documentation: 'Accepted, unused.',
  }),
});

export type WorkerConfigValues = Values<(typeof workerConfigDef)['keys']>;

export interface WorkerConfig {
  /** As given, variables resolved, defaults filled in: what client and converter properties are merged from. */
  readonly properties: Properties;
  readonly values: WorkerConfigValues;
}

/** Distributed workers' keys that mean nothing here but are no mistake. */
const foreignKeys =
  /^(config|offset|status)\.storage\.|^(internal|value|key|header|producer|consumer|admin|listeners|config\.providers|sasl|ssl|log4j|plugin|errors|response|rest\.extension|metric|metrics\.context)\./;

export const unknownWorkerKeys = (properties: Properties): readonly string[] =>
  Object.keys(properties).filter(
    (name) => !(name in workerConfigDef.keys) && !(name in acceptedWorkerConfigDef.keys) && !foreignKeys.test(name),
  );

/** A worker that names no converter at all reads schemaless JSON; one that names a converter gets exactly that. */
const withConverterDefaults = (given: Properties): Properties => {
  const added: Record<string, string> = {};
  for (const kind of ['key.converter', 'value.converter']) {
    const schemas = `${kind}.schemas.enable`;
    if (given[kind] === undefined && given[schemas] === undefined) added[schemas] = 'false';
  }
  return { ...added, ...given };
};

/** Throws ConfigError with all problems at once. */
export const parseWorkerConfig = (given: Properties): WorkerConfig => {
  const { values, problems: own } = workerConfigDef.parse(given);
  const problems = [...own, ...acceptedWorkerConfigDef.parse(given).problems];
  if (problems.length > 0) throw new ConfigError(problems);
  const defaults: Record<string, string> = {};
  for (const [name, key] of Object.entries(workerConfigDef.keys)) {
    const text = defaultText(key);
    if (text !== null) defaults[name] = text;
  }
  return { properties: { ...defaults, ...withConverterDefaults(given) }, values };
};
