import { type Clock, errorMessage, type Logger } from '../../api/index.ts';
import { errorCode, isInDoubt } from './sql-refusals.ts';

export interface Outage {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long an account that does not answer is waited for. */
  readonly outageMs: number;
  /** Codes of errors that pass, besides those of the connection. */
  readonly passingCodes: ReadonlySet<string>;
}

const firstRetryMs = 500;
const lastRetryMs = 16_000;

/** Again and again while the account does not answer: only for work that may be done twice. Rejects with the driver's last error. */
export const lastOut = async <T>(
  { clock, logger, outageMs, passingCodes }: Outage,
  wish: string,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> => {
  const giveUpAtMs = clock.now() + outageMs;
  for (let waitMs = firstRetryMs; ; waitMs = Math.min(2 * waitMs, lastRetryMs)) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      const mayPass = isInDoubt(error) || passingCodes.has(errorCode(error));
      if (!mayPass || clock.now() + waitMs > giveUpAtMs) throw error;
      logger.warn({ delayMs: waitMs }, `Could not ${wish} (${errorMessage(error)}); trying again`);
      await clock.sleep(waitMs, signal);
    }
  }
};
