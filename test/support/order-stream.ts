import { setTimeout as sleep } from 'node:timers/promises';
import { createOrder, seededRandom } from './orders.ts';
import type { ProducedRecord } from './topics.ts';
import { plainKafka } from './topics.ts';

export interface OrderStreamOptions {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly partitions: number;
  readonly perSecond: number;
  /** Ends after so many, or at `stop`. */
  readonly total?: number;
  readonly seed: number;
}

export interface OrderStream {
  /** Acknowledged so far; grows. */
  readonly produced: readonly ProducedRecord[];
  /** How many of them are no JSON. */
  malformed(): number;
  /** Ends the stream early. */
  stop(): void;
  /** Resolves when the last record is acknowledged; rejects if the broker refuses. */
  readonly done: Promise<void>;
}

const tickMs = 100;
/** The longest that a broker may be away. */
const awayMs = 60_000;

/** kafkajs gives up on a broker that is away for longer than its retries: asked again, a record may be written twice. */
const persistently = async <T>(send: () => Promise<T>): Promise<T> => {
  const deadlineMs = performance.now() + awayMs;
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await sleep(tickMs);
    }
  }
};

/** Produces orders at a steady rate, some of them malformed (orders.ts), round-robin over the partitions. */
export const startOrderStream = async (options: OrderStreamOptions): Promise<OrderStream> => {
  const { bootstrapServers, topic, partitions, perSecond, total = Number.POSITIVE_INFINITY, seed } = options;
  const random = seededRandom(seed);
  const producer = plainKafka(bootstrapServers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const produced: ProducedRecord[] = [];
  let malformed = 0;
  let made = 0;
  let stopped = false;

  /** One request per partition: kafkajs's `send` over several may resolve with some of them unwritten. */
  const sendNext = async (count: number): Promise<void> => {
    const orders = Array.from({ length: count }, () => ({
      partition: made % partitions,
      ...createOrder(made++, random),
    }));
    const batches = Map.groupBy(orders, ({ partition }) => partition);
    const sends = [...batches].map(async ([partition, batch]) => {
      const messages = batch.map(({ key, value }) => ({ key, value, partition }));
      const [answer] = await persistently(() => producer.send({ topic, acks: -1, messages }));
      if (answer?.baseOffset === undefined) throw new Error(`the broker did not say where ${topic}-${partition} ended`);
      const base = BigInt(answer.baseOffset);
      for (const index of batch.keys()) produced.push({ topic, partition, offset: base + BigInt(index) });
    });
    await Promise.all(sends);
    malformed += orders.filter((order) => order.malformed).length;
  };

  const run = async (): Promise<void> => {
    const start = performance.now();
    try {
      while (made < total && !stopped) {
        const due = Math.min(total, Math.ceil(((performance.now() - start + tickMs) / 1000) * perSecond));
        if (due > made) await sendNext(due - made);
        await sleep(Math.max(0, start + (made / perSecond) * 1000 - performance.now()));
      }
    } finally {
      await producer.disconnect();
    }
  };
  const done = run();
  // whoever awaits `done` gets the failure; until then it must not end the process
  done.catch(() => {});
  const stop = (): void => {
    stopped = true;
  };
  return { produced, malformed: () => malformed, stop, done };
};
