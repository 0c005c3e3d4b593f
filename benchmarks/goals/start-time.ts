import { createTopic, produceRecords } from '../../test/support/topics.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { startBenchWorker } from '../bench-worker.ts';
import type { Finding, Goal, GoalContext } from './goal.ts';
import { startWireTap } from './wire-tap.ts';

const partitions = 12;

/** From the start of the process to the first answered append; the table is not there yet. The bench's broker has no rebalance delay. */
export const startTime: Goal = {
  name: 'start',
  does: 'from the start of the process to the first accepted row, the table made on the way, flush time 10 ms',
  measure: async ({ bootstrapServers, program, emulator }: GoalContext): Promise<readonly Finding[]> => {
    const times: number[] = [];
    let cpuless = Number.NaN;
    for (let round = 0; round < 3; round++) {
      const topic = await createTopic(bootstrapServers, { name: 'bench-start', partitions });
      const records = Array.from({ length: partitions }, (_, partition) => ({ partition, value: '{"first":1}' }));
      await produceRecords(bootstrapServers, topic, records);
      const tap = await startWireTap(emulator.url);
      const connector = { 'buffer.flush.time': '0.01' };
      const startedMs = performance.timeOrigin + performance.now();
      const worker = await startBenchWorker({ bootstrapServers, topics: topic, url: tap.url, program, connector });
      cpuless = performance.timeOrigin + performance.now() - startedMs;
      try {
        const first = await waitFor(() => tap.appends.find(({ status }) => status === 200), {
          deadlineMs: 60_000,
          what: 'the first row',
        });
        times.push(first.atMs - startedMs);
      } finally {
        await worker.kill();
        await tap.close();
      }
    }
    return [
      { what: 'first row, best of 3', value: Math.min(...times), unit: 'ms', goal: 1200 },
      { what: 'REST answers', value: cpuless, unit: 'ms', goal: null },
    ];
  },
};
