import type { Scenario } from './scenario.ts';

export const keptSeedsFile = new URL('./kept-seeds.json', import.meta.url);

/** A scenario that failed once: played in every run, as it was drawn then. */
export interface KeptSeed {
  /** What it found. */
  readonly name: string;
  readonly scenario: Scenario;
}

export const keptSeeds = (json: string): readonly KeptSeed[] => JSON.parse(json) as readonly KeptSeed[];
