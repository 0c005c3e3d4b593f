import { expect, test } from 'vitest';
import { channelName } from '../../../src/connector/channel-name.ts';
import { onlyLane } from '../../../src/connector/lanes.ts';
import { channelCollisions, listedTopics, sharedTables } from '../../../src/connector/topic-collisions.ts';

const settings = {
  connectorName: 'c',
  generation: 'v3',
  channelNameIncludesConnector: false,
  topicToTableMap: '',
  topicToTableRegexReplacement: false,
  sanitizeTableNames: true,
  tableFrom: '',
  severalTables: false,
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

test('where records name their table, topics of different tables may meet in one', () => {
  const apart = { ...settings, topicToTableMap: 'Orders:ORDERS_A' };
  const meeting = [expect.stringContaining('Topics Orders, orders differ in case only, and records of both may go')];
  expect(channelCollisions({ ...apart, tableFrom: '$.to' }, ['Orders', 'orders'])).toEqual(meeting);
  expect(channelCollisions({ ...apart, severalTables: true }, ['Orders', 'orders'])).toEqual(meeting);
  expect(channelCollisions({ ...apart, tableFrom: '$.to' }, ['Orders', 'clicks'])).toEqual([]);
});

test('names that differ in more than case never give one channel, whatever partition and lane', () => {
  const parts = ['a', 'A', '_', '0', '12', '_0', '_0_2of4', '2of4', '.'];
  const topics = new Set(parts.flatMap((one) => parts.flatMap((two) => [one, one + two, `a${one}${two}`])));
  const lanes = [onlyLane, { index: 0, of: 2 }, { index: 1, of: 4 }];
  const owners = new Map<string, string>();
  for (const topic of topics)
    for (const partition of [0, 2, 12])
      for (const lane of lanes) {
        const name = channelName({ ...settings, channelNameIncludesConnector: true }, topic, partition, lane);
        const owner = JSON.stringify([topic.toUpperCase(), partition, lane]);
        expect(owners.get(name.toUpperCase()) ?? owner).toBe(owner);
        owners.set(name.toUpperCase(), owner);
      }
  expect(owners.size).toBeGreaterThan(1000);
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
