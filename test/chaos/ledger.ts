import { readFileSync } from 'node:fs';
import type { Counts } from '../support/proof-counts.ts';
import { countLines, countProof, sumOf, writeWhole } from '../support/proof-counts.ts';
import type { Strikes } from './fault-kinds.ts';
import { noStrikes } from './fault-kinds.ts';
import type { ChaosVerdict } from './verdict.ts';

export const countedFindings = ['missing', 'twice', 'unexpected', 'outOfOrder', 'lettersRepeated'] as const;
const countedRecords = ['total', 'stored', 'deadLettered', 'lateLetters'] as const;

export interface RoundCounts extends Counts {
  readonly rounds: number;
  readonly failedRounds: number;
  readonly seconds: number;
  readonly struck: Strikes;
  readonly records: Readonly<Record<(typeof countedRecords)[number] | (typeof countedFindings)[number], number>>;
}

/** One campaign: all rounds of all runs that wrote into the same file. */
export interface Ledger {
  readonly nextSeed: number;
  readonly counts: RoundCounts;
  /** Seeds that failed, and why. */
  readonly failures: readonly { readonly seed: number; readonly why: string }[];
}

export interface PlayedRound {
  readonly seed: number;
  readonly seconds: number;
  /** Null: it ended before it could be judged. */
  readonly judged: { readonly strikes: Strikes; readonly verdict: ChaosVerdict } | null;
  /** Empty: all went well. */
  readonly failures: readonly string[];
}

const countsOf = ({ seconds, judged, failures }: PlayedRound): RoundCounts => ({
  rounds: 1,
  failedRounds: failures.length > 0 ? 1 : 0,
  seconds: Math.round(seconds),
  struck: judged?.strikes ?? noStrikes(),
  records: Object.fromEntries([
    ...countedRecords.map((name) => [name, judged?.verdict[name] ?? 0]),
    ...countedFindings.map((name) => [name, judged?.verdict[name].length ?? 0]),
  ]) as RoundCounts['records'],
});

/** No file: a campaign that is about to begin. */
export const readLedger = (file: string): Ledger => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Ledger;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const none = countsOf({ seed: 0, seconds: 0, judged: null, failures: [] });
    return { nextSeed: 1, counts: { ...none, rounds: 0 }, failures: [] };
  }
};

/** Into the campaign's file, and to the counts of all campaigns (`npm run proof`). */
export const enter = (file: string, ledger: Ledger, round: PlayedRound): Ledger => {
  const counts = countsOf(round);
  const { seed, failures } = round;
  const entered = {
    nextSeed: Math.max(ledger.nextSeed, seed + 1),
    counts: sumOf(ledger.counts, counts) as RoundCounts,
    failures: [...ledger.failures, ...failures.map((why) => ({ seed, why: why.split('\n', 1)[0] ?? '' }))],
  };
  writeWhole(file, entered);
  countProof('chaos', counts);
  return entered;
};

export const describeLedger = ({ counts, failures }: Ledger): string => {
  const kills = counts.struck['worker kill'];
  return [
    ...countLines(counts),
    ...(kills === 0 ? [] : [`${(counts.seconds / kills).toFixed(1)} s a kill`]),
    ...failures.map(({ seed, why }) => `failed: seed ${seed}: ${why}`),
  ].join('\n');
};
