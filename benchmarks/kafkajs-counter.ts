/** Bare kafkajs, counting bytes: node benchmarks/kafkajs-counter.ts BOOTSTRAP TOPIC ROWS. Says `done` and waits to be ended. */
import { Kafka, logLevel } from 'kafkajs';

const [brokers = '', topic = '', rows = '0'] = process.argv.slice(2);
const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
const consumer = kafka.consumer({
  groupId: `bench-${process.pid}-${Date.now()}`,
  maxBytesPerPartition: 1 << 20,
  maxBytes: 4 << 20,
  maxWaitTimeInMs: 100,
});
let seen = 0;
let bytes = 0;
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachBatch: async ({ batch }) => {
    for (const { value } of batch.messages) bytes += value?.length ?? 0;
    seen += batch.messages.length;
    if (seen >= Number(rows)) console.log(`done ${seen} ${bytes}`);
  },
});
