import { ConnectError, type NextOffset, type TopicPartition, topicPartitionKey } from '../api/index.ts';
import type { KafkaJsCluster } from './hardening/kafkajs-types.ts';
import { listOffsets, logEndTimestamp, logStartTimestamp } from './partition-offsets.ts';

/** The error that ends the consumer, or null if the log holds the position after all (a replica that lagged for a moment). */
export const describeOutOfRange = async (
  cluster: KafkaJsCluster,
  at: TopicPartition,
  position: NextOffset,
): Promise<ConnectError | null> => {
  const key = topicPartitionKey(at);
  const start = (await listOffsets(cluster, [at], logStartTimestamp, 'read_uncommitted')).get(key);
  const end = (await listOffsets(cluster, [at], logEndTimestamp, 'read_uncommitted')).get(key);
  if (start === undefined || end === undefined || (start <= position && position <= end)) return null;
  const why =
    position < start
      ? 'retention or DeleteRecords took what comes next'
      : 'the log was truncated, or the topic was made again';
  return new ConnectError(
    `${key}: offset ${position} must be read next, but the log holds ${start} to ${end} (end not included): ${why}. The committed offset was left as it is. Restart the task: it says then which choices there are`,
  );
};
