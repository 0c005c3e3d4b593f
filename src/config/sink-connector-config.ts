import type { ConfigProblem, ConnectorConfig } from '../api/index.ts';
import { compileJavaPattern } from '../util/java-pattern.ts';
import { boolean, ConfigDef, className, int, list, long, short, string, type Values } from './config-def.ts';
import { atLeast, connectorName, javaRegex, oneOf, type Validator } from './validators.ts';

const common = 'Common';
const errors = 'Error Handling';

const noDuplicates: Validator = {
  check: (value) => (Array.isArray(value) && new Set(value).size < value.length ? 'Duplicate alias provided.' : null),
  describe: 'aliases, each once',
};

/** Keys that every sink connector has: Kafka Connect's SinkConnectorConfig, in its order. */
export const sinkConnectorConfigDef = new ConfigDef({
  name: string({
    validator: connectorName,
    importance: 'HIGH',
    group: common,
    order: 1,
    width: 'MEDIUM',
    displayName: 'Connector name',
    documentation:
      'Unique name of the connector; its consumer group is connect-<name>, so a copy under the same name shares the work.',
  }),
  'connector.class': string({
    importance: 'HIGH',
    group: common,
    order: 2,
    width: 'LONG',
    displayName: 'Connector class',
    documentation: 'Which connector this is, and so whose rules and defaults hold.',
  }),
  'tasks.max': int({
    default: 1,
    validator: atLeast(1),
    importance: 'HIGH',
    group: common,
    order: 3,
    width: 'SHORT',
    displayName: 'Tasks max',
    documentation: 'Most tasks to start. More tasks than partitions are useless.',
  }),
  'tasks.max.enforce': boolean({
    default: true,
    importance: 'LOW',
    group: common,
    order: 4,
    width: 'SHORT',
    displayName: 'Enforce tasks max',
    documentation: 'Accepted; tasks.max always holds.',
  }),
  'key.converter': className({
    default: null,
    importance: 'LOW',
    group: common,
    order: 5,
    width: 'SHORT',
    displayName: 'Key converter class',
    documentation:
      "Converter of keys, with key.converter.* as its settings; not set: the worker's, with the worker's settings.",
  }),
  'value.converter': className({
    default: null,
    importance: 'LOW',
    group: common,
    order: 6,
    width: 'SHORT',
    displayName: 'Value converter class',
    documentation:
      "Converter of values, with value.converter.* as its settings; not set: the worker's, with the worker's settings.",
  }),
  'header.converter': className({
    default: null,
    importance: 'LOW',
    group: common,
    order: 7,
    width: 'SHORT',
    displayName: 'Header converter class',
    documentation: "Converter of headers; not set: the worker's.",
  }),
  transforms: list({
    default: [],
    validator: noDuplicates,
    importance: 'LOW',
    group: 'Transforms',
    order: 8,
    width: 'LONG',
    displayName: 'Transforms',
    documentation: 'Aliases of the transforms to apply, in order.',
  }),
  predicates: list({
    default: [],
    validator: noDuplicates,
    importance: 'LOW',
    group: 'Predicates',
    order: 9,
    width: 'LONG',
    displayName: 'Predicates',
    documentation: 'Aliases of the predicates that transforms may name.',
  }),
  'config.action.reload': string({
    default: 'restart',
    validator: oneOf('none', 'restart'),
    importance: 'LOW',
    group: common,
    order: 10,
    width: 'MEDIUM',
    displayName: 'Reload Action',
    documentation:
      'What to do when a variable of the config has got another value, where its provider is asked again (config.providers.<name>.param.ttl.ms of the worker): restart the connector, or none.',
  }),
  'errors.retry.timeout': long({
    default: 0,
    importance: 'MEDIUM',
    group: errors,
    width: 'MEDIUM',
    displayName: 'Retry Timeout for Errors',
    documentation: 'How long a failed conversion is tried again, in milliseconds: 0 never, -1 for ever.',
  }),
  'errors.retry.delay.max.ms': long({
    default: 60_000,
    importance: 'MEDIUM',
    group: errors,
    width: 'MEDIUM',
    displayName: 'Maximum Delay Between Retries for Errors',
    documentation: 'Longest wait between two tries, in milliseconds.',
  }),
  'errors.tolerance': string({
    default: 'none',
    validator: oneOf('none', 'all'),
    importance: 'MEDIUM',
    group: errors,
    width: 'SHORT',
    displayName: 'Error Tolerance',
    documentation: 'none: a bad record fails the task. all: it is reported and skipped.',
  }),
  'errors.log.enable': boolean({
    default: false,
    importance: 'MEDIUM',
    group: errors,
    width: 'SHORT',
    displayName: 'Log Errors',
    documentation: 'Log every bad record: stage, class and reason.',
  }),
  'errors.log.include.messages': boolean({
    default: false,
    importance: 'MEDIUM',
    group: errors,
    width: 'SHORT',
    displayName: 'Log Error Details',
    documentation: 'Add topic, partition, offset and timestamp to that line; never key or value.',
  }),
  topics: list({
    default: [],
    importance: 'HIGH',
    group: common,
    order: 4,
    width: 'LONG',
    displayName: 'Topics',
    documentation: 'Topics to read, separated by commas. Either this or topics.regex.',
  }),
  'topics.regex': string({
    default: '',
    validator: javaRegex,
    importance: 'HIGH',
    group: common,
    order: 4,
    width: 'LONG',
    displayName: 'Topics regex',
    documentation: 'Regular expression of topics to read (the whole name must match); new topics join by themselves.',
  }),
  'errors.deadletterqueue.topic.name': string({
    default: '',
    importance: 'MEDIUM',
    group: errors,
    width: 'MEDIUM',
    displayName: 'Dead Letter Queue Topic Name',
    documentation: 'Topic for bad records, bytes untouched; made with one partition if absent. Empty: none.',
  }),
  'errors.deadletterqueue.topic.replication.factor': short({
    default: 3,
    importance: 'MEDIUM',
    group: errors,
    width: 'MEDIUM',
    displayName: 'Dead Letter Queue Topic Replication Factor',
    documentation: 'Replication factor of that topic when it is made. On a single broker: 1.',
  }),
  'errors.deadletterqueue.context.headers.enable': boolean({
    default: false,
    importance: 'MEDIUM',
    group: errors,
    width: 'MEDIUM',
    displayName: 'Enable Error Context Headers',
    documentation: 'Add __connect.errors.* headers that say what failed, where and why.',
  }),
  'snowsink.dead.letters': string({
    default: 'exactly-once',
    validator: oneOf('exactly-once', 'at-least-once'),
    importance: 'LOW',
    group: errors,
    displayName: 'Guarantee of dead letters',
    documentation:
      'exactly-once: each bad record gets one dead letter, through Kafka transactions (needs WRITE on transactional ids and READ on groups with the prefix of the consumer group). at-least-once: no transactions; a crash may repeat letters.',
  }),
});

