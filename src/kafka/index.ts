export { createDeadLetterLog, type DeadLetterLogOptions } from './dead-letter-log.ts';
export { createKafkaAdmin, type KafkaAdminOptions } from './kafka-admin.ts';
export type { RecordProducerOptions } from './producer-connection.ts';
export { createRecordProducer } from './record-producer.ts';
export { createSourceConsumer, type SourceConsumerOptions } from './source-consumer.ts';
export { createTopicReader, type TopicReaderOptions } from './topic-reader.ts';
