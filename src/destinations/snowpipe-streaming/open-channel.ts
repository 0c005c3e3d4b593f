import { type Clock, DestinationRefusedError, type Logger, type Random } from '../../api/index.ts';
import { backoffMs } from '../../util/backoff.ts';
import { isHealthy, type OpenReply, readOpenReply } from './channel-reply.ts';
import { openCall, type PipeName } from './request-builder.ts';
import { UncommittedDataError } from './request-sender.ts';
import type { Session } from './session.ts';

export interface OpenChannelOptions {
  readonly session: Pick<Session, 'send'>;
  readonly pipe: PipeName;
  readonly channel: string;
  readonly uncommittedRowsMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Null: rows of the last holder are accepted but not committed. */
const tryOpen = async (options: OpenChannelOptions, failOnUncommittedRows: boolean): Promise<string | null> => {
  const { session, pipe, channel, signal } = options;
  try {
    return (await session.send(openCall(pipe, channel, failOnUncommittedRows), signal)).text;
  } catch (error) {
    if (error instanceof UncommittedDataError && failOnUncommittedRows) return null;
    throw error;
  }
};

/** Waits for what the last holder sent to be committed; then takes the channel over, discarding it: Kafka still has those rows. */
const openText = async (options: OpenChannelOptions): Promise<string | null> => {
  const { clock, random, logger, signal, channel } = options;
  const forceAtMs = clock.now() + options.uncommittedRowsMs;
  for (let tries = 1; clock.now() < forceAtMs; tries++) {
    const text = await tryOpen(options, true);
    if (text !== null) return text;
    logger.info({ channel }, 'The channel holds rows that are not committed yet; waiting for them');
    const waitMs = backoffMs({ initialMs: 500, maxMs: 4_000, jitter: 0.5 }, tries, random);
    await clock.sleep(Math.min(waitMs, Math.max(1, forceAtMs - clock.now())), signal);
  }
  logger.warn(
    { channel },
    'Rows that the channel accepted did not get committed in time: opening it without them, they are read again from Kafka',
  );
  return await tryOpen(options, false);
};

const read = (text: string | null, channel: string): OpenReply => {
  let reply: OpenReply | null;
  try {
    reply = text === null ? null : readOpenReply(text);
  } catch (error) {
    throw new DestinationRefusedError(
      `Channel ${channel} was written by another program: ${error instanceof Error ? error.message : 'foreign offset token'}. ` +
        'Give this connector a name of its own, or drop the channel.',
      { cause: error },
    );
  }
  if (reply === null)
    throw new DestinationRefusedError(`Snowflake's answer to opening channel ${channel} is no channel status.`);
  return reply;
};

/** Opens and fences. Throws DestinationRefusedError, or the signal's reason. */
export const openChannel = async (options: OpenChannelOptions): Promise<OpenReply> => {
  const reply = read(await openText(options), options.channel);
  if (isHealthy(reply.status)) return reply;
  // Such a channel takes rows with 200 and throws them away.
  throw new DestinationRefusedError(
    `Snowflake opened channel ${options.channel}, but it takes no rows: ${reply.status.code} ${reply.status.lastErrorMessage}`.trimEnd() +
      '. Check that the table exists, is no view, and that the role may insert into it.',
  );
};