export type SinkConnectorConfig = Values<(typeof sinkConnectorConfigDef)['keys']>;

/** Topic names without blanks and without the empty ones of a trailing comma. */
const given = (topics: readonly string[]): readonly string[] => topics.filter((topic) => topic !== '');

/** topics.regex as Kafka means it: Java's syntax, and the whole name must match. Throws JavaPatternError. */
export const topicsRegex = (pattern: string): RegExp => compileJavaPattern(pattern).whole;

/** SinkConnectorConfig.validate: where records come from, and that dead letters do not come back. In Connect's words. */
export const topicProblems = (config: ConnectorConfig): readonly ConfigProblem[] => {
  const topics = config['topics']?.trim() ?? '';
  const pattern = config['topics.regex']?.trim() ?? '';
  const dlq = config['errors.deadletterqueue.topic.name']?.trim() ?? '';
  const both = (message: string) => ['topics', 'topics.regex'].map((key) => ({ key, message }));
  if (javaRegex.check(pattern) !== null) return [];
  if (topics !== '' && pattern !== '') {
    return both('topics and topics.regex are mutually exclusive options, but both are set.');
  }
  if (topics === '' && pattern === '') return both('Must configure one of topics or topics.regex');
  if (dlq === '') return [];
  const listed = given(topics.split(/\s*,\s*/));
  if (listed.includes(dlq)) {
    const message = `The DLQ topic '${dlq}' may not be included in the list of topics ('topics=[${listed.join(', ')}]') consumed by the connector`;
    return [{ key: 'topics', message }];
  }
  if (pattern !== '' && topicsRegex(pattern).test(dlq)) {
    const message = `The DLQ topic '${dlq}' may not be matched by the regex for the topics ('topics.regex=${pattern}') consumed by the connector`;
    return [{ key: 'topics.regex', message }];
  }
  return [];
};

/** Typed values of the keys that every sink has, and what is wrong with them. */
export const parseSinkConnectorConfig = (
  config: ConnectorConfig,
): { readonly values: SinkConnectorConfig; readonly problems: readonly ConfigProblem[] } => {
  const { values, problems } = sinkConnectorConfigDef.parse(config);
  return { values: { ...values, topics: given(values.topics) }, problems: [...problems, ...topicProblems(config)] };
};
