import { randomUUID } from 'node:crypto';
import type { Admin, IHeaders } from 'kafkajs';
import { Kafka, logLevel } from 'kafkajs';
import './committed-kafkajs.ts';
import './quiet-kafkajs.ts';
import { waitFor } from './wait-for.ts';

/** Plain kafkajs, on purpose not our own src/kafka: what the tests check must not check itself. */
export const plainKafka = (bootstrapServers: string): Kafka =>
  new Kafka({
    clientId: 'snowsink-test',
    brokers: bootstrapServers.split(','),
    logLevel: logLevel.NOTHING,
    retry: { retries: 15, initialRetryTime: 100, maxRetryTime: 1000 },
  });

export const withAdmin = async <T>(bootstrapServers: string, use: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = plainKafka(bootstrapServers).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
};

/** `orders` → `orders-3f2a9c1b`: a topic, group or table name that no other test has. */
export const uniqueName = (name: string): string => `${name}-${randomUUID().slice(0, 8)}`;

export interface TestTopic {
  /** Made unique unless `exactName`. */
  readonly name?: string;
  readonly exactName?: string;
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly configs?: Readonly<Record<string, string>>;
}

/** Creates a topic of a test's own and returns its name once every partition has a leader. */
export const createTopic = async (bootstrapServers: string, topic: TestTopic = {}): Promise<string> => {
  const name = topic.exactName ?? uniqueName(topic.name ?? 'test');
  const { partitions = 1, replicationFactor = 1 } = topic;
  const configEntries = Object.entries(topic.configs ?? {}).map(([key, value]) => ({ name: key, value }));
  await withAdmin(bootstrapServers, async (admin) => {
    await admin.createTopics({
      topics: [{ topic: name, numPartitions: partitions, replicationFactor, configEntries }],
      waitForLeaders: false,
      timeout: 30_000,
    });
    await waitFor(async () => (await admin.fetchTopicOffsets(name)).length === partitions, {
      deadlineMs: 20_000,
      what: `leaders of the ${partitions} partitions of ${name}`,
    });
  });
  return name;
};

export interface TestRecord {
  readonly partition?: number;
  readonly key?: string | Buffer | null;
  readonly value: string | Buffer | null;
  readonly headers?: IHeaders;
  /** Epoch milliseconds. */
  readonly timestamp?: number;
}

export interface ProducedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * Writes records in order (acks=all), each to its partition (0 if not given), and tells where they are. One request per
 * partition: kafkajs's `send` over several partitions may resolve with some of them unwritten.
 */
export const produceRecords = async (
  bootstrapServers: string,
  topic: string,
  records: readonly TestRecord[],
): Promise<ProducedRecord[]> => {
  const producer = plainKafka(bootstrapServers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  try {
    const produced: ProducedRecord[] = [];
    for (const [partition, group] of Map.groupBy(records, (record) => record.partition ?? 0)) {
      for (let start = 0; start < group.length; start += 2000) {
        const messages = group.slice(start, start + 2000).map(({ key = null, value, headers, timestamp }) => ({
          key,
          value,
          partition,
          ...(headers === undefined ? {} : { headers }),
          ...(timestamp === undefined ? {} : { timestamp: String(timestamp) }),
        }));
        const [answer] = await producer.send({ topic, acks: -1, messages });
        if (answer?.baseOffset === undefined)
          throw new Error(`the broker did not say where ${topic}-${partition} ended`);
        const base = BigInt(answer.baseOffset);
        produced.push(...messages.map((_, index) => ({ topic, partition, offset: base + BigInt(index) })));
      }
    }
    return produced;
  } finally {
    await producer.disconnect();
  }
};

export interface ReadRecord extends ProducedRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: IHeaders;
  readonly timestamp: number;
}

/** All that a topic holds now (read_committed), in order within each partition. */
export const readTopic = async (
  bootstrapServers: string,
  topic: string,
  deadlineMs = 30_000,
): Promise<ReadRecord[]> => {
  const ends = await withAdmin(bootstrapServers, (admin) => admin.fetchTopicOffsets(topic));
  const wanted = new Map(
    ends.filter(({ low, high }) => BigInt(high) > BigInt(low)).map((end) => [end.partition, BigInt(end.high)]),
  );
  const records: ReadRecord[] = [];
  if (wanted.size === 0) return records;
  const consumer = plainKafka(bootstrapServers).consumer({ groupId: uniqueName('test-reader'), maxWaitTimeInMs: 100 });
  // told of batches too that hold nothing but transaction markers and aborted records, which `eachBatch` never sees
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
    if (BigInt(lastOffset) + 1n >= (wanted.get(partition) ?? 0n)) wanted.delete(partition);
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const { key, value, headers = {}, offset, timestamp } of batch.messages) {
          records.push({
            topic,
            partition: batch.partition,
            offset: BigInt(offset),
            key,
            value,
            headers,
            timestamp: Number(timestamp),
          });
        }
      },
    });
    await waitFor(() => wanted.size === 0, { deadlineMs, what: `the end of topic ${topic}` });
  } finally {
    await consumer.disconnect();
  }
  // a consumer that starts over is given them again
  return [...new Map(records.map((record) => [`${record.partition}/${record.offset}`, record])).values()];
};

/** Next offset to read per partition, as a group committed it; -1 where it never did. */
export const committedOffsets = (
  bootstrapServers: string,
  groupId: string,
  topic: string,
): Promise<Map<number, bigint>> =>
  withAdmin(bootstrapServers, async (admin) => {
    const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] });
    return new Map(answer?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
  });
