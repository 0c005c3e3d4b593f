import {
  type Channel,
  type ChannelSpec,
  type ChannelStatus,
  ConnectError,
  type Destination,
  type LastOffset,
  type Random,
  type SinkTaskContext,
} from '../api/index.ts';
import { type BackoffPolicy, backoffMs } from '../util/backoff.ts';
import { placeOf } from './channel-place.ts';
import type { SinkSettings } from './sink-settings.ts';

/** Reopens in a row without a row becoming durable, after which the task fails (the Snowflake connector's number). */
const maxAttempts = 5;
/** With each reopen in a row it is longer: somebody who has lost the partition and does not know it yet hears of it meanwhile. */
const delay: BackoffPolicy = { initialMs: 500, maxMs: 8000, jitter: 0.4 };

export interface ChannelRecoveryOptions {
  readonly spec: ChannelSpec;
  readonly destination: Destination;
  readonly context: Pick<SinkTaskContext, 'clock' | 'logger'>;
  readonly settings: Pick<SinkSettings, 'commitTimeoutMs'>;
  readonly random: Random;
  readonly closing: AbortSignal;
}

/** Opens a lost channel again, each time later than the last, until that has not helped for too often. */
export class ChannelRecovery {
  readonly #options: ChannelRecoveryOptions;
  #attempts = 0;
  /** Reopens in a row for COMMIT_TIMEOUT after which Snowflake had all rows. */
  #needless = 0;

  constructor(options: ChannelRecoveryOptions) {
    this.#options = options;
  }

  /** Rows become durable again, or none was waiting to. */
  succeeded(): void {
    this.#attempts = 0;
  }

  /** `lastSent`: over the lost channel; null: nothing was. */
  reopenedFor(cause: string, { committed }: Pick<ChannelStatus, 'committed'>, lastSent: LastOffset | null): void {
    const hadAll = lastSent !== null && (committed ?? -1n) >= lastSent;
    this.#needless = cause === 'COMMIT_TIMEOUT' && hadAll ? this.#needless + 1 : 0;
    if (this.#needless < 2) return;
    const { context, settings, spec } = this.#options;
    context.logger.warn(
      { code: 'commit-timeout-short', channel: spec.channelName },
      `Topic ${spec.topic}, partition ${spec.partition}, table ${spec.table}: rows were committed after all, again later than snowsink.commit.timeout.ms (${settings.commitTimeoutMs}): each time the channel is opened anew for nothing. Raise it`,
    );
  }

  /** `lost` is closed, and nothing is under way on it when `isQuiet` resolves. @throws ConnectError when it was tried too often */
  async reopen(
    lost: Channel,
    isQuiet: () => Promise<void>,
    { cause, message }: { readonly cause: string; readonly message: string },
  ): Promise<Channel> {
    const { spec, destination, context, random, closing } = this.#options;
    context.logger.warn({ cause, channel: spec.channelName }, `Reopening the channel of ${placeOf(spec)}: ${message}`);
    if (++this.#attempts > maxAttempts) {
      throw new ConnectError(`${maxAttempts} reopens in a row did not make a row durable; the last cause: ${message}`);
    }
    await context.clock.sleep(backoffMs(delay, this.#attempts, random), closing);
    lost.close();
    await isQuiet();
    return destination.open(spec, closing);
  }
}
