import type { ConfigProblem, ConnectorConfig } from '../api/index.ts';
import { compileJavaPattern } from '../util/java-pattern.ts';
import { boolean, ConfigDef, className, int, list, long, string, type Values } from './config-def.ts';
import { atLeast, connectorName, javaRegex, nonNull, oneOf } from './validators.ts';

const common = 'Common';
const converters = 'Converters';
const transforms = 'Transforms';
const errors = 'Error Handling';

/** Keys that every sink connector has: Kafka Connect's SinkConnectorConfig. */
export const sinkConnectorConfigDef = new ConfigDef({
  name: string({
    validator: connectorName,
    importance: 'HIGH',
    group: common,
    width: 'MEDIUM',
    displayName: 'Connector name',
    documentation:
      'Unique name of the connector; its consumer group is connect-<name>, so a copy under the same name shares the work.',
  }),
  'connector.class': className({
    importance: 'HIGH',
    group: common,
    width: 'LONG',
    displayName: 'Connector class',
    documentation: 'Which connector this is, and so whose rules and defaults hold.',
  }),
  'tasks.max': int({
    default: 1,
    validator: nonNull(atLeast(1)),
    importance: 'HIGH',
    group: common,
    width: 'SHORT',
    displayName: 'Tasks max',
    documentation: 'Most tasks to start. More tasks than partitions are useless.',
  }),
  'tasks.max.enforce': boolean({
    default: true,
    importance: 'LOW',
    group: common,
    displayName: 'Enforce tasks max',
    documentation: 'Accepted; tasks.max always holds.',
  }),
  topics: list({
    default: [],
    importance: 'HIGH',
    group: common,
    width: 'LONG',
    displayName: 'Topics',
    documentation: 'Topics to read, separated by commas. Either this or topics.regex.',
  }),
  'topics.regex': string({
    default: '',
    validator: javaRegex,
    importance: 'HIGH',
    group: common,
    width: 'LONG',
    displayName: 'Topics regex',
    documentation: 'Regular expression of topics to read (the whole name must match); new topics join by themselves.',
  }),
  'config.action.reload': string({
    default: 'restart',
    validator: oneOf('none', 'restart'),
    importance: 'LOW',
    group: common,
    displayName: 'Reload action',
    documentation: 'Accepted; variables are read when the connector starts.',
  }),
  'key.converter': className({
    default: null,
    importance: 'LOW',
    group: converters,
    displayName: 'Key converter class',
    documentation:
      "Converter of keys, with key.converter.* as its settings; not set: the worker's, with the worker's settings.",
  }),
  'value.converter': className({
    default: null,
    importance: 'LOW',
    group: converters,
    displayName: 'Value converter class',
    documentation:
      "Converter of values, with value.converter.* as its settings; not set: the worker's, with the worker's settings.",
  }),
  'header.converter': className({
    default: null,
    importance: 'LOW',
    group: converters,
    displayName: 'Header converter class',
    documentation: "Converter of headers; not set: the worker's.",
  }),
  transforms: list({
    default: [],
    importance: 'LOW',
    group: transforms,
    displayName: 'Transforms',
    documentation: 'Aliases of the transforms to apply, in order.',
  }),
  predicates: list({
    default: [],
    importance: 'LOW',
    group: 'Predicates',
    displayName: 'Predicates',
    documentation: 'Aliases of the predicates that transforms may name.',
  }),
  'errors.retry.timeout': long({
    default: 0,
    importance: 'MEDIUM',
    group: errors,
    displayName: 'Retry timeout for errors',
    documentation: 'How long a failed conversion is tried again, in milliseconds: 0 never, -1 for ever.',
  }),
  'errors.retry.delay.max.ms': long({
    default: 60_000,
    importance: 'MEDIUM',
    group: errors,
    displayName: 'Maximum delay between retries for errors',
    documentation: 'Longest wait between two tries, in milliseconds.',
  }),
  'errors.tolerance': string({
    default: 'none',
    validator: oneOf('none', 'all'),
    importance: 'MEDIUM',
    group: errors,
    displayName: 'Error tolerance',
    documentation: 'none: a bad record fails the task. all: it is reported and skipped.',
  }),
  'errors.log.enable': boolean({
    default: false,
    importance: 'MEDIUM',
    group: errors,
    displayName: 'Log errors',
    documentation: 'Log every bad record: stage, class and reason.',
  }),
  'errors.log.include.messages': boolean({
    default: false,
    importance: 'MEDIUM',
    group: errors,
    displayName: 'Log error details',
    documentation: 'Add topic, partition, offset and timestamp to that line; never key or value.',
  }),
  'errors.deadletterqueue.topic.name': string({
    default: '',
    importance: 'MEDIUM',
    group: errors,
    displayName: 'Dead letter queue topic name',
    documentation: 'Topic for bad records, bytes untouched; made with one partition if absent. Empty: none.',
  }),
  'errors.deadletterqueue.topic.replication.factor': int({
    default: 3,
    importance: 'MEDIUM',
    group: errors,
    displayName: 'Dead letter queue topic replication factor',
    documentation: 'Replication factor of that topic when it is made. On a single broker: 1.',
  }),
  'errors.deadletterqueue.context.headers.enable': boolean({
    default: false,
    importance: 'MEDIUM',
    group: errors,
    displayName: 'Enable error context headers',
    documentation: 'Add __connect.errors.* headers that say what failed, where and why.',
  }),
});

export type SinkConnectorConfig = Values<(typeof sinkConnectorConfigDef)['keys']>;

/** Topic names without blanks and without the empty ones of a trailing comma. */
const given = (topics: readonly string[]): readonly string[] => topics.filter((topic) => topic !== '');

/** topics.regex as Kafka means it: Java's syntax, and the whole name must match. Throws JavaPatternError. */
export const topicsRegex = (pattern: string): RegExp => compileJavaPattern(pattern).whole;

/** SinkConnectorConfig.validate, in Connect's words. */
const topicProblems = (values: SinkConnectorConfig): readonly ConfigProblem[] => {
  const topics = given(values.topics);
  const pattern = values['topics.regex'].trim();
  const dlq = values['errors.deadletterqueue.topic.name'].trim();
  if (topics.length > 0 && pattern !== '') {
    const message = 'topics and topics.regex are mutually exclusive options, but both are set.';
    return ['topics', 'topics.regex'].map((key) => ({ key, message }));
  }
  if (topics.length === 0 && pattern === '') {
    return ['topics', 'topics.regex'].map((key) => ({ key, message: 'Must configure one of topics or topics.regex' }));
  }
  if (dlq === '') return [];
  if (topics.includes(dlq)) {
    const message = `The DLQ topic '${dlq}' may not be included in the list of topics ('topics=[${topics.join(', ')}]') consumed by the connector`;
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
  const isPatternRefused = problems.some(({ key }) => key === 'topics.regex');
  const all = isPatternRefused ? problems : [...problems, ...topicProblems(values)];
  return { values: { ...values, topics: given(values.topics) }, problems: all };
};
