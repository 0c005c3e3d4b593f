import type { ChannelStatus } from '../../api/index.ts';
import type { WireStatus } from './channel-reply.ts';

/** Snowflake's error counter is cumulative for the channel's life and never reset: what counts is what came since we opened it. */
export const channelStatus = (wire: WireStatus, rowsErrorCountAtOpen: number): ChannelStatus => {
  const rowsRejected = Math.max(0, wire.rowsErrorCount - rowsErrorCountAtOpen);
  return {
    committed: wire.committed,
    rowsRejected,
    rowsRejectedEver: wire.rowsErrorCount,
    rowsInsertedEver: wire.rowsInserted,
    // of an earlier owner's time too: who finds its rows missing wants to know why
    lastRejection:
      wire.rowsErrorCount === 0 ? null : { message: wire.lastErrorMessage, upperBound: wire.lastErrorUpperBound },
    incarnation: wire.createdOnMs,
  };
};

export const sameStatus = (a: ChannelStatus, b: ChannelStatus): boolean =>
  a.committed === b.committed && a.rowsRejected === b.rowsRejected && a.incarnation === b.incarnation;

/** A status read may be older than the last one: within one incarnation neither token nor counter goes back. */
export const newer = (next: ChannelStatus, last: ChannelStatus): ChannelStatus =>
  last.committed !== null && (next.committed === null || next.committed < last.committed) ? last : next;
