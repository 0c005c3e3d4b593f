import type { Clock, DestinationLimits, Logger, Metrics, Random, SnowflakeAccount, TaskId } from '../../api/index.ts';
import type { BreakerPolicy } from './circuit-breaker.ts';
import type { Transport } from './transport.ts';

export interface SnowpipeStreamingOptions {
  readonly account: SnowflakeAccount;
  /** The account with its variables read anew, for keys and secrets that are exchanged while the task runs. */
  readonly reread?: () => Promise<SnowflakeAccount>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly taskId: TaskId;
  /** How many appends the task sends at once: the pool of connections is made for them. */
  readonly maxConcurrentAppends: number;
  /** Instead of HTTP: the simulator's memory, a test's script. */
  readonly transport?: Transport;
  /** Null: none. The simulator has none, since opossum keeps time by itself. */
  readonly breaker?: BreakerPolicy | null;
  readonly timing?: Partial<StreamingTiming>;
}

/** Milliseconds. */
export interface StreamingTiming {
  /** Between two bulk statuses of a pipe that somebody waits for. A commit takes five seconds and more. */
  readonly statusIntervalMs: number;
  /** How long an open waits for rows that the channel's last holder sent to be committed, before it discards them. */
  readonly uncommittedRowsMs: number;
  /** How long an endpoint that never answered may stay silent before it counts as unreachable. */
  readonly firstContactMs: number;
}

export const defaultTiming: StreamingTiming = {
  statusIntervalMs: 1_000,
  uncommittedRowsMs: 30_000,
  firstContactMs: 30_000,
};

/** 4 MB a request as measured on the wire is hard (limits page): what is planned stays below; MAX 16 MiB is a cell's limit. */
export const streamingLimits: DestinationLimits = { maxWireBytes: 3_900_000, maxRowBytes: 16 * 1024 * 1024 };

/** Above it a request is not even sent. 4 MB is read as MiB: between the two readings Snowflake decides (413). */
export const hardWireBytes = 4 * 1024 * 1024;
