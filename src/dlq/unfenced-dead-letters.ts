import type { DeadLetterLog, RecordProducer } from '../api/index.ts';

/**
 * snowsink.dead.letters=at-least-once, for clusters that grant no transactions: no note and no fence, so after a crash letters of records
 * that were not durable yet are written again. The producer repeats by itself.
 */
export const unfencedDeadLetters = (producer: RecordProducer): DeadLetterLog => ({
  maxNoteCharacters: Number.POSITIVE_INFINITY,
  deliveryTimeoutMs: 0,
  retryBackoffMs: 0,
  open: async () => ({ note: null, write: (letters) => producer.send(letters) }),
  close: () => producer.close(),
});
