/** A topic and a partition number: the unit of order, of assignment and of exactly-once state. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** `topic-partition`, as Kafka prints it; a key for maps (topic names hold no line break, so it is unique with the number last). */
export const topicPartitionKey = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

export const sameTopicPartition = (a: TopicPartition, b: TopicPartition): boolean =>
  a.partition === b.partition && a.topic === b.topic;
