import { expect, test } from 'vitest';
import {
  asLastOffset,
  type Channel,
  type ChannelStatus,
  type Destination,
  type RowBatch,
} from '../../../src/api/index.ts';
import type { PartitionBuffer } from '../../../src/buffer/index.ts';
import { RowsSentAgain } from '../../../src/connector/rows-sent-again.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** Holds rows by their offsets, and gives a batch without bytes. */
const bufferDouble = (): PartitionBuffer => {
  let last: bigint | null = null;
  return {
    hasRoomFor: () => true,
    get isEmpty() {
      return last === null;
    },
    add: async ({ lastOffset }: { lastOffset: bigint }) => {
      last = lastOffset;
    },
    cut: async () => ({ lastOffset: asLastOffset(last ?? 0n), release: () => {} }) as unknown as RowBatch,
    discard: () => {},
  } as unknown as PartitionBuffer;
};

/** One row on its way over a channel whose status the test tells. */
const sending = async () => {
  const clock = new VirtualClock();
  const timers = new Set<object>();
  const setTimer: VirtualClock['setTimer'] = (ms, callback) => {
    const timer = clock.setTimer(ms, callback);
    timers.add(timer);
    return {
      cancel: () => {
        timers.delete(timer);
        timer.cancel();
      },
    };
  };
  let committed: bigint | null = null;
  let tell: (status: ChannelStatus | Error) => void = () => {};
  const dropped: string[] = [];
  const destination: Pick<Destination, 'open' | 'drop'> = {
    open: async (spec) =>
      ({
        spec,
        onStatus: (listener: typeof tell) => {
          tell = listener;
        },
        status: () => ({ committed }),
        append: async () => {},
        close: () => {},
      }) as unknown as Channel,
    drop: async ({ channelName }) => void dropped.push(channelName),
  };
  const spec = { topic: 't', partition: 0, table: 'T', channelName: 't_0' };
  const signal = new AbortController().signal;
  const again = await RowsSentAgain.open(spec, {
    ...{ destination, signal, timeoutMs: 1000, newBuffer: bufferDouble, shrinkAfter: () => false },
    confirm: async () => {},
    clock: { now: () => clock.now(), sleep: (ms, until) => clock.sleep(ms, until), setTimer },
  });
  await again.add('{}', 7n, 1);
  const status = (to: bigint | Error): void => {
    if (typeof to === 'bigint') committed = to;
    tell(to instanceof Error ? to : ({ committed: to } as ChannelStatus));
  };
  return { clock, again, status, dropped, timers };
};

test('rows sent again are judged when the token has come to them; their channel is gone then', async () => {
  const { clock, again, status, dropped, timers } = await sending();
  dropped.length = 0;
  const settled = again.settled();
  await clock.advance(10);
  expect(dropped).toEqual([]);
  status(7n);
  await settled;
  expect([dropped, timers.size]).toEqual([['t_0_again'], 0]);
});

test('a channel that fails, or a token that does not come, ends the wait and leaves no timer', async () => {
  const failing = await sending();
  const failed = failing.again.settled().catch((error: Error) => error.message);
  await failing.clock.advance(10);
  failing.status(new Error('the channel is gone'));
  expect([await failed, failing.timers.size]).toEqual(['the channel is gone', 0]);

  const late = await sending();
  const waited = late.again.settled().catch((error: Error) => error.message);
  await late.clock.advance(1000);
  expect([await waited, late.timers.size]).toEqual(['they did not become durable within 1000 ms', 0]);
});
