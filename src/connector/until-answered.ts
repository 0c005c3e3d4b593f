import { type Clock, errorMessage, type Logger, RetriableError } from '../api/index.ts';
import { doubledMs } from '../util/backoff.ts';

/** So long an account that does not answer is waited for, as Kafka is at a worker's start. */
const limitMs = 30_000;
const pauses = { initialMs: 1000, maxMs: 8000 } as const;

export interface Patience {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends waits when the task stops. */
  readonly signal: AbortSignal;
}

/** Asks again while nobody answers; for what may be asked twice. Any other refusal is final. @throws what the last attempt threw */
export const untilAnswered = async <T>(ask: () => Promise<T>, { clock, logger, signal }: Patience): Promise<T> => {
  const deadlineMs = clock.now() + limitMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      const pauseMs = doubledMs(pauses, attempt);
      if (!(error instanceof RetriableError) || clock.now() + pauseMs > deadlineMs) throw error;
      logger.warn({ delayMs: pauseMs }, `Snowflake's SQL does not answer yet, trying again: ${errorMessage(error)}`);
      await clock.sleep(pauseMs, signal);
    }
  }
};
