import { expect, test } from 'vitest';
import { channelCollisions, listedTopics, sharedTables } from '../../../src/connector/topic-collisions.ts';

const settings = {
  connectorName: 'c',
  generation: 'v3',
  channelNameIncludesConnector: false,
  topicToTableMap: '',
  topicToTableRegexReplacement: false,
  sanitizeTableNames: true,
  account: { database: 'DB', schema: 'SC' },
} as const;

test('topics of one table that differ in case only are refused: their channels would be one', () => {
  expect(channelCollisions(settings, ['Orders', 'orders', 'clicks'])).toEqual([
    expect.stringContaining('Topics Orders, orders differ in case only and go to one table, ORDERS'),
  ]);
  const apart = { ...settings, topicToTableMap: 'Orders:ORDERS_A' };
  expect(channelCollisions(apart, ['Orders', 'orders'])).toEqual([]);
  expect(channelCollisions({ ...settings, sanitizeTableNames: false }, ['Orders', 'orders'])).toEqual([]);
});

test('a table that several topics share by their names alone is told of; one that the map says is meant', () => {
  const mapped = { ...settings, topicToTableMap: 'a1:facts,a2:facts' };
  expect(sharedTables(mapped, ['a1', 'a2', 'b1'])).toEqual([]);
  expect(sharedTables(mapped, ['a1', 'FACTS'])).toEqual([
    'Topics a1, FACTS all go to table FACTS; snowflake.topic2table.map can tell them apart.',
  ]);
});

test('topics of a config', () => {
  expect(listedTopics({ topics: ' a, b,,c ' })).toEqual(['a', 'b', 'c']);
  expect(listedTopics({ 'topics.regex': '.*' })).toEqual([]);
});
