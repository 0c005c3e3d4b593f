import { ConnectError, errorMessage, type KafkaAdmin, type Logger } from '../api/index.ts';

/**
 * Makes sure that the dead letter queue exists before the first record is read: one partition, the configured replication factor,
 * the broker's own topic settings, as Connect does (KIP-298). A failure fails the task while nothing is lost yet.
 */
export const createDeadLetterQueueTopic = async (
  admin: Pick<KafkaAdmin, 'listTopics' | 'createTopic'>,
  topic: string,
  replicationFactor: number,
  logger: Logger,
): Promise<void> => {
  try {
    if ((await admin.listTopics()).includes(topic)) return;
    logger.warn({ topic }, `Topic ${topic} doesn't exist. Will attempt to create topic.`);
    await admin.createTopic({ name: topic, partitions: 1, replicationFactor });
  } catch (error) {
    const reason = new ConnectError(
      `Topic ${topic} (1 partition, replication factor ${replicationFactor}) could not be created: ${errorMessage(error)}. Create it ` +
        'yourself, or set errors.deadletterqueue.topic.replication.factor to at most the number of brokers (1 on a single broker; ' +
        '-1 = broker default).',
      { cause: error },
    );
    throw new ConnectError(`Could not initialize dead letter queue with topic=${topic}`, { cause: reason });
  }
};
