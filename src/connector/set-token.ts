import {
  type Assignment,
  asNextOffset,
  type Channel,
  type ChannelSpec,
  type ChannelStatus,
  type LastOffset,
  type NextOffset,
  type TableService,
} from '../api/index.ts';
import { countedRows } from './late-rejections.ts';
import type { SinkSettings } from './sink-settings.ts';

export interface TokenBefore {
  readonly incarnation: string;
  /** Rows up to it were accounted for. */
  readonly last: bigint;
  /** All rows that the channel's counters knew of then; null: not known. */
  readonly rows: number | null;
}

interface Asking {
  readonly settings: SinkSettings;
  readonly tables: Pick<TableService, 'offsets'>;
}

/**
 * Whether somebody has set a channel's token by hand: it has moved, its counters know of no new row, and the table has no row at it. (A token
 * comes with the row that it names.) False also where that cannot be asked.
 */
export const tokenWasSet = async (
  before: TokenBefore,
  opened: ChannelStatus,
  { topic, partition, table }: ChannelSpec,
  { settings, tables }: Asking,
): Promise<boolean> => {
  const { committed, incarnation } = opened;
  if (committed === null) return false;
  // Made anew since, and it has never had a row.
  if (incarnation !== before.incarnation) return countedRows(opened) === 0;
  if (committed <= before.last) return false;
  if (before.rows === null || countedRows(opened) !== before.rows || !tellsOffsets(settings)) return false;
  const at = String(committed);
  try {
    const query = { topic: settings.severalTables ? null : topic, partition, from: at, to: at };
    return (await tables.offsets(table, query)).length === 0;
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

/** Rows can be told by RECORD_METADATA, and somebody wants to know. */
export const tellsOffsets = ({ lateRejections, metadata: { all, topic, offsetAndPartition } }: SinkSettings): boolean =>
  lateRejections !== 'count' && all && topic && offsetAndPartition;
