import { type OffsetRun, type OffsetRuns, runsOf } from './offset-runs.ts';

/**
 * Offsets are counted in buckets of so many: the rows of a bucket, and the sum of 2^(offset mod bucketSize) over them. As many rows as the
 * sum has bits mean that no offset is there twice, and that the bits are the offsets: with a repeated power of two, the sum needs fewer
 * bits than there are rows. Sums of up to 48 rows are whole in a double.
 */
export const bucketSize = 48;
const everyBit = 2 ** bucketSize - 1;

/** Buckets in a row that are alike. */
export interface OffsetMasks {
  /** Of each bucket. */
  readonly rows: number;
  readonly sum: number;
  /** The first bucket's first offset, and the last one's. */
  readonly first: number;
  readonly last: number;
}

export interface UnmaskedOffsets {
  readonly offsets: OffsetRuns;
  /** First offsets of buckets that hold some offset more than once: their sums do not say which offsets are there. */
  readonly repeating: readonly number[];
}

const bucketsOf = ({ first, last }: OffsetMasks): readonly number[] =>
  Array.from({ length: (last - first) / bucketSize + 1 }, (_, index) => first + index * bucketSize);

const bitsOf = (sum: number): readonly number[] =>
  Array.from({ length: bucketSize }, (_, bit) => bit).filter((bit) => Math.floor(sum / 2 ** bit) % 2 === 1);

export const unmask = (masks: readonly OffsetMasks[]): UnmaskedOffsets => {
  const runs: OffsetRun[] = [];
  const repeating: number[] = [];
  for (const mask of masks) {
    const { rows, sum, first, last } = mask;
    if (rows === bucketSize && sum === everyBit) {
      runs.push({ first, last: last + bucketSize - 1 });
      continue;
    }
    const bits = rows > bucketSize ? [] : bitsOf(sum);
    for (const at of bucketsOf(mask)) {
      if (bits.length !== rows) repeating.push(at);
      else runs.push(...bits.map((bit) => ({ first: at + bit, last: at + bit })));
    }
  }
  return { offsets: runsOf(runs), repeating };
};
