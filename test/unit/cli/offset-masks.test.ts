import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketSize, type OffsetMasks, unmask } from '../../../src/cli/audit/offset-masks.ts';
import { countOf, runsOf } from '../../../src/cli/audit/offset-runs.ts';

const bucketOf = (offset: number): number => offset - (offset % bucketSize);

/** As SQL makes them of the rows of one partition. */
const masksOf = (offsets: readonly number[]): readonly OffsetMasks[] =>
  [...Map.groupBy(offsets, bucketOf)].map(([first, rows]) => ({
    rows: rows.length,
    sum: rows.reduce((sum, offset) => sum + 2 ** (offset % bucketSize), 0),
    first,
    last: first,
  }));

test('rows and sums of buckets say which offsets are there, and which buckets hold one more than once', () => {
  const offset = fc.integer({ min: 0, max: 4 * bucketSize });
  fc.assert(
    fc.property(fc.uniqueArray(offset), fc.array(offset, { maxLength: 3 }), (once, again) => {
      const rows = [...once, ...again];
      const repeating = new Set(rows.filter((one, index) => rows.indexOf(one) !== index).map(bucketOf));
      const { offsets, repeating: found } = unmask(masksOf(rows));
      expect(new Set(found)).toEqual(repeating);
      const single = rows.filter((one) => !repeating.has(bucketOf(one)));
      expect(offsets).toEqual(runsOf(single.map((one) => ({ first: one, last: one }))));
    }),
  );
});

test('a row in the place of its neighbour is not taken for two; whole buckets in a row are one run', () => {
  const all = Array.from({ length: bucketSize }, (_, index) => index);
  for (const lost of all)
    for (const twice of all.filter((one) => one !== lost))
      expect(unmask(masksOf([...all.filter((one) => one !== lost), twice])).repeating).toEqual([0]);
  const whole = { rows: bucketSize, sum: 2 ** bucketSize - 1, first: bucketSize, last: 1e12 * bucketSize };
  const { offsets } = unmask([whole]);
  expect(offsets).toEqual([{ first: bucketSize, last: (1e12 + 1) * bucketSize - 1 }]);
  expect(countOf(offsets)).toBe(1e12 * bucketSize);
});

test('of alike buckets with gaps each is spelt out', () => {
  expect(unmask([{ rows: 1, sum: 4, first: 0, last: 2 * bucketSize }]).offsets.map(({ first }) => first)).toEqual([
    2,
    bucketSize + 2,
    2 * bucketSize + 2,
  ]);
});
