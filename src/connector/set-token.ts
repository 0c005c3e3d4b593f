import {
  type Assignment,
  asNextOffset,
  type Channel,
  type ChannelSpec,
  type ChannelStatus,
  type LastOffset,
  type NextOffset,
} from '../api/index.ts';
import { countedRows } from './late-rejections.ts';
import { type Asking, offsetsInTable, tellsOffsets } from './offsets-in-table.ts';

export interface TokenBefore {
  readonly incarnation: string;
  /** Rows up to it were accounted for. */
  readonly last: bigint;
  /** All rows that the channel's counters knew of then; null: not known. */
  readonly rows: number | null;
}

/**
 * Whether somebody has set a channel's token by hand: it has moved, its counters know of no new row, and the table has no row at it. (A token
 * comes with the row that it names.) False also where that cannot be asked.
 */
export const tokenWasSet = async (
  before: TokenBefore,
  opened: ChannelStatus,
  spec: ChannelSpec,
  asking: Asking,
): Promise<boolean> => {
  const { committed, incarnation } = opened;
  if (committed === null) return false;
  // Made anew since, and it has never had a row.
  if (incarnation !== before.incarnation) return countedRows(opened) === 0;
  if (committed <= before.last) return false;
  if (before.rows === null || countedRows(opened) !== before.rows || !tellsOffsets(asking.settings)) return false;
  try {
    return (await offsetsInTable(spec, { from: committed, to: committed }, asking)).length === 0;
  } catch {
    // The search for rows that are not accounted for asks the same table, and says why it could not.
    return false;
  }
};

export interface ReopenedFacts {
  readonly logEnd: NextOffset;
  readonly tokenWasSet: boolean;
}

/** An open may have brought a token that is not of our rows: what the log holds now, and who wrote it. `sent`: the last of ours. */
export const factsOfReopened = async (
  { opened, spec }: Channel,
  known: TokenBefore & { readonly sent: LastOffset | null },
  assignment: Assignment,
  asking: Asking,
): Promise<ReopenedFacts> => {
  const { committed } = opened;
  const isOurs = committed === null || (known.sent !== null && committed <= known.sent);
  return {
    logEnd: isOurs ? beyondAll : ((await assignment.endNow?.()) ?? assignment.logEnd),
    tokenWasSet: await tokenWasSet(known, opened, spec, asking),
  };
};

/** No need to ask: what we sent was read from the log. */
const beyondAll = asNextOffset(2n ** 63n - 1n);
