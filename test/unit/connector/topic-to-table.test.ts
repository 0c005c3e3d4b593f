import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/api/index.ts';
import { channelName } from '../../../src/connector/channel-name.ts';
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
    expect(() => missing.tableFor('a')).toThrow(/cannot be filled in: No group 2/);
  });

  test.each(['v3', 'own'] as const)('%s: tables of another schema or database are named with it', (generation) => {
    expect(topics('t1:DB.raw.facts', { generation }).tableFor('t1')).toBe('FACTS');
    expect(topics('t1:raw.facts', { generation }).tableFor('t1')).toBe('FACTS');
    expect(topics('t1:db.other.facts', { generation }).tableFor('t1')).toBe('"DB"."OTHER"."FACTS"');
    expect(topics('t1:other.facts', { generation }).tableFor('t1')).toBe('"OTHER"."FACTS"');
  });

  test('a dot in quotes, or with v4, belongs to the name', () => {
    expect(topics('t1:"db.other.facts"', { generation: 'own' }).tableFor('t1')).toBe('db.other.facts');
    expect(topics('t1:db.other.facts', { generation: 'v4' }).tableFor('t1')).toBe('DB.OTHER.FACTS');
  });

  test.each([
    ['t1', /Expected ':' at position 2/],
    ['t1:"open', /not closed/],
    ['t1:a,t1:b', /Duplicate topic: t1/],
    ['[:a', /no usable regular expression/],
  ])('%s is refused with key, place and fix', (map, message) => {
    expect(() => topics(map)).toThrow(ConfigError);
    expect(() => topics(map)).toThrow(/^snowflake\.topic2table\.map: /);
    expect(() => topics(map)).toThrow(message);
  });
});

test('channels are named as the generation does', () => {
  const name = (generation: 'v3' | 'v4', channelNameIncludesConnector: boolean) =>
    channelName({ connectorName: 'my-conn', generation, channelNameIncludesConnector }, 'orders', 3);
  expect(name('v4', false)).toBe('orders_3');
  expect(name('v4', true)).toMatch(/^MY_CONN_\d+_orders_3$/);
  expect(name('v3', true)).toMatch(/^my_conn_\d+_orders_3$/);
});
