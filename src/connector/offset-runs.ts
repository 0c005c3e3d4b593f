import type { OffsetRun } from '../api/index.ts';

/** How many offsets of the stretch, both ends inclusive, are in these runs. */
export const countWithin = (runs: readonly OffsetRun[], from: bigint, to: bigint): number => {
  let count = 0n;
  for (const { first, last } of runs) {
    const begin = BigInt(first) > from ? BigInt(first) : from;
    const end = BigInt(last) < to ? BigInt(last) : to;
    if (end >= begin) count += end - begin + 1n;
  }
  return Number(count);
};

export const contains = (runs: readonly OffsetRun[], offset: bigint): boolean => {
  let low = 0;
  let high = runs.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const { first, last } = runs[middle] ?? { first: '0', last: '-1' };
    if (offset < BigInt(first)) high = middle - 1;
    else if (offset > BigInt(last)) low = middle + 1;
    else return true;
  }
  return false;
};
