export { createDeadLetterLog, type DeadLetterLogOptions } from './dead-letter-log.ts';
export { explainKafkaError } from './explain-kafka-error.ts';
export { type ClusterInspector, createKafkaAdmin, type KafkaAdminOptions } from './kafka-admin.ts';
export { createPartitionReader, type FetchedRange, type PartitionReader } from './partition-reader.ts';
export type { RecordProducerOptions } from './producer-connection.ts';
export { createRecordProducer } from './record-producer.ts';
export { createSourceConsumer, type SourceConsumerOptions } from './source-consumer.ts';
export { createTopicReader, type TopicReaderOptions } from './topic-reader.ts';
