import { waitFor } from '../../test/support/wait-for.ts';
import { rowsTaken, startBenchWorker } from '../bench-worker.ts';
import { fillTopic } from '../fill-topic.ts';
import { usageOf } from '../process-usage.ts';
import type { Finding, Goal, GoalContext } from './goal.ts';

const rows = 400_000;
const valueBytes = 1024;
const channels = 8;

interface EmulatorState {
  readonly channels: readonly { readonly record: { readonly rowsInserted: number } }[];
}

const rowsOfBusiest = async (url: string): Promise<number> => {
  const state = (await (await fetch(`${url}/_emulator/state`)).json()) as EmulatorState;
  return Math.max(...state.channels.map(({ record }) => record.rowsInserted));
};

/** One partition whose rows no single channel would take: Snowflake's limit is 20 MB/s each. */
export const hotPartition: Goal = {
  name: 'hot-partition',
  does: `${rows} rows of ${valueBytes} bytes from one partition over ${channels} channels, before compression`,
  measure: async ({ bootstrapServers, program, emulator }: GoalContext): Promise<readonly Finding[]> => {
    const topic = await fillTopic(bootstrapServers, { rows, valueBytes, partitions: 1, codec: 'lz4' });
    const connector = { 'snowsink.channels.per.partition': String(channels) };
    const worker = await startBenchWorker({ bootstrapServers, topics: topic, url: emulator.url, program, connector });
    const arrived = (count: number): Promise<boolean> =>
      waitFor(async () => (await rowsTaken(emulator.url)) >= count, {
        deadlineMs: 180_000,
        what: `${count} rows`,
        everyMs: 20,
      });
    try {
      await arrived(1);
      const [startedMs, first] = [performance.now(), await rowsTaken(emulator.url)];
      await arrived(rows);
      const seconds = (performance.now() - startedMs) / 1000;
      const rate = ((rows - first) * valueBytes) / 1e6 / seconds;
      const { cpuSeconds } = usageOf(worker.process.pid);
      const share = (await rowsOfBusiest(emulator.url)) / rows;
      return [
        { what: 'throughput', value: rate, unit: 'MB/s', goal: 60, atLeast: true },
        { what: 'of it over the busiest channel', value: rate * share, unit: 'MB/s', goal: 20 },
        { what: 'CPU, start included', value: (cpuSeconds / rows) * 1e6, unit: 's/M rows', goal: null },
      ];
    } finally {
      await worker.kill();
    }
  },
};
