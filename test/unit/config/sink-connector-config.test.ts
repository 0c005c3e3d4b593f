import { expect, test } from 'vitest';
import {
  ConfigDef,
  closestName,
  long,
  parseSinkConnectorConfig,
  password,
  sinkConnectorConfigDef,
  topicsRegex,
} from '../../../src/config/index.ts';

const base = { name: 'c', 'connector.class': 'X' };
const messages = (config: Record<string, string>) =>
  parseSinkConnectorConfig({ ...base, ...config }).problems.map(({ key, message }) => `${key}|${message}`);

test.each([
  [{}, 'topics|Must configure one of topics or topics.regex'],
  [
    { topics: 'a', 'topics.regex': 'b' },
    'topics|topics and topics.regex are mutually exclusive options, but both are set.',
  ],
  [
    { topics: 'a,d', 'errors.deadletterqueue.topic.name': 'd' },
    "topics|The DLQ topic 'd' may not be included in the list of topics ('topics=[a, d]') consumed by the connector",
  ],
  [
    { 'topics.regex': '.*', 'errors.deadletterqueue.topic.name': 'd' },
    "topics.regex|The DLQ topic 'd' may not be matched by the regex for the topics ('topics.regex=.*') consumed by the connector",
  ],
  [
    { 'topics.regex': 'a(' },
    'topics.regex|Invalid value a( for configuration topics.regex: Invalid regex: Unclosed group near index 2\na(',
  ],
  [
    { topics: 'a', 'tasks.max': 'abc' },
    'tasks.max|Invalid value abc for configuration tasks.max: Not a number of type INT',
  ],
  [
    { topics: 'a', 'tasks.max': '0' },
    'tasks.max|Invalid value 0 for configuration tasks.max: Value must be at least 1',
  ],
  [
    { topics: 'a', 'errors.tolerance': 'some' },
    'errors.tolerance|Invalid value some for configuration errors.tolerance: String must be one of: none, all',
  ],
  [
    { topics: 'a', 'errors.log.enable': 'yes' },
    'errors.log.enable|Invalid value yes for configuration errors.log.enable: Expected value to be either true or false',
  ],
])('%j', (config, expected) => {
  expect(messages(config)).toContain(expected);
});

test('a sound config has no problems and typed values', () => {
  const { values, problems } = parseSinkConnectorConfig({ ...base, topics: ' a , b,', 'tasks.max': ' 3 ' });
  expect(problems).toEqual([]);
  expect(values).toMatchObject({
    topics: ['a', 'b'],
    'tasks.max': 3,
    'errors.tolerance': 'none',
    'key.converter': null,
  });
});

test('a missing name and class are named', () => {
  expect(parseSinkConnectorConfig({ topics: 'a' }).problems.map(({ message }) => message)).toEqual([
    'Missing required configuration "name" which has no default value.',
    'Missing required configuration "connector.class" which has no default value.',
  ]);
});

test('secrets are never shown', () => {
  const def = new ConfigDef({ p: password({ documentation: '' }), n: long({ documentation: '', default: 9 }) });
  expect(def.validateAll({ p: 'x' }).map(({ value }) => value)).toEqual(['[hidden]', '9']);
  expect(def.parse({ p: 'x', n: '9223372036854775807' }).values.n).toBe(Number.MAX_SAFE_INTEGER);
  expect(def.parse({ p: 'x', n: '9223372036854775808' }).problems).toHaveLength(1);
});

test('did you mean', () => {
  const names = sinkConnectorConfigDef.names();
  expect(closestName('task.max', names)).toBe('tasks.max');
  expect(closestName('errors_tolerance', names)).toBe('errors.tolerance');
  expect(closestName('consumer.override.x', names)).toBeNull();
  expect(closestName('snowflake.url', ['snowflake.url.name', 'snowflake.user.name'])).toBe('snowflake.url.name');
  expect(closestName('snowflake', ['snowflake.url.name', 'snowflake.user.name'])).toBeNull();
});

test('topics.regex is in Java’s syntax', () => {
  expect(topicsRegex('(?i)orders_\\p{Digit}++').test('ORDERS_12')).toBe(true);
  expect(topicsRegex('orders').test('orders2')).toBe(false);
});
