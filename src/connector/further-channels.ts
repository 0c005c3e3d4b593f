import {
  type Assignment,
  asLastOffset,
  asNextOffset,
  type ChannelStatus,
  type LastOffset,
  type NextOffset,
} from '../api/index.ts';
import { type CommitMetadata, decodeCommitMetadata, type LaneRows } from '../offsets/index.ts';
import { countedRows, type Verified } from './late-rejections.ts';
import type { TopicPartitionWriter } from './topic-partition-writer.ts';

/** More than a commit has room for. */
const maxNoted = 500;

export interface FurtherChannelsOptions {
  readonly assignment: Assignment;
  /** Keys of the lanes to the topic's own table; the first one's channel is not a further one. */
  readonly lanes: readonly string[];
  readonly begunAt: NextOffset;
  /** What was noted is of another log or another ingestion method, or an operator has left it out. */
  readonly beginsAnew: boolean;
  /** An operator has everything read again where a token is lost, also what Kafka's commit says is there. */
  readonly bringsAll: boolean;
}

/**
 * What commits note of a partition's channels beside the first: those of its other lanes, and those to tables that transforms route records
 * to. By key (`laneKey`); of closed ones too.
 */
export class FurtherChannels {
  readonly #options: FurtherChannelsOptions;
  /** Least recently used first. */
  readonly #tokens: Map<string, LastOffset>;
  /** Rows that Snowflake dropped, as far as they are accounted for. */
  readonly #rejected: Map<string, number>;
  /** Of lanes only: there are few, and all of them are noted. */
  readonly #rows: Map<string, LaneRows>;
  /** Until the channel's token is further on, or Kafka's commit. */
  readonly #leftOut: Map<string, LastOffset>;
  readonly #begins = new Map<string, LastOffset>();

  constructor(options: FurtherChannelsOptions) {
    this.#options = options;
    const { assignment, lanes, beginsAnew } = options;
    const noted = beginsAnew ? null : decodeCommitMetadata(assignment.committed?.metadata ?? null);
    this.#tokens = new Map(noted?.tables);
    this.#rejected = new Map(noted?.rejectedByTable);
    const leftOut = [...(noted?.leftOut ?? [])].filter(([, last]) => last >= (assignment.committed?.offset ?? 0n));
    this.#leftOut = new Map(leftOut);
    const rows = lanes.slice(1).flatMap((key, index) => {
      const lane = noted?.laneRows?.[index];
      return lane ? [[key, lane] as const] : [];
    });
    this.#rows = new Map(rows);
  }

  /** Null: none that a commit has noted or could note. */
  tokenOf(key: string): LastOffset | null {
    return this.#tokens.get(key) ?? null;
  }

  forget(key: string): void {
    this.#tokens.delete(key);
    this.#leftOut.delete(key);
  }

  /** Rows before this offset do not go over a channel without a token: the next owner, too, must not send them. */
  leaveOut(key: string, before: NextOffset): void {
    const last = before - 1n;
    if (last > (this.#leftOut.get(key) ?? -1n)) this.#leftOut.set(key, asLastOffset(last));
  }

  /** Of a channel without a token: by Kafka's commit its table lacks nothing of what lies before, should reading be led back there for another channel. */
  beginsAt(key: string, at: NextOffset): void {
    const { assignment, lanes, bringsAll } = this.#options;
    if (assignment.committed === null || bringsAll || at === 0n) return;
    // A commit has no room for all tables.
    if (lanes.includes(key)) this.leaveOut(key, at);
    else this.#begins.set(key, asLastOffset(at - 1n));
  }

  leftOutOf(key: string): LastOffset | null {
    return this.#leftOut.get(key) ?? this.#begins.get(key) ?? null;
  }

  /** From here on its token tells. */
  reached(key: string, token: LastOffset | null): void {
    if ((token ?? -1n) >= (this.#leftOut.get(key) ?? 0n)) this.#leftOut.delete(key);
  }

  /** As its writer knows it now. */
  note(key: string, { token, incarnation, audit }: TopicPartitionWriter): void {
    const { last, count, rows } = audit.verified;
    if (token !== null) this.#noteToken(key, token);
    this.reached(key, token);
    if (count > 0) this.#rejected.set(key, count);
    else this.#rejected.delete(key); // its channel was made anew
    if (!this.#options.lanes.includes(key)) return;
    if (rows === null) this.#rows.delete(key);
    else this.#rows.set(key, { below: asNextOffset(last + 1n), rows, incarnation });
  }

  /** For a commit's metadata. */
  get noted(): Required<Pick<CommitMetadata, 'tables' | 'rejectedByTable' | 'lanes' | 'laneRows' | 'leftOut'>> {
    const { lanes } = this.#options;
    return {
      tables: new Map([...this.#tokens].reverse()),
      rejectedByTable: this.#rejected,
      leftOut: this.#leftOut,
      lanes: lanes.length,
      laneRows: lanes.slice(1).map((key) => this.#rows.get(key) ?? null),
    };
  }

  /** How far a channel that was just opened is known to be whole. `durableBelow`: all channels have their rows of the records before it. */
  verified(key: string, opened: ChannelStatus, durableBelow: NextOffset | null): Verified {
    const { begunAt, assignment } = this.#options;
    const { committed, rowsRejectedEver: dropped, incarnation } = opened;
    const last = begunAt - 1n;
    const token = committed ?? -1n;
    const whole = { count: dropped, rows: countedRows(opened) };
    // What lies behind our beginning is accounted for, as is what was committed before the channel had any row: letters there are forgotten.
    if (token <= last)
      return { last: durableBelow !== null && durableBelow > begunAt ? durableBelow - 1n : last, ...whole };
    // And where a token went back, rows from there on are sent again.
    if (token < (this.tokenOf(key) ?? -1n)) return { last: token, ...whole };
    const count = this.#rejected.get(key) ?? 0;
    const lane = this.#rows.get(key);
    if (lane === undefined) return { last, count, rows: null };
    if (lane.incarnation !== incarnation) return { last, count: 0, rows: 0 };
    if (lane.below > begunAt) return { last: lane.below - 1n, count, rows: lane.rows };
    // Of rows before our beginning it may know too, where that is not where the commit leads.
    return { last, count, rows: begunAt === assignment.committed?.offset ? lane.rows : countedRows(opened) };
  }

  /** For the log, of a token that is behind what a commit noted: the rows between are sent again, but not those of a channel without any. Null: it is not. */
  lossOf(key: string, token: LastOffset | null): string | null {
    const noted = this.tokenOf(key);
    if (noted === null || (token ?? -1n) >= noted) return null;
    const what =
      token === null
        ? `has no token any more (30 days without a row, or the table was made anew); rows up to offset ${noted} were in it, and reading goes on behind them`
        : `is back at offset ${token}, and was at ${noted}; the rows between are sent again`;
    return `The channel of table ${key} ${what}`;
  }

  #noteToken(key: string, token: LastOffset): void {
    this.#tokens.delete(key);
    this.#tokens.set(key, token);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > maxNoted && oldest !== undefined) this.#tokens.delete(oldest);
  }
}
