import { expect, test } from 'vitest';
import type { RowBatch } from '../../../src/api/index.ts';
import { createMemoryBudget, EncoderPool, PartitionBuffer } from '../../../src/buffer/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { rowsOf, textOf } from './bodies.ts';

const setUp = (count: number, maxOpen: number, maxWaitingBytes = 1e6) => {
  const budget = createMemoryBudget(1 << 28);
  const encoders = new EncoderPool({ encoding: 'zstd', budget, maxOpen, maxWaitingBytes });
  const policy = { maxRecords: 1e6, maxBytes: 1e9, maxAgeMs: 1000, maxWireBytes: 4e6 };
  const cuts: { readonly at: number; readonly batch: Promise<RowBatch> }[] = [];
  const buffers: PartitionBuffer[] = [];
  const cut = (at: number): void => {
    const batch = buffers[at]?.cut();
    if (batch !== undefined) cuts.push({ at, batch });
  };
  for (let at = 0; at < count; at++) {
    const giveWay = (): void => cut(at);
    buffers.push(new PartitionBuffer({ encoders, policy, budget, clock: new VirtualClock(), giveWay }));
  }
  return { budget, encoders, buffers, cuts, cut };
};
const rowOf = (length: number): string => `"${'x'.repeat(length - 3)}"`; // its line break is the third
const large = rowsOf.bind(null, [rowOf(140_000)]);

test('one body too many: the oldest ends, and none that has ended meanwhile is asked', async () => {
  const { encoders, buffers, cuts, cut } = setUp(5, 3);
  for (const at of [0, 1, 2]) await buffers[at]?.add(large(1n));
  cut(0); // by itself
  await cuts[0]?.batch;
  for (const at of [0, 3, 4]) await buffers[at]?.add(large(2n));
  expect(cuts.map(({ at }) => at)).toEqual([0, 1, 2]);
  for (const { batch } of cuts) expect(textOf(await batch)).toHaveLength(140_000);
  expect(buffers.map(({ isEmpty }) => isEmpty)).toEqual([false, true, true, false, false]);
  for (const buffer of buffers) buffer.discard();
  encoders.close();
});

test('a thousand small bodies need neither a compressor each nor to end early', async () => {
  const { budget, encoders, buffers, cuts, cut } = setUp(1000, 3);
  const lines = (at: number): readonly string[] => [`{"a":${at}}`, `{"b":${at}}`];
  for (const [at, buffer] of buffers.entries())
    for (const line of lines(at)) {
      const rows = rowsOf([line], BigInt(at));
      await buffer.add(rows);
      expect(rows.isReleased).toBe(true);
    }
  expect(cuts).toEqual([]);
  expect(budget.usedBytes()).toBeLessThan(100_000);
  for (const at of buffers.keys()) cut(at);
  for (const { at, batch } of cuts) {
    const whole = await batch;
    expect(textOf(whole)).toBe(
      lines(at)
        .map((line) => `${line}\n`)
        .join(''),
    );
    whole.release(true);
  }
  expect(budget.usedBytes()).toBeLessThan(1_000_000);
  encoders.close();
  expect(budget.usedBytes()).toBe(0);
});

test('a body that ends without ever having had a compressor takes none from others', async () => {
  const { encoders, buffers, cuts, cut } = setUp(4, 3);
  for (const at of [0, 1, 2]) await buffers[at]?.add(large(1n));
  await buffers[3]?.add(rowsOf(['{"a":1}'], 1n));
  cut(3);
  expect(cuts[0] && textOf(await cuts[0].batch)).toBe('{"a":1}\n');
  expect(cuts.map(({ at }) => at)).toEqual([3]);
  for (const buffer of buffers) buffer.discard();
  encoders.close();
});

test('bodies of middling size wait as they are while that takes little memory, and never end early', async () => {
  const { budget, encoders, buffers, cuts, cut } = setUp(100, 3, 3e6);
  const withCompressor = (): number => Math.round((budget.usedBytes() - 3e6) / 448 / 1024);
  for (const [at, buffer] of buffers.entries()) {
    await buffer.add(rowsOf([rowOf(60_000)], BigInt(at)));
    if (at === 49) expect(budget.usedBytes()).toBe(3e6);
  }
  expect(cuts).toEqual([]);
  expect(withCompressor()).toBe(50); // none of them is worth a request
  for (const at of buffers.keys()) cut(at);
  for (const { batch } of cuts) {
    const whole = await batch;
    expect(textOf(whole)).toHaveLength(60_000);
    whole.release(true);
  }
  expect(encoders.mayWait(60_000)).toBe(true); // there is room again
  encoders.close();
});

test('a body that outgrows what is small keeps the order of its rows', async () => {
  const { budget, encoders, buffers, cuts, cut } = setUp(1, 3);
  const lines = Array.from({ length: 50 }, (_, at) => `${at} ${'y'.repeat(1000)}`);
  const taken = lines.map((line, at) => buffers[0]?.add(rowsOf([line], BigInt(at))));
  await Promise.all(taken);
  cut(0);
  const batch = await cuts[0]?.batch;
  expect(batch === undefined ? '' : textOf(batch)).toBe(lines.map((line) => `${line}\n`).join(''));
  batch?.release(true);
  encoders.close();
  expect(budget.usedBytes()).toBe(0);
});

test('an idle compressor is given back where rows have no memory left', async () => {
  const { budget, encoders, buffers, cuts, cut } = setUp(1, 3);
  await buffers[0]?.add(large(1n));
  budget.reserve(1 << 28);
  cut(0);
  (await cuts[0]?.batch)?.release(true);
  expect(budget.usedBytes()).toBe(1 << 28);
  encoders.close();
});

test('a body is asked to end once, however long that takes it', () => {
  const encoders = new EncoderPool({ encoding: 'zstd', maxOpen: 2 });
  const asked: number[] = [];
  const bodies = [0, 1, 2, 3].map((at) =>
    encoders.acquire({ onChunk: () => {}, rawBytes: 1e6, giveWay: () => void asked.push(at) }),
  );
  expect(asked).toEqual([0, 1]);
  for (const compressor of bodies) encoders.giveBack(compressor);
  encoders.close();
});
