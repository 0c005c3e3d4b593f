import { setTimeout as sleep } from 'node:timers/promises';
import { emulatorControl } from '../../test/support/emulator-control.ts';
import { createTopic } from '../../test/support/topics.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { startBenchWorker } from '../bench-worker.ts';
import type { Finding, Goal, GoalContext } from './goal.ts';
import { startSteadyLoad } from './steady-load.ts';
import { startWireTap, type WireTap } from './wire-tap.ts';

const partitions = 12;
const windowMs = 4000;

const rowsOfOthers = (tap: WireTap, lost: string, fromMs: number): number =>
  tap.appends
    .filter(
      ({ atMs, channel, status }) => status === 200 && channel !== lost && atMs >= fromMs && atMs < fromMs + windowMs,
    )
    .reduce((sum, { rows }) => sum + rows, 0);

/** Snowflake invalidates one of twelve channels under load. */
export const lostChannel: Goal = {
  name: 'lost-channel',
  does: `one of ${partitions} channels becomes invalid at 20,000 rows/s`,
  measure: async ({ bootstrapServers, program, emulator }: GoalContext): Promise<readonly Finding[]> => {
    const topic = await createTopic(bootstrapServers, { name: 'bench-lost', partitions });
    const tap = await startWireTap(emulator.url);
    const connector = { 'buffer.flush.time': '0.2' };
    const worker = await startBenchWorker({ bootstrapServers, topics: topic, url: tap.url, program, connector });
    const load = await startSteadyLoad(bootstrapServers, topic, partitions, 20_000);
    const control = emulatorControl(emulator.url);
    try {
      await waitFor(() => tap.appends.length > 100, { deadlineMs: 60_000, what: 'appends', everyMs: 50 });
      await sleep(windowMs + 1000);
      const lost = tap.appends.at(-1)?.channel ?? '';
      const order = { operation: 'append', count: 1, action: { type: 'invalidate' } } as const;
      const fault = await control.order({ ...order, match: { channel: `^${decodeURIComponent(lost)}$` } });
      const refused = await waitFor(
        () => tap.appends.find(({ status, channel }) => status !== 200 && channel === lost),
        {
          deadlineMs: 10_000,
          what: 'the refused append',
          everyMs: 5,
        },
      );
      const backAgain = await waitFor(
        () =>
          tap.appends.find(({ atMs, status, channel }) => atMs > refused.atMs && status === 200 && channel === lost),
        { deadlineMs: 30_000, what: 'the next accepted append', everyMs: 5 },
      );
      await sleep(Math.max(0, refused.atMs + windowMs - performance.timeOrigin - performance.now()) + 500);
      await fault.remove();
      const calm = rowsOfOthers(tap, lost, refused.atMs - windowMs);
      const during = rowsOfOthers(tap, lost, refused.atMs);
      return [
        { what: 'back after', value: backAgain.atMs - refused.atMs, unit: 'ms', goal: 1000 },
        { what: 'other partitions slower by', value: Math.max(0, (1 - during / calm) * 100), unit: '%', goal: 10 },
      ];
    } finally {
      await load.stop();
      await worker.kill();
      await tap.close();
    }
  },
};
