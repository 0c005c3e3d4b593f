import type { Verdict } from './simulation.ts';

/** What a thread tells of a seed. Structured-cloneable. */
export interface SeedResult {
  readonly seed: number;
  /** Named by what it is kept under, where it is no drawn scenario. */
  readonly name: string | null;
  readonly breaches: readonly string[];
  readonly strikes: ReadonlyMap<string, number>;
  readonly rows: number;
  readonly letters: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly caughtUpMs: number | null;
  readonly boundaries: readonly number[];
}

export const summaryOf = (verdict: Verdict, name: string | null): SeedResult => {
  const { seed, breaches, strikes, rows, letters, events, virtualMs, caughtUpMs, boundaries } = verdict;
  return { seed, name, breaches, strikes, rows, letters, events, virtualMs, caughtUpMs, boundaries };
};
