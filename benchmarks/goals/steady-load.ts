import { setTimeout as sleep } from 'node:timers/promises';
import { plainKafka } from '../../test/support/topics.ts';
import { orderJson } from '../sample-values.ts';

export interface SteadyLoad {
  /** Resolves when the last record is written; how many there were. */
  stop(): Promise<number>;
}

const tickMs = 20;
/** In one request, however late it is: a broker takes a megabyte. */
const mostPerPartition = 2000;

/** Records of 250 bytes at an even rate over all partitions, a request each 20 ms, until it is stopped. */
export const startSteadyLoad = async (
  bootstrapServers: string,
  topic: string,
  partitions: number,
  perSecond: number,
): Promise<SteadyLoad> => {
  const values = Array.from({ length: 1000 }, (_, i) => orderJson(i, 250));
  const producer = plainKafka(bootstrapServers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const startedMs = performance.now();
  let sent = 0;
  let running = true;
  const run = async (): Promise<number> => {
    while (running) {
      const onTime = Math.floor(((performance.now() - startedMs) / 1000) * perSecond);
      const due = Math.min(onTime, sent + partitions * mostPerPartition);
      const messages = Array.from({ length: due - sent }, (_, i) => ({
        value: values[(sent + i) % values.length] ?? null,
        partition: (sent + i) % partitions,
      }));
      sent = due;
      if (messages.length > 0) await producer.send({ topic, acks: 1, messages });
      await sleep(tickMs);
    }
    await producer.disconnect();
    return sent;
  };
  const done = run();
  done.catch(() => {}); // `stop` tells it
  return {
    stop: () => {
      running = false;
      return done;
    },
  };
};
