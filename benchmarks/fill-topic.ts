import { createTopic, plainKafka } from '../test/support/topics.ts';
import { orderJson } from './sample-values.ts';

export const benchPartitions = 12;
/** Java's default batch.size, about. */
const batchBytes = 16_384;
/** Values that a topic is made of, again and again: making each anew would take longer than measuring. */
const distinctValues = 20_000;

/** A topic of 12 partitions with so many rows of so many bytes, uncompressed, in batches as Java's producer makes them. */
export const fillTopic = async (bootstrapServers: string, rows: number, valueBytes: number): Promise<string> => {
  const topic = await createTopic(bootstrapServers, { name: `bench-${valueBytes}b`, partitions: benchPartitions });
  const values = Array.from({ length: Math.min(rows, distinctValues) }, (_, i) =>
    Buffer.from(orderJson(i, valueBytes)),
  );
  const perBatch = Math.max(1, Math.floor(batchBytes / valueBytes));
  const producer = plainKafka(bootstrapServers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  let next = 0;
  const sendAll = async (): Promise<void> => {
    while (next < rows) {
      const from = next;
      next += perBatch * benchPartitions;
      const messages = Array.from({ length: Math.min(next, rows) - from }, (_, i) => ({
        key: `k${((from + i) % 99_991).toString(36)}`,
        value: values[(from + i) % values.length] ?? null,
        partition: i % benchPartitions,
      }));
      await producer.send({ topic, acks: -1, messages });
    }
  };
  await Promise.all(Array.from({ length: 4 }, sendAll));
  await producer.disconnect();
  return topic;
};
