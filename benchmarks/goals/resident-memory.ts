import { waitFor } from '../../test/support/wait-for.ts';
import { rowsTaken, startBenchWorker } from '../bench-worker.ts';
import { fillTopic } from '../fill-topic.ts';
import { usageOf } from '../process-usage.ts';
import type { Finding, Goal, GoalContext } from './goal.ts';

/** Peak memory of the worker at full speed, one task. */
export const residentMemory = (partitions: number, goalMegabytes: number, rows: number): Goal => ({
  name: `memory-${partitions}`,
  does: `${rows} rows of 250 bytes at full speed from ${partitions} partitions`,
  measure: async ({ bootstrapServers, program, emulator }: GoalContext): Promise<readonly Finding[]> => {
    const topic = await fillTopic(bootstrapServers, { rows, valueBytes: 250, partitions });
    const worker = await startBenchWorker({ bootstrapServers, topics: topic, url: emulator.url, program });
    try {
      await waitFor(async () => (await rowsTaken(emulator.url)) >= rows, {
        deadlineMs: 180_000,
        what: `${rows} rows`,
        everyMs: 50,
      });
      const { cpuSeconds, peakRssBytes } = usageOf(worker.process.pid);
      return [
        { what: 'peak RSS', value: peakRssBytes / 2 ** 20, unit: 'MB', goal: goalMegabytes },
        { what: 'CPU, start included', value: (cpuSeconds / rows) * 1e6, unit: 's/M rows', goal: null },
      ];
    } finally {
      await worker.kill();
    }
  },
});
