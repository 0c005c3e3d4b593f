import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Channel, type Destination, noMetrics, silentLogger } from '../../../src/api/index.ts';
import { createSnowpipeStreaming } from '../../../src/destinations/index.ts';
import { settled, VirtualClock } from '../../support/virtual-clock.ts';
import { batchOf, type Fault, InMemorySnowflake, testAccount } from './in-memory-snowflake.ts';

const spec = { topic: 'orders', partition: 0, table: 'ORDERS', channelName: 'kc_orders_0' };
const pipe = { database: 'DB', schema: 'PUBLIC', pipe: 'ORDERS-STREAMING' };
const total = 40;

type Trouble = Fault | { readonly atAppend: number; readonly event: 'fence' | 'invalidate' | 'move' | 'give up' };

const endpoint = fc.constantFrom(/\/rows$/, /^PUT /, /bulk-channel-status$/, /oauth/, /hostname/);
const kind = fc.constantFrom(
  { lose: 'reply' as const },
  { lose: 'request' as const, code: 'ECONNRESET' },
  { hang: true as const },
  { reply: { status: 503, text: '"ERR_GENERAL_EXCEPTION_RETRY_REQUEST"' } },
  { reply: { status: 429, text: '{"code":"390701"}' } },
  { reply: { status: 404, text: 'Not Found' } },
  { reply: { status: 401, text: '' } },
  { reply: { status: 200, text: 'not json' } },
);
const fault: fc.Arbitrary<Trouble> = fc
  .tuple(endpoint, kind, fc.integer({ min: 1, max: 3 }))
  .map(([when, what, times]) => ({ ...what, when, times }));
const event: fc.Arbitrary<Trouble> = fc.record({
  atAppend: fc.integer({ min: 1, max: 12 }),
  event: fc.constantFrom('fence' as const, 'invalidate' as const, 'move' as const, 'give up' as const),
});

/** What a partition's writer does: resume behind the committed token, one batch after the other, reopen whenever in doubt. */
const writeAll = async (destination: Destination, onAppend: (giveUp: AbortController) => void): Promise<void> => {
  for (;;) {
    let channel: Channel;
    try {
      channel = await destination.open(spec, new AbortController().signal);
    } catch {
      await settled();
      continue;
    }
    const lost = Promise.withResolvers<never>();
    const done = Promise.withResolvers<void>();
    lost.promise.catch(() => {});
    channel.onStatus((status) => {
      if (status instanceof Error) lost.reject(status);
      else if (status.committed === BigInt(total - 1)) done.resolve();
    });
    try {
      if (channel.opened.committed === BigInt(total - 1)) return;
      for (let next = Number(channel.opened.committed ?? -1n) + 1; next < total; next += 5) {
        const giveUp = new AbortController();
        const append = channel.append(batchOf(next, Math.min(next + 4, total - 1)), giveUp.signal);
        onAppend(giveUp);
        await Promise.race([append, lost.promise]);
      }
      await Promise.race([done.promise, lost.promise]);
      return;
    } catch {
      channel.close();
    }
  }
};

test('whatever goes wrong on the way, every row lands once and in order', async () => {
  const seen = { faults: 0, events: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(fault, event), { maxLength: 14 }), fc.integer(), async (troubles, seed) => {
      const clock = new VirtualClock();
      const snowflake = new InMemorySnowflake(clock, 3_000);
      let state = seed;
      const random = (): number => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state / 2 ** 32;
      };
      const destination = createSnowpipeStreaming({
        account: testAccount,
        clock,
        random,
        logger: silentLogger,
        metrics: noMetrics,
        taskId: { connector: 'kc', task: 0 },
        maxConcurrentAppends: 1,
        transport: snowflake,
        breaker: null,
      });
      const faults = troubles.filter((trouble) => 'when' in trouble).map((trouble) => ({ ...trouble }));
      const planned = faults.reduce((sum, { times = 1 }) => sum + times, 0);
      snowflake.faults.push(...faults);
      let appends = 0;
      const onAppend = (giveUp: AbortController): void => {
        appends += 1;
        for (const trouble of troubles) {
          if (!('event' in trouble) || trouble.atAppend !== appends) continue;
          seen.events += 1;
          if (trouble.event === 'give up') giveUp.abort(new Error('given up'));
          if (trouble.event === 'move') snowflake.ingest = `host-${appends}.ingest.snowflakecomputing.com`;
          if (trouble.event === 'invalidate')
            snowflake.service.invalidate(pipe, spec.channelName, 'ERR_CHANNEL_MUST_BE_REOPENED');
          if (trouble.event === 'fence') {
            snowflake.service.open(
              pipe,
              spec.channelName,
              { offsetToken: null, failOnUncommittedRows: false },
              clock.now(),
            );
          }
        }
      };
      let isDone = false;
      const work = writeAll(destination, onAppend).then(() => {
        isDone = true;
      });
      for (let tick = 0; !isDone && tick < 4_000; tick++) await clock.advance(1_000);
      expect(isDone).toBe(true);
      await work;
      seen.faults += planned - faults.reduce((sum, { times = 1 }) => sum + times, 0);
      const offsets = snowflake.committed.flatMap(({ first, last }) =>
        Array.from({ length: Number(last - first) + 1 }, (_, row) => Number(first) + row),
      );
      expect(offsets).toEqual(Array.from({ length: total }, (_, offset) => offset));
      await destination.close();
    }),
    { numRuns: 60 },
  );
  expect(seen.faults).toBeGreaterThan(50);
  expect(seen.events).toBeGreaterThan(10);
});
