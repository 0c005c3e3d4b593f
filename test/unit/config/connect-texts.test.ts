import { expect, test } from 'vitest';
import { parseSinkConnectorConfig } from '../../../src/config/index.ts';

const valid = { name: 'a', 'connector.class': 'C', topics: 't' };
const messages = (config: Record<string, string>) =>
  parseSinkConnectorConfig({ ...valid, ...config }).problems.map(({ message }) => message);

test('a text where Connect wants a number and no null is told of twice, as Connect does', () => {
  expect(messages({ 'tasks.max': 'abc' })).toEqual([
    'Invalid value abc for configuration tasks.max: Not a number of type INT',
    'Invalid value null for configuration tasks.max: Value must be non-null',
  ]);
  expect(messages({ 'errors.retry.timeout': 'soon' })).toHaveLength(1);
  expect(messages({ 'tasks.max': '0' })).toHaveLength(1);
});

test('control characters in a name are told by their codes', () => {
  expect(messages({ name: 'a\u0001b\n' })).toEqual([
    'Invalid value a\u0001b for configuration name: String may not contain control sequences but had the following ASCII chars: 1',
  ]);
});

test('a regex that is refused is the one thing wrong', () => {
  expect(messages({ topics: '', 'topics.regex': '(' })).toEqual([
    'Invalid value ( for configuration topics.regex: Invalid regex: Unclosed group near index 1\n(',
  ]);
});
