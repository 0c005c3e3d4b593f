import type { Logger } from '../api/index.ts';
import type { KafkaJsLogEntry, LogCreator } from './hardening/kafkajs-types.ts';

/** kafkajs's levels (its `logLevel`). */
const levels = { error: 1, warn: 2, info: 4, debug: 5 } as const;

/** Fields that may hold bytes of records, or a stack of somebody else's code. */
const withheld = new Set(['message', 'timestamp', 'stack', 'payload', 'data', 'logger', 'helpUrl']);

/** Error codes in answers are mostly passing (coordinator not available), rebalances are daily life; what does not pass is thrown. */
const isRoutine = (message: string): boolean =>
  message.startsWith('Response ') || message.startsWith('The group is rebalancing');

/**
 * kafkajs's log to ours. What it calls an error is a broker that does not answer or a retry that comes: a warning here; what ends the
 * consumer is thrown by `poll` in words.
 */
export const kafkaLogCreator =
  (logger: Logger): LogCreator =>
  () => {
    const child = logger.child({ client: 'kafkajs' });
    return ({ namespace, level, log }: KafkaJsLogEntry) => {
      const fields = Object.fromEntries(Object.entries(log).filter(([name]) => !withheld.has(name)));
      const line = { namespace, ...fields };
      if (level <= levels.warn && !isRoutine(log.message)) child.warn(line, log.message);
      else child.debug(line, log.message);
    };
  };

/** What kafkajs is asked to log: its info lines are our debug ones, its debug lines (one per request) nobody's. */
export const kafkaLogLevel: number = levels.info;
