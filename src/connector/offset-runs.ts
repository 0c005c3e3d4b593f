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

/** Stretches of offsets, told in ascending order; what was told before is passed over. */
export class Stretches {
  readonly #stretches: { first: bigint; last: bigint }[] = [];

  add(first: bigint, last: bigint): void {
    const newest = this.#stretches.at(-1);
    if (newest === undefined || first > newest.last + 1n) this.#stretches.push({ first, last });
    else if (last > newest.last) newest.last = last;
  }

  has(offset: bigint): boolean {
    return this.#stretches.some(({ first, last }) => first <= offset && offset <= last);
  }

  /** How many offsets of these runs, from one to the other inclusive, are in none of the stretches. */
  countOutside(runs: readonly OffsetRun[], from: bigint, to: bigint): number {
    let count = countWithin(runs, from, to);
    let index = 0;
    for (const { first, last } of this.#stretches) {
      const [begin, end] = [first > from ? first : from, last < to ? last : to];
      while (BigInt(runs[index]?.last ?? begin) < begin) index++;
      const met: OffsetRun[] = [];
      for (let run = runs[index]; run !== undefined && BigInt(run.first) <= end; run = runs[index + met.length])
        met.push(run);
      count -= countWithin(met, begin, end);
    }
    return count;
  }
}
