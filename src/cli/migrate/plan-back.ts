import type { TopicPartition } from '../../api/index.ts';
import { tokenOf } from './plan-partition.ts';
import type { ShownChannel } from './ports.ts';

/** All that is known of a partition before it goes back to the old connector. */
export interface BackFacts extends TopicPartition {
  readonly table: string;
  /** Our group's committed offset: next to read. */
  readonly committed: bigint | null;
  readonly own: ShownChannel | null;
  /** Channels under the old connector's names, ours left out. */
  readonly others: readonly ShownChannel[];
  /** Highest offset of a row in the table; null: no row; undefined: it cannot be read, or its rows do not say. */
  readonly highestRow: bigint | null | undefined;
}

export type BackPlan = BackFacts &
  (
    | {
        readonly kind: 'hand-back';
        /** Where the old connector goes on. */
        readonly next: bigint;
        /** Channels whose tokens lie behind that: the old connector would write again what ours wrote. */
        readonly behind: readonly ShownChannel[];
      }
    | { readonly kind: 'untouched' | 'stop'; readonly because: string }
  );

/**
 * Where the old connector must go on. It begins behind its channel's token, and where it has none at its group's offset; so the token
 * must be ours or none, and the offset what ours has done.
 */
export const planBack = (facts: BackFacts): BackPlan => {
  const { committed, own, others, highestRow } = facts;
  const stop = (because: string): BackPlan => ({ ...facts, kind: 'stop', because });
  const token = own === null ? null : tokenOf(own);
  if (token === null && committed === null)
    return {
      ...facts,
      kind: 'untouched',
      because: 'ours has neither token nor offset: the old connector goes on where it was',
    };
  const afterToken = token === null ? 0n : token + 1n;
  const next = committed === null || committed < afterToken ? afterToken : committed;
  if (highestRow !== null && highestRow !== undefined && highestRow >= next)
    return stop(
      `the table has a row of offset ${highestRow}, but ours has done those below ${next} only: somebody else writes to it, or the old connector is at work already`,
    );
  const ahead = others.find((channel) => (tokenOf(channel) ?? -1n) >= next);
  if (ahead !== undefined)
    return stop(`channel ${ahead.name} has token ${ahead.token}, but ours has done those below ${next} only`);
  const behind = others.filter((channel) => channel.token !== null && tokenOf(channel) !== next - 1n);
  return { ...facts, kind: 'hand-back', next, behind };
};
