import { type Clock, RetriableError } from '../api/index.ts';

const unreachable = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  // kafkajs's broker pool answers null when no connection held, and its callers take that apart
  'TypeError',
]);

/** kafkajs's names of what passes while a group's coordinator starts or moves. */
const coordinatorMoves = new Set([
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
]);

/** kafkajs wraps what it has given up on. A RetriableError is a broker's own wish to be asked again. */
const isUnreachable = (error: unknown): boolean =>
  error instanceof RetriableError ||
  (error instanceof Error &&
    (unreachable.has(error.name) ||
      coordinatorMoves.has(String((error as { readonly type?: unknown }).type)) ||
      isUnreachable(error.cause)));

const pauseMs = 300;

/**
 * Asks again for `limitMs` milliseconds while no broker can be reached, or one is not ready; any other refusal is final at once. Java's admin client does so for
 * default.api.timeout.ms. Only for requests that may be carried out twice.
 */
export const whileUnreachable = async <T>(clock: Clock, limitMs: number, call: () => Promise<T>): Promise<T> => {
  const deadlineMs = clock.now() + limitMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isUnreachable(error) || clock.now() >= deadlineMs) throw error;
      await clock.sleep(pauseMs);
    }
  }
};
