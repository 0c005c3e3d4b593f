import { expect, test } from 'vitest';
import type { RecordBatch } from '../../../src/api/index.ts';
import { recordsBetween } from '../../../src/connector/records-between.ts';

const batch = (baseOffset: bigint, lastOffset: bigint, recordCount: number): RecordBatch =>
  ({ baseOffset, lastOffset, recordCount }) as RecordBatch;

test('records of whole batches, of parts of them, and of compacted ones', () => {
  const batches = [batch(0n, 9n, 10), batch(10n, 29n, 5), batch(30n, 39n, 10)];
  expect(recordsBetween({ batches }, 0n, 40n)).toBe(25);
  expect(recordsBetween({ batches }, 4n, 33n)).toBe(6 + 5 + 3);
  expect(recordsBetween({ batches }, 4n, 4n)).toBe(0);
  expect(recordsBetween({ batches }, 0n, 12n)).toBe(12);
  expect(recordsBetween({ batches }, 0n, 28n)).toBe(15);
});
