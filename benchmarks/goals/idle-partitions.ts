import { setTimeout as sleep } from 'node:timers/promises';
import { produceRecords, uniqueName, withAdmin } from '../../test/support/topics.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { rowsTaken, startBenchWorker } from '../bench-worker.ts';
import { usageOf } from '../process-usage.ts';
import type { Finding, Goal, GoalContext } from './goal.ts';
import { startWireTap } from './wire-tap.ts';

const partitions = 2000;
/** Compiled code, the first commits and the collection of what the start left behind are over by then. */
const settledMs = 20_000;
const measuredMs = 30_000;

/** Nothing comes: the worker asks Kafka by long polls, and Snowflake nothing at all. */
export const idlePartitions: Goal = {
  name: 'idle-partitions',
  does: `${partitions} partitions without new records`,
  measure: async ({ bootstrapServers, program, emulator }: GoalContext): Promise<readonly Finding[]> => {
    const topic = uniqueName('bench-idle');
    await withAdmin(bootstrapServers, async (admin) => {
      await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: false });
      const all = async (): Promise<boolean> => (await admin.fetchTopicOffsets(topic)).length === partitions;
      await waitFor(all, { deadlineMs: 120_000, what: `leaders of ${partitions} partitions`, everyMs: 1000 });
    });
    await produceRecords(bootstrapServers, topic, [{ value: '{"first":1}' }]);
    const tap = await startWireTap(emulator.url);
    const before = await rowsTaken(emulator.url);
    const worker = await startBenchWorker({ bootstrapServers, topics: topic, url: tap.url, program });
    try {
      await waitFor(async () => (await rowsTaken(emulator.url)) > before, {
        deadlineMs: 120_000,
        what: 'the first row',
      });
      await sleep(settledMs);
      tap.requests = 0;
      const usedBefore = usageOf(worker.process.pid);
      await sleep(measuredMs);
      const used = usageOf(worker.process.pid);
      const coreShare = (used.cpuSeconds - usedBefore.cpuSeconds) / (measuredMs / 1000);
      return [
        { what: 'CPU', value: coreShare * 100, unit: '% of a core', goal: 2 },
        { what: 'requests to Snowflake', value: tap.requests / (measuredMs / 1000), unit: '/s', goal: 5 },
        { what: 'peak RSS', value: used.peakRssBytes / 2 ** 20, unit: 'MB', goal: null },
      ];
    } finally {
      await worker.kill();
      await tap.close();
      // each partition is open files of the broker's
      await withAdmin(bootstrapServers, (admin) => admin.deleteTopics({ topics: [topic] }));
    }
  },
};
