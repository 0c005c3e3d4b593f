import {
  type Availability,
  type Channel,
  ChannelInvalidError,
  type ChannelSpec,
  type Clock,
  type Destination,
  type DestinationLimits,
  type Random,
} from '../../api/index.ts';
import { backoffMs } from '../../util/backoff.ts';
import type { StagedCopy } from '../staged-copy/staged-copy.ts';
import { LargeRowsChannel } from './large-rows-channel.ts';

export interface LargeRowsOptions {
  readonly stream: Destination;
  readonly copy: StagedCopy;
  readonly clock: Clock;
  readonly random: Random;
}

/** What COPY may take of one row where the account has the larger limits of VARCHAR and VARIANT; else Snowflake rejects it, and counts it. */
const maxRowBytes = 128 * 1024 * 1024;

/** Opens in which somebody else opened the same channel meanwhile. */
const maxAttempts = 5;
const wait = { initialMs: 500, maxMs: 8000, jitter: 1 } as const;

/** snowsink.oversize.policy=stage: a stream, and for the rows that no request of it holds a staged COPY into the same tables. */
class LargeRows implements Destination {
  readonly limits: DestinationLimits;
  readonly #options: LargeRowsOptions;

  constructor(options: LargeRowsOptions) {
    this.#options = options;
    this.limits = { ...options.stream.limits, maxRowBytes, maxRowWireBytes: maxRowBytes };
  }

  async open(spec: ChannelSpec, signal: AbortSignal): Promise<Channel> {
    const { stream, copy, clock, random } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const both = await copy.openBeside(besideOf(spec), () => stream.open(spec, signal), signal);
      if (both !== null) return new LargeRowsChannel(both.other, both.channel, stream.limits);
      if (attempt === maxAttempts) {
        const message = `Channel ${spec.channelName}: somebody else keeps opening it`;
        throw new ChannelInvalidError('STALE_EPOCH', message);
      }
      await clock.sleep(backoffMs(wait, attempt, random), signal);
    }
  }

  async drop(spec: ChannelSpec, signal: AbortSignal): Promise<void> {
    await this.#options.copy.drop(besideOf(spec), signal);
    await this.#options.stream.drop(spec, signal);
  }

  availability(): Availability {
    return this.#options.stream.availability();
  }

  onAvailability(listener: (availability: Availability, reason: string) => void): void {
    this.#options.stream.onAvailability(listener);
  }

  async close(): Promise<void> {
    await Promise.all([this.#options.stream.close(), this.#options.copy.close()]);
  }
}

/** A row of its own in the offsets table: the method staged_copy may have used the same channel. */
const besideOf = (spec: ChannelSpec): ChannelSpec => ({ ...spec, channelName: `${spec.channelName} (large rows)` });

export const createLargeRows = (options: LargeRowsOptions): Destination => new LargeRows(options);
