import { type Assignment, ConnectError, type NextOffset, topicPartitionKey } from '../api/index.ts';

/** Where to start a partition that the listener did not seek: as the Java consumer does (auto.offset.reset). */
export const startingPoint = (assignment: Assignment, offsetReset: 'earliest' | 'latest' | 'none'): NextOffset => {
  if (assignment.committed !== null) return assignment.committed.offset;
  if (offsetReset === 'earliest') return assignment.logStart;
  if (offsetReset === 'latest') return assignment.logEnd;
  throw new ConnectError(
    `${topicPartitionKey(assignment)}: the group has no committed offset and auto.offset.reset is none: set it to earliest or latest, or commit an offset for the group`,
  );
};
