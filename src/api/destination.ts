import type { LastOffset } from './offsets.ts';
import type { RowBatch } from './row-batch.ts';
import type { TopicPartition } from './topic-partition.ts';

/** Which rows go where: one channel per (table, topic, partition). */
export interface ChannelSpec extends TopicPartition {
  /**
   * Table name as SQL stores it (already upper-cased or meant verbatim), in the account's database and schema; of another schema or
   * database `"SCHEMA"."TABLE"` or `"DB"."SCHEMA"."TABLE"`, each part in quotes.
   */
  readonly table: string;
  readonly channelName: string;
}

export interface ChannelStatus {
  /** Offset token of the last durable row; null before the first. */
  readonly committed: LastOffset | null;
  /** Rows that the destination dropped since this channel object was opened (its own counters are cumulative for ever). */
  readonly rowsRejected: number;
  /** The destination's own counter, cumulative for the incarnation: what was dropped between two opens shows in it only. */
  readonly rowsRejectedEver: number;
  /** Rows that it says it stored, cumulative like `rowsRejectedEver`; null: it does not say. */
  readonly rowsInsertedEver: number | null;
  /** The newest of all times. */
  readonly lastRejection: { readonly message: string; readonly upperBound: LastOffset | null } | null;
  /** Changes when the channel was dropped and made again (created_on_ms). */
  readonly incarnation: string;
}

/**
 * An ordered stream of rows for one topic partition whose last offset is stored with the rows. It exists only once opened;
 * opening fences every earlier holder. Appends are serialised by the channel; an ambiguous answer is retried inside with the
 * identical bytes and token (snowflake-ingest 1.8).
 */
export interface Channel {
  readonly spec: ChannelSpec;
  readonly opened: ChannelStatus;
  /** Resolves when the destination has accepted the batch: not yet durable. Rejects with ChannelInvalidError, DestinationRefusedError, BatchTooLargeError, or the signal's reason. */
  append(batch: RowBatch, signal: AbortSignal): Promise<void>;
  /** Clock's time from which on an append keeps a pace that the destination takes for long: due rows wait for it in their buffer. Not there: any time. */
  paceAtMs?(): number;
  /** Asks whether it is still the channel that was opened. Rejects with ChannelInvalidError, and tells the listeners, if not. Not there: nobody can tell. */
  confirm?(signal: AbortSignal): Promise<void>;
  /** Somebody waits until all that was accepted is durable: it is asked for more often until then. Not there: that is told at once anyway. */
  hurry?(): void;
  /** Newest status known to the pipe's poller; `opened` before the first poll. */
  status(): ChannelStatus;
  /** Called at each status of this channel that differs from the last; and with ChannelInvalidError when polling finds the channel gone. */
  onStatus(listener: (status: ChannelStatus | Error) => void): void;
  /** Ends polling for this channel; nothing goes over the wire. */
  close(): void;
}

export interface DestinationLimits {
  /** Largest body of one append, compressed. */
  readonly maxWireBytes: number;
  /** Where a row alone may have more, compressed; not there: it may not. */
  readonly maxRowWireBytes?: number;
  /** Largest single row, uncompressed. */
  readonly maxRowBytes: number;
}

/** `unavailable`: a circuit breaker is open; the writer pauses its partitions until it closes. */
export type Availability = 'available' | 'unavailable';

export interface Destination {
  readonly limits: DestinationLimits;
  open(spec: ChannelSpec, signal: AbortSignal): Promise<Channel>;
  /** Forgets the channel and its token (an operator's wish only). */
  drop(spec: ChannelSpec, signal: AbortSignal): Promise<void>;
  availability(): Availability;
  onAvailability(listener: (availability: Availability, reason: string) => void): void;
  close(): Promise<void>;
}
