/** Ascending offsets as runs, both ends inclusive. Numbers: offsets stay below 2^53. */
export interface OffsetRun {
  readonly first: number;
  readonly last: number;
}
export type OffsetRuns = readonly OffsetRun[];

/** Collects offsets that come in ascending order. */
export class OffsetRunsBuilder {
  readonly #runs: { first: number; last: number }[] = [];

  /** Not below what came before. */
  add(first: number, last = first): void {
    const end = this.#runs.at(-1);
    if (end !== undefined && first <= end.last + 1) end.last = Math.max(end.last, last);
    else this.#runs.push({ first, last });
  }

  build(): OffsetRuns {
    return this.#runs;
  }
}

export const countOf = (runs: OffsetRuns): number => runs.reduce((sum, { first, last }) => sum + last - first + 1, 0);

/** In any order, overlapping or not. */
export const runsOf = (runs: Iterable<OffsetRun>): OffsetRuns => {
  const builder = new OffsetRunsBuilder();
  for (const { first, last } of [...runs].sort((a, b) => a.first - b.first)) builder.add(first, last);
  return builder.build();
};

/** What of `runs` lies from `from` to below `to`. */
export const within = (runs: OffsetRuns, from: number, to: number): OffsetRuns =>
  runs.flatMap(({ first, last }) =>
    last < from || first >= to ? [] : [{ first: Math.max(first, from), last: Math.min(last, to - 1) }],
  );

/** In one pass over both. */
export const minus = (runs: OffsetRuns, others: OffsetRuns): OffsetRuns => {
  const left: OffsetRun[] = [];
  let at = 0;
  for (const { first, last } of runs) {
    let from = first;
    for (; at < others.length; at++) {
      const other = others[at];
      if (other === undefined || other.first > last) break;
      if (other.last < from) continue;
      if (other.first > from) left.push({ first: from, last: other.first - 1 });
      from = Math.max(from, other.last + 1);
      if (other.last > last) break;
    }
    if (from <= last) left.push({ first: from, last });
  }
  return left;
};

export const both = (runs: OffsetRuns, others: OffsetRuns): OffsetRuns => minus(runs, minus(runs, others));

/** `3, 7-9, …`: the first few. */
export const runsText = (runs: OffsetRuns, limit = 8): string =>
  runs
    .slice(0, limit)
    .map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`))
    .join(', ') + (runs.length > limit ? `, and ${runs.length - limit} more stretches` : '');
