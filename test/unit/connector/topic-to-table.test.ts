import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/api/index.ts';
import { channelName } from '../../../src/connector/channel-name.ts';
import { PatternError, topicPattern } from '../../../src/connector/topic-pattern.ts';
import { TopicToTable } from '../../../src/connector/topic-to-table.ts';

const account = { database: 'db', schema: 'raw' };
const topics = (topicToTableMap: string, over = {}) =>
  new TopicToTable({
    generation: 'own',
    topicToTableMap,
    topicToTableRegexReplacement: false,
    sanitizeTableNames: true,
    account,
    ...over,
  });

describe('table of a topic', () => {
  test('the name itself, made an identifier where it is none', () => {
    expect(topics('').tableFor('orders')).toBe('ORDERS');
    expect(topics('').tableFor('my-topic')).toBe('MY_TOPIC_1894580786');
    expect(topics('', { sanitizeTableNames: false }).tableFor('my-topic')).toBe('my-topic');
  });

  test('the map: the very name before patterns, quotes keep the case', () => {
    const map = topics('orders:facts, pay.*:"Mixed Case", "a,b":x');
    expect(map.tableFor('orders')).toBe('FACTS');
    expect(map.tableFor('payments')).toBe('Mixed Case');
    expect(map.tableFor('a,b')).toBe('X');
    expect(map.mappedTable('other')).toBeNull();
    expect(() => topics('ord.*:a,orders:b')).toThrow(/overlap/);
  });

  test('replacement', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: ${env} is the replacement's own syntax
    const map = topics('src_(.*):dest_$1,(?<env>dev|prod)_x:"${env}"', {
      topicToTableRegexReplacement: true,
    });
    expect(map.tableFor('src_orders')).toBe('DEST_ORDERS');
    expect(map.tableFor('prod_x')).toBe('prod');
    const missing = topics('(.*):t_$2', { topicToTableRegexReplacement: true });
    expect(() => missing.tableFor('a')).toThrow(/there is no group 2 in the pattern/);
  });

  test('v3 tables of another schema are refused, of the own one accepted', () => {
    expect(topics('t1:DB.raw.facts', { generation: 'v3' }).tableFor('t1')).toBe('FACTS');
    expect(() => topics('t1:db.other.facts', { generation: 'v3' })).toThrow(/not in db\.raw/);
  });

  test.each([
    ['t1', /expected ':' at position 2/],
    ['t1:"open', /not closed/],
    ['t1:a,t1:b', /there twice/],
    ['[:a', /no usable regular expression/],
    ['t++:a', /possessive/],
  ])('%s is refused with key, place and fix', (map, message) => {
    expect(() => topics(map)).toThrow(ConfigError);
    expect(() => topics(map)).toThrow(/^snowflake\.topic2table\.map: /);
    expect(() => topics(map)).toThrow(message);
  });
});

describe('patterns', () => {
  test.each([
    ['a.b', 'axb', true],
    ['abc', 'xabcx', false],
    ['a|b', 'b', true],
    ['(?i)abc', 'ABC', true],
    [String.raw`\Qa.b\E.*`, 'a.bc', true],
    [String.raw`\Qa.b\E`, 'axb', false],
    ['(?!x).*', 'xa', false],
    ['t{1,2}', 'tt', true],
    ['[a+]+', '++', true],
  ])('%s on %s: %s', (pattern, topic, matches) => {
    expect(topicPattern(pattern).test(topic)).toBe(matches);
  });

  test.each([
    'a*+',
    'a?+',
    'a{2}+',
    '(?>a)',
    'x(?i)a',
    't{1',
    '[a[b]]',
    '[a&&b]',
    String.raw`\p{Alpha}`,
    String.raw`a\z`,
    '*',
  ])('%s is refused', (pattern) => {
    expect(() => topicPattern(pattern)).toThrow(PatternError);
  });
});

test('channels are named as the generation does', () => {
  const name = (generation: 'v3' | 'v4', channelNameIncludesConnector: boolean) =>
    channelName({ connectorName: 'my-conn', generation, channelNameIncludesConnector }, 'orders', 3);
  expect(name('v4', false)).toBe('orders_3');
  expect(name('v4', true)).toMatch(/^MY_CONN_\d+_orders_3$/);
  expect(name('v3', true)).toMatch(/^my_conn_\d+_orders_3$/);
});
