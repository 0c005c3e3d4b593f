import { setTimeout as sleep } from 'node:timers/promises';
import { emulatorControl, type OrderedFault } from '../../test/support/emulator-control.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { type BenchWorker, rowsTaken, startBenchWorker } from '../bench-worker.ts';
import { fillTopic } from '../fill-topic.ts';
import type { Finding, Goal, GoalContext } from './goal.ts';

/** Of a size that takes long enough for a restart to be among them. */
const rows = 4_000_000;
const valueBytes = 1024;
/** Measured up to here: the last rows of a topic are few and late, and each append of theirs would be the one that is struck. */
const measuredRows = 1_600_000;
const lostChannelMs = 2000;
const restartedTaskMs = 10_000;

/** Does it again and again until it is over; how often. */
const every = async (ms: number, over: AbortSignal, work: () => Promise<void>): Promise<number> => {
  for (let times = 0; ; times++) {
    await sleep(ms, undefined, { signal: over }).catch(() => {});
    if (over.aborted) return times;
    await work();
  }
};

/**
 * What the soak test of Snowflake's own connector (v4) does to it, pressed into the time that a backlog takes: there a channel becomes
 * invalid every 5 to 120 s, and tasks are restarted or changed every 60 to 180 s. It notes 95,000 rows/s without and 24,000 with it.
 */
export const chaosThroughput: Goal = {
  name: 'chaos-throughput',
  does: `${rows} rows of ${valueBytes} bytes while a channel becomes invalid every ${lostChannelMs / 1000} s and the task restarts every ${restartedTaskMs / 1000} s`,
  measure: async ({ bootstrapServers, program, emulator: { url } }: GoalContext): Promise<readonly Finding[]> => {
    const topics = await fillTopic(bootstrapServers, { rows, valueBytes, codec: 'lz4' });

    /** Rows a second, from the first one on. */
    const drain = async (
      table: string,
      trouble: (worker: BenchWorker, over: AbortSignal) => Promise<void>,
    ): Promise<number> => {
      const before = await rowsTaken(url);
      const taken = async (): Promise<number> => (await rowsTaken(url)) - before;
      const arrived = (count: number): Promise<boolean> =>
        waitFor(async () => (await taken()) >= count, { deadlineMs: 240_000, what: `${count} rows`, everyMs: 20 });
      const connector = { 'snowflake.topic2table.map': `${topics}:${table}` };
      const worker = await startBenchWorker({ bootstrapServers, topics, url, program, connector });
      const over = new AbortController();
      try {
        await arrived(1);
        const [startedMs, first] = [performance.now(), await taken()];
        const troubled = trouble(worker, over.signal);
        await arrived(measuredRows);
        const rowsPerSecond = ((await taken()) - first) / ((performance.now() - startedMs) / 1000);
        over.abort();
        await troubled;
        await arrived(rows);
        if ((await taken()) !== rows) throw new Error(`${await taken()} rows arrived, ${rows} were produced`);
        return rowsPerSecond;
      } finally {
        over.abort();
        await worker.kill();
      }
    };

    const calm = await drain('CALM', async () => {});
    const control = emulatorControl(url);
    const faults: OrderedFault[] = [];
    const loseChannel = async (): Promise<void> => {
      faults.push(await control.order({ operation: 'append', count: 1, action: { type: 'invalidate' } }));
    };
    let restarts = 0;
    const chaos = await drain('CHAOS', async (worker, over) => {
      const restartTask = async (): Promise<void> => {
        await fetch(`${worker.url}/connectors/${worker.name}/tasks/0/restart`, { method: 'POST' });
      };
      [, restarts] = await Promise.all([
        every(lostChannelMs, over, loseChannel),
        every(restartedTaskMs, over, restartTask),
      ]);
    });
    const lost = await Promise.all(faults.map((fault) => fault.remove()));
    return [
      { what: 'of the calm throughput', value: (chaos / calm) * 100, unit: '%', goal: 80, atLeast: true },
      { what: 'calm', value: calm, unit: 'rows/s', goal: null },
      { what: 'channels lost', value: lost.reduce((sum, fired) => sum + fired, 0), unit: '', goal: null },
      { what: 'restarts', value: restarts, unit: '', goal: null },
    ];
  },
};
