import type { NextOffset, OffsetRun } from '../api/index.ts';
import type { SuspectWindow } from './late-rejections.ts';
import { contains, Stretches } from './offset-runs.ts';
import type { RowsSentAgain } from './rows-sent-again.ts';

/** What is known so far of a window in which rows may be missing. */
export interface Audit {
  window: SuspectWindow;
  /** Offsets that the table has; null until it was asked. */
  present: readonly OffsetRun[] | null;
  /** Of the other lanes. What compaction took counts as ours, which makes the search look for more rows, not for less. */
  readonly others: Stretches;
  /** Offsets whose rows the table lacks and ought to have. */
  readonly missing: Set<bigint>;
  /**
   * What this reading of the window is for. Counted first: only when as many are missing as Snowflake dropped are they sent again, where that
   * may help, and else reported.
   */
  step: 'counting' | 'sending again' | 'reporting' | 'waiting';
  /** Takes the missing rows of this reading; null: they are not sent again. */
  again: RowsSentAgain | null;
  /** Times that the channel for them was lost. */
  losses: number;
  /** All of the window was looked at, and the commit that goes on from there is asked for. */
  isRead: boolean;
  /** One question at a time. */
  isAskingLogEnd: boolean;
}

export const auditOf = (window: SuspectWindow): Audit => ({
  window,
  present: null,
  others: new Stretches(),
  missing: new Set(),
  step: 'counting',
  again: null,
  losses: 0,
  isRead: false,
  isAskingLogEnd: false,
});

/** Rows of the channel that the table has, of a stretch that was read. */
export const storedWithin = ({ present, others }: Audit, from: bigint, to: bigint): number =>
  others.countOutside(present ?? [], from, to);

/** Whether the table was asked and does not have the row of an offset in the window. */
export const lacks = ({ window, present }: Audit, offset: bigint): boolean =>
  present !== null && offset >= window.from && offset <= window.to && !contains(present, offset);

/** `logEnd`: without it the log is taken to stand still. A question that fails comes again with the next commit. */
export const askLogEnd = (
  audit: Audit,
  logEnd: (() => Promise<NextOffset>) | undefined,
  judge: (end: NextOffset) => void,
): void => {
  if (logEnd === undefined || audit.isAskingLogEnd) return;
  audit.isAskingLogEnd = true;
  logEnd()
    .then(judge, () => {}) // nobody answers
    .finally(() => {
      audit.isAskingLogEnd = false;
    });
};
