import { asLastOffset, asNextOffset, type LastOffset, type NextOffset } from '../api/index.ts';

/** Rows of a further lane below an offset are accounted for; its channel's counters then knew of so many, stored or dropped. */
export interface LaneRows {
  readonly below: NextOffset;
  readonly rows: number;
  readonly incarnation: string;
}

/**
 * What is written beside each Kafka commit (broker limit offset.metadata.max.bytes, 4,096 by default), so that the next owner can
 * tell "filtered" from "lost" without a store of our own: the channel's token at that moment, the topic's id and the
 * channel's incarnation.
 */
export interface CommitMetadata {
  readonly token: LastOffset | null;
  readonly topicId: string | null;
  readonly incarnation: string;
  /** rows_error_count of the channel that everything before the committed offset is accounted for with; missing: not known. */
  readonly rejected?: number;
  /** Rows below this offset are accounted for, be they in the table or dropped and reported; missing: not known. */
  readonly accountedBelow?: NextOffset;
  /** The channel's rows_inserted and rows_error_count together, of rows below it: with lanes, of the first one's. */
  readonly rows?: number;
  /** How many channels the rows of the partition go over to its topic's own table; missing: 1. */
  readonly lanes?: number;
  /** The same of each lane behind the first, in their order; null: not known. */
  readonly laneRows?: readonly (LaneRows | null)[];
  /** Tokens of the further channels that a partition has where a transform routes its records to other tables, or where it has lanes. */
  readonly tables?: ReadonlyMap<string, LastOffset>;
  /** The same as `rejected` for those of them where it is not 0. */
  readonly rejectedByTable?: ReadonlyMap<string, number>;
  /** By the same keys: rows up to these offsets are not sent over a channel that has no token, for so an operator chose. */
  readonly leftOut?: ReadonlyMap<string, LastOffset>;
}

/** Of more tables than fit there is no note: what it would guard against (a token that went back) is not noticed for them. */
const maxCharacters = 3500;

export const encodeCommitMetadata = ({
  token,
  topicId,
  incarnation,
  rejected,
  accountedBelow,
  rows,
  lanes = 1,
  laneRows = [],
  tables,
  rejectedByTable = new Map(),
  leftOut = new Map(),
}: CommitMetadata): string => {
  const metadata = {
    snowsink: 1,
    token: token === null ? null : String(token),
    topicId,
    incarnation,
    ...(rejected !== undefined && { rejected }),
    ...(accountedBelow !== undefined && rows !== undefined && { accountedBelow: String(accountedBelow), rows }),
    ...(lanes > 1 && { lanes }),
    ...(laneRows.length > 0 && { laneRows: laneRows.map(notedRows) }),
    ...(rejectedByTable.size > 0 && { rejectedByTable: Object.fromEntries(rejectedByTable) }),
    ...(leftOut.size > 0 && { leftOut: Object.fromEntries([...leftOut].map(([key, last]) => [key, String(last)])) }),
  };
  const noted: Record<string, string> = {};
  let room = maxCharacters - JSON.stringify({ ...metadata, tables: {} }).length;
  for (const [table, last] of tables ?? []) {
    room -= JSON.stringify(table).length + String(last).length + 4;
    if (room < 0) break;
    noted[table] = String(last);
  }
  return JSON.stringify({ ...metadata, ...(Object.keys(noted).length > 0 && { tables: noted }) });
};

/** Null for what somebody else wrote: Java's Connect (''), an operator's tool, a later version of ours. */
export const decodeCommitMetadata = (text: string | null): CommitMetadata | null => {
  if (text === null || !text.startsWith('{"snowsink":1,')) return null;
  try {
    const noted = JSON.parse(text) as Record<string, unknown>;
    const { token, topicId, incarnation, rejected, accountedBelow, rows, lanes, laneRows } = noted;
    const { tables, rejectedByTable, leftOut } = noted;
    if (token !== null && !isOffset(token)) return null;
    return {
      token: token === null ? null : asLastOffset(BigInt(token)),
      topicId: typeof topicId === 'string' ? topicId : null,
      incarnation: typeof incarnation === 'string' ? incarnation : '',
      ...(typeof rejected === 'number' && { rejected }),
      ...(isOffset(accountedBelow) &&
        typeof rows === 'number' && { accountedBelow: asNextOffset(BigInt(accountedBelow)), rows }),
      ...(typeof lanes === 'number' && { lanes }),
      ...(Array.isArray(laneRows) && { laneRows: laneRows.map(laneRowsOf) }),
      ...(typeof tables === 'object' && tables !== null && { tables: tokensOf(tables) }),
      ...(typeof rejectedByTable === 'object' &&
        rejectedByTable !== null && {
          rejectedByTable: new Map(Object.entries(rejectedByTable) as [string, number][]),
        }),
      ...(typeof leftOut === 'object' && leftOut !== null && { leftOut: tokensOf(leftOut) }),
    };
  } catch {
    return null;
  }
};

const isOffset = (value: unknown): value is string => typeof value === 'string' && /^\d+$/.test(value);

/** Short: sixteen lanes take 700 characters of a commit's room. */
const notedRows = (lane: LaneRows | null): readonly [below: string, rows: number, incarnation: string] | null =>
  lane && [String(lane.below), lane.rows, lane.incarnation];

const laneRowsOf = (noted: unknown): LaneRows | null => {
  if (!Array.isArray(noted)) return null;
  const [below, rows, incarnation] = noted as unknown[];
  if (!isOffset(below) || typeof rows !== 'number' || typeof incarnation !== 'string') return null;
  return { below: asNextOffset(BigInt(below)), rows, incarnation };
};

const tokensOf = (tables: object): ReadonlyMap<string, LastOffset> =>
  new Map(
    Object.entries(tables).flatMap(([table, token]) =>
      isOffset(token) ? [[table, asLastOffset(BigInt(token))] as const] : [],
    ),
  );
