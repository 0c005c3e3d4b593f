import type { Clock, Logger } from '../api/index.ts';
import { systemClock } from '../util/system-clock.ts';
import type { KafkaJsLogEntry, LogCreator } from './hardening/kafkajs-types.ts';

/** kafkajs's levels (its `logLevel`). */
const levels = { error: 1, warn: 2, info: 4, debug: 5 } as const;

/** Fields that may hold bytes of records, or a stack of somebody else's code. */
const withheld = new Set(['message', 'timestamp', 'stack', 'payload', 'data', 'logger', 'helpUrl']);

/**
 * What passes by itself: error codes in answers (coordinator not available), rebalances, the end of a consumer that we close, and
 * what follows a connection error, which has a line of its own. What does not pass is thrown.
 */
const routine =
  /^Response |^The group is rebalancing|the consumer is closing$|^Failed to connect to (?:seed )?broker, trying another/;

/** An outage makes kafkajs repeat itself several times a second. */
const sameAgainMs = 30_000;

/**
 * kafkajs's log to ours. What it calls an error is a broker that does not answer or a retry that comes: a warning here, and the same
 * one not again for half a minute; what ends the consumer is thrown by `poll` in words.
 */
export const kafkaLogCreator =
  (logger: Logger, clock: Pick<Clock, 'now'> = systemClock): LogCreator =>
  () => {
    const child = logger.child({ client: 'kafkajs' });
    const warnedAtMs = new Map<string, number>();
    const isNews = (message: string): boolean => {
      const now = clock.now();
      for (const [warned, atMs] of warnedAtMs) if (now - atMs >= sameAgainMs) warnedAtMs.delete(warned);
      if (warnedAtMs.has(message)) return false;
      warnedAtMs.set(message, now);
      return true;
    };
    return ({ namespace, level, log }: KafkaJsLogEntry) => {
      const fields = Object.fromEntries(Object.entries(log).filter(([name]) => !withheld.has(name)));
      const line = { namespace, ...fields };
      const isWarning = level <= levels.warn && !routine.test(log.message) && isNews(log.message);
      if (isWarning) child.warn(line, log.message);
      else child.debug(line, log.message);
    };
  };

/** What kafkajs is asked to log: its info lines are our debug ones, its debug lines (one per request) nobody's. */
export const kafkaLogLevel: number = levels.info;
