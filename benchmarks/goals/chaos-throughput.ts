import { setTimeout as sleep } from 'node:timers/promises';
import { emulatorControl, type OrderedFault } from '../../test/support/emulator-control.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { type BenchWorker, rowsTaken, startBenchWorker } from '../bench-worker.ts';
import { fillTopic } from '../fill-topic.ts';
import type { Finding, Goal, GoalContext } from './goal.ts';

/** Of a size that takes long enough for restarts to be among them. */
const rows = 4_000_000;
const valueBytes = 1024;
/** Measured up to here: the last rows of a topic are few and late, and each append of theirs would be the one that is struck. */
const measuredRows = 3_200_000;
const lostChannelMs = 2000;
const restartedTaskMs = 10_000;

/** Does it again and again until it is over, first after half the time; how often. */
const every = async (ms: number, over: AbortSignal, work: () => Promise<void>): Promise<number> => {
  for (let times = 0; ; times++) {
    await sleep(times === 0 ? ms / 2 : ms, undefined, { signal: over }).catch(() => {});
    if (over.aborted) return times;
    await work();
  }
};

/** Each start of the task joins its group once. */
const startsOf = (worker: BenchWorker): number =>
  worker.process.output().split('Joining the consumer group').length - 1;

interface Drained {
  readonly rowsPerSecond: number;
  readonly seconds: number;
  /** How often the task came back meanwhile. */
  readonly restarts: number;
}

/**
 * What the soak test of Snowflake's own connector (v4) does to it, pressed into the time that a backlog takes: there a channel becomes
 * invalid every 5 to 120 s, and tasks are restarted or changed every 60 to 180 s. It notes 95,000 rows/s without and 24,000 with it.
 */
export const chaosThroughput: Goal = {
  name: 'chaos-throughput',
  does: `${measuredRows} rows of ${valueBytes} bytes while a channel becomes invalid every ${lostChannelMs / 1000} s and the task restarts every ${restartedTaskMs / 1000} s`,
  measure: async ({ bootstrapServers, program, emulator: { url } }: GoalContext): Promise<readonly Finding[]> => {
    const topics = await fillTopic(bootstrapServers, { rows, valueBytes, codec: 'lz4' });

    /** From the first row on. */
    const drain = async (
      table: string,
      trouble: (worker: BenchWorker, over: AbortSignal) => Promise<void>,
    ): Promise<Drained> => {
      const before = await rowsTaken(url);
      const taken = async (): Promise<number> => (await rowsTaken(url)) - before;
      /** However long it takes, as long as rows come. */
      const arrived = async (count: number): Promise<void> => {
        for (let seen = await taken(); seen < count; seen = await taken())
          await waitFor(async () => (await taken()) > seen, {
            deadlineMs: 15_000,
            what: `more rows than ${seen}`,
            everyMs: 20,
          });
      };
      const connector = { 'snowflake.topic2table.map': `${topics}:${table}` };
      const worker = await startBenchWorker({ bootstrapServers, topics, url, program, connector });
      const over = new AbortController();
      try {
        await arrived(1);
        const [startedMs, first, starts] = [performance.now(), await taken(), startsOf(worker)];
        const troubled = trouble(worker, over.signal);
        await arrived(measuredRows);
        const seconds = (performance.now() - startedMs) / 1000;
        const rowsPerSecond = ((await taken()) - first) / seconds;
        const restarts = startsOf(worker) - starts;
        over.abort();
        await troubled;
        await arrived(rows);
        if ((await taken()) !== rows) throw new Error(`${await taken()} rows arrived, ${rows} were produced`);
        return { rowsPerSecond, seconds, restarts };
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
    const chaos = await drain('CHAOS', async (worker, over) => {
      const restartTask = async (): Promise<void> => {
        await fetch(`${worker.url}/connectors/${worker.name}/tasks/0/restart`, { method: 'POST' });
      };
      await Promise.all([every(lostChannelMs, over, loseChannel), every(restartedTaskMs, over, restartTask)]);
    });
    const lost = (await Promise.all(faults.map((fault) => fault.remove()))).reduce((sum, fired) => sum + fired, 0);
    if (chaos.restarts === 0 || lost < 3)
      throw new Error(
        `${chaos.restarts} restarts and ${lost} lost channels in ${chaos.seconds} s prove nothing: more rows are needed here`,
      );
    return [
      {
        what: 'of the calm throughput',
        value: (chaos.rowsPerSecond / calm.rowsPerSecond) * 100,
        unit: '%',
        goal: 80,
        atLeast: true,
      },
      { what: 'calm', value: calm.rowsPerSecond, unit: 'rows/s', goal: null },
      { what: 'channels lost', value: lost, unit: '', goal: null },
      { what: `restarts, in ${chaos.seconds.toFixed(1)} s`, value: chaos.restarts, unit: '', goal: null },
    ];
  },
};
