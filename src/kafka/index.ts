export { createKafkaAdmin, type KafkaAdminOptions } from './kafka-admin.ts';
export { createRecordProducer, type RecordProducerOptions } from './record-producer.ts';
export { createSourceConsumer, type SourceConsumerOptions } from './source-consumer.ts';
