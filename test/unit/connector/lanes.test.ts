import { expect, test } from 'vitest';
import { asNextOffset, type FetchedBatch, type RecordBatch } from '../../../src/api/index.ts';
import { channelName } from '../../../src/connector/channel-name.ts';
import { laneKey, laneKeys, lanesOf, onlyLane, parseLaneKey, shares } from '../../../src/connector/lanes.ts';
import { encodeCommitMetadata } from '../../../src/offsets/index.ts';

const fetched = (fetchOffset: bigint, ...baseOffsets: readonly bigint[]): FetchedBatch =>
  ({
    topic: 't',
    partition: 0,
    fetchOffset: asNextOffset(fetchOffset),
    batches: baseOffsets.map((baseOffset) => ({ baseOffset }) as RecordBatch),
  }) as unknown as FetchedBatch;

test('a fetched batch is cut where the lane changes, and not at all with one lane', () => {
  const batch = fetched(130n, 100n, 200n, 300n, 512n, 600n, 768n);
  const bases = [...shares(batch, 2)].map((share) => [
    share.offset,
    share.batchOffset,
    share.batch.batches.map(({ baseOffset }) => baseOffset),
  ]);
  expect(bases).toEqual([
    [130n, 100n, [100n, 200n]],
    [300n, 300n, [300n]],
    [512n, 512n, [512n, 600n]],
    [768n, 768n, [768n]],
  ]);
  expect([...shares(batch, 1)].map((share) => share.batch)).toEqual([batch]);
});

test('keys of lanes name table and lane, quoted tables included', () => {
  expect(laneKeys('ORDERS', 1)).toEqual(['ORDERS']);
  expect(laneKeys('ORDERS', 2)).toEqual(['ORDERS 1/2', 'ORDERS 2/2']);
  for (const table of ['ORDERS', '"a 1/2"']) {
    expect(parseLaneKey(table)).toEqual({ table, lane: onlyLane });
    expect(parseLaneKey(laneKey(table, { index: 1, of: 4 }))).toEqual({ table, lane: { index: 1, of: 4 } });
  }
});

test('channels of lanes have names that no other partition has', () => {
  const settings = { connectorName: 'c', generation: 'own', channelNameIncludesConnector: false } as const;
  expect(channelName(settings, 'orders', 0)).toBe('orders_0');
  expect(channelName(settings, 'orders', 0, { index: 1, of: 4 })).toBe('orders_0_2of4');
});

test('a partition keeps its lanes; an operator’s commit frees the choice, without one of ours the channels are asked', () => {
  const lanesAt = (metadata: string): ReturnType<typeof lanesOf> => lanesOf({ offset: asNextOffset(7n), metadata });
  const noted = { token: null, topicId: 'T', incarnation: '1' };
  expect(lanesOf(null)).toBe('ask');
  expect(lanesAt(encodeCommitMetadata({ token: null, topicId: null, incarnation: '' }))).toBe('free');
  expect(lanesAt('')).toBe('ask');
  expect(lanesAt(encodeCommitMetadata(noted))).toBe(1);
  expect(lanesAt(encodeCommitMetadata({ ...noted, lanes: 4 }))).toBe(4);
});
