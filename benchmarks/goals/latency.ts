import { setTimeout as sleep } from 'node:timers/promises';
import { createTopic } from '../../test/support/topics.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { startBenchWorker } from '../bench-worker.ts';
import { type Finding, type Goal, type GoalContext, percentile } from './goal.ts';
import { startSteadyLoad } from './steady-load.ts';
import { startWireTap } from './wire-tap.ts';

const partitions = 12;
const warmUpMs = 3000;
const measuredMs = 6000;

/** From a record's time in Kafka until Snowflake's answer to the append that holds it: fetch wait, flush time, compression, HTTP. */
export const latency = (perSecond: number): Goal => ({
  name: `latency-${perSecond}`,
  does: `${perSecond} rows/s over ${partitions} partitions, flush time 50 ms: from Kafka's CreateTime to the answered append`,
  measure: async ({ bootstrapServers, program, emulator }: GoalContext): Promise<readonly Finding[]> => {
    const topic = await createTopic(bootstrapServers, { name: 'bench-latency', partitions });
    const tap = await startWireTap(emulator.url);
    const connector = { 'buffer.flush.time': '0.05' };
    const worker = await startBenchWorker({ bootstrapServers, topics: topic, url: tap.url, program, connector });
    const load = await startSteadyLoad(bootstrapServers, topic, partitions, perSecond);
    try {
      await waitFor(() => tap.appends.length > 0, { deadlineMs: 60_000, what: 'the first append' });
      await sleep(warmUpMs);
      tap.appends.length = 0;
      await sleep(measuredMs);
      const ages = tap.appends.flatMap(({ agesMs }) => agesMs);
      return [
        { what: 'p50', value: percentile(ages, 0.5), unit: 'ms', goal: 80 },
        { what: 'p99', value: percentile(ages, 0.99), unit: 'ms', goal: 250 },
        { what: 'rows/s', value: ages.length / (measuredMs / 1000), unit: '', goal: perSecond * 0.95, atLeast: true },
        { what: 'appends/s', value: tap.appends.length / (measuredMs / 1000), unit: '', goal: null },
      ];
    } finally {
      await load.stop();
      await worker.kill();
      await tap.close();
    }
  },
});
