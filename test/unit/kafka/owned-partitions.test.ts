import { expect, test } from 'vitest';
import { type Assignment, asNextOffset } from '../../../src/api/index.ts';
import { OwnedPartitions } from '../../../src/kafka/owned-partitions.ts';

const where = { topic: 'orders', partition: 3 };
const assigned = (epoch: number, logEnd: bigint): Assignment => ({
  ...where,
  epoch,
  committed: null,
  logStart: asNextOffset(0n),
  logEnd: asNextOffset(logEnd),
  topicId: null,
});

test('the log’s end is known from the assignment on: no fetch tells of a partition where nothing is new', () => {
  const owned = new OwnedPartitions();
  expect(owned.highWatermark(where)).toBeNull();
  owned.take([assigned(1, 40n)]);
  expect(owned.highWatermark(where)).toBe(40n);
  owned.endsAt(where, 50n);
  owned.place(where, asNextOffset(50n));
  owned.giveUp(true);
  owned.take([assigned(2, 50n)]);
  expect(owned.position(where)).toBe(50n);
  expect(owned.highWatermark(where)).toBe(50n);
});
