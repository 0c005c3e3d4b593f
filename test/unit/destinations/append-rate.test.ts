import { expect, test } from 'vitest';
import { AppendRate } from '../../../src/destinations/snowpipe-streaming/append-rate.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** Of a clock that somebody sets, the times at which so many requests were let through. */
const setUp = () => {
  const clock = new VirtualClock(0);
  let setBackMs = 0;
  const rate = new AppendRate({
    now: () => clock.now() - setBackMs,
    sleep: (ms, signal) => clock.sleep(ms, signal),
    setTimer: (ms, callback) => clock.setTimer(ms, callback),
  });
  const grantedAtMs: number[] = [];
  const take = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      await rate.take(new AbortController().signal);
      grantedAtMs.push(clock.now());
    }
  };
  const setBack = (ms: number): void => {
    setBackMs = ms;
  };
  return { clock, take, setBack, grantedAtMs };
};

test('ten requests may go at once, and the next ones a second after them', async () => {
  const { clock, take, grantedAtMs } = setUp();
  void take(12);
  await clock.advance(2_000);
  expect(grantedAtMs).toEqual([...Array(10).fill(0), 1_000, 1_000]);
});

test('a clock that is set back costs a second once, not for each of the next ten requests', async () => {
  const { clock, take, setBack, grantedAtMs } = setUp();
  await take(10);
  setBack(60_000);
  void take(10);
  await clock.advance(1_000);
  expect(grantedAtMs.slice(10)).toEqual(Array(10).fill(1_000));
});

test('a clock that is set back while a request waits keeps the next ones no longer than a second', async () => {
  const { clock, take, setBack, grantedAtMs } = setUp();
  await take(10);
  void take(3);
  await clock.advance(500);
  setBack(60_000);
  await clock.advance(1_500);
  expect(grantedAtMs.slice(10)).toEqual([1_000, 2_000, 2_000]);
});
