import type { SuspectWindow } from './late-rejections.ts';

/** What reading a suspect window has found, before anything was done about it. */
export interface FirstReading {
  /** Rows that the table lacks. */
  readonly found: number;
  /** These, and those that an owner before us has dead-lettered: their records are passed over when they are read. */
  readonly accountedFor: number;
  /** Rows of the channel that the table has. */
  readonly stored: number;
  readonly isLane: boolean;
  readonly maySendAgain: boolean;
}

/** How many rows of the window were sent and are in no counter. `differ`: the counters know of less rows than the table has. */
export const uncountedRows = (
  { count, counted }: SuspectWindow,
  { accountedFor, stored, isLane }: FirstReading,
): { readonly unaccounted: number; readonly differ: boolean } => {
  const sent = stored + accountedFor;
  const uncounted = Math.max(0, sent - (counted ?? sent));
  const most = isLane ? Math.max(0, accountedFor - count) : uncounted;
  return { unaccounted: Math.min(uncounted, most), differ: uncounted > most };
};

/**
 * As many must be missing as Snowflake dropped or swallowed. `too many`: somebody takes rows out of the table. `too few`: it has older rows of the
 * same offsets. `sent again`: or an owner before us has sent the others once more. `differ`: only the counters know of the others.
 */
export type FirstJudgement = 'none' | 'too many' | 'too few' | 'sent again' | 'differ' | 'as many';

export const judgeFirstReading = (
  { count, unaccounted }: SuspectWindow,
  { found, accountedFor, maySendAgain }: FirstReading,
): FirstJudgement => {
  const swallowed = unaccounted ?? 0;
  if (count + swallowed === 0) return 'none';
  if (found > count + swallowed) return 'too many';
  // Where rows may have been sent again before, those that no counter knows of are no mere suspicion any more.
  if (maySendAgain) return accountedFor < count + swallowed ? 'sent again' : 'as many';
  if (accountedFor < count) return 'too few';
  return accountedFor < count + swallowed ? 'differ' : 'as many';
};
