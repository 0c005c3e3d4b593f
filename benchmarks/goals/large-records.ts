import { createTopic, produceRecords } from '../../test/support/topics.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { rowsTaken, startBenchWorker } from '../bench-worker.ts';
import { usageOf } from '../process-usage.ts';
import { orderJson } from '../sample-values.ts';
import type { Finding, Goal, GoalContext } from './goal.ts';

const recordBytes = 10_000_000;
const partitions = 4;
const budgetMegabytes = 192;

/** Rows of one order each: what repeats within zstd's window is small on the wire, as such records are. */
const recordOfOrders = (): Buffer => {
  const orders = new Array<string>(Math.floor(recordBytes / 1001)).fill(orderJson(1, 1000));
  return Buffer.from(`{"orders":[${orders.join(',')}]}`);
};

const transform = {
  transforms: 'stamp',
  'transforms.stamp.type': 'org.apache.kafka.connect.transforms.InsertField$Value',
  'transforms.stamp.static.field': 'source',
  'transforms.stamp.static.value': 'bench',
};

/** Records of 10 MB with a memory budget of 192 MB: as bytes, or with a transform that needs each as an object. */
export const largeRecords = (kind: 'bytes' | 'objects', records: number): Goal => ({
  name: kind === 'bytes' ? 'large-records' : 'large-objects',
  does: `${records} records of ${recordBytes / 1e6} MB${kind === 'bytes' ? '' : ' with a transform'} from ${partitions} partitions, memory budget ${budgetMegabytes} MB`,
  measure: async ({ bootstrapServers, program, emulator }: GoalContext): Promise<readonly Finding[]> => {
    const configs = { 'max.message.bytes': String(12 << 20), 'retention.bytes': String(4 * 2 ** 30) };
    const topic = await createTopic(bootstrapServers, { name: `bench-large-${kind}`, partitions, configs });
    const value = recordOfOrders();
    for (let i = 0; i < records; i++)
      await produceRecords(bootstrapServers, topic, [{ partition: i % partitions, value }]);
    const worker = await startBenchWorker({
      ...{ bootstrapServers, topics: topic, url: emulator.url, program },
      worker: { 'snowsink.memory.bytes': String(budgetMegabytes << 20) },
      connector: {
        'consumer.override.max.partition.fetch.bytes': String(12 << 20),
        ...(kind === 'objects' && transform),
      },
    });
    const startedMs = performance.now();
    let [taken, takenAtMs, longestStallMs] = [0, 0, 0];
    const isDone = async (): Promise<boolean> => {
      const rows = await rowsTaken(emulator.url);
      if (rows === taken) return false;
      const nowMs = performance.now();
      if (taken > 0) longestStallMs = Math.max(longestStallMs, nowMs - takenAtMs);
      [taken, takenAtMs] = [rows, nowMs];
      return rows >= records;
    };
    try {
      await waitFor(isDone, { deadlineMs: 120_000, what: `${records} rows`, everyMs: 50 });
      const { peakRssBytes } = usageOf(worker.process.pid);
      const seconds = (performance.now() - startedMs) / 1000;
      return [
        { what: 'peak RSS', value: peakRssBytes / 2 ** 20, unit: 'MB', goal: Math.round(budgetMegabytes * 1.15 + 60) },
        { what: 'longest time without a row', value: longestStallMs, unit: 'ms', goal: 2000 },
        { what: 'throughput', value: (records * recordBytes) / 1e6 / seconds, unit: 'MB/s', goal: null },
      ];
    } finally {
      await worker.kill();
    }
  },
});
