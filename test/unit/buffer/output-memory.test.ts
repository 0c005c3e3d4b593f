import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { RowBatch } from '../../../src/api/index.ts';
import { createMemoryBudget, EncoderPool, PartitionBuffer } from '../../../src/buffer/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { rowsOf, textOf } from './bodies.ts';

/** zlib gives its output in buffers of 256 KiB: what does not shrink fills one and a part of the next. */
const lines = (count: number): string[] =>
  Array.from({ length: count }, () => `"${randomBytes(10_000).toString('latin1').replace(/\s/g, '')}"`);

const twoBodies = async (): Promise<{ batches: RowBatch[]; texts: string[]; end: () => void }> => {
  const budget = createMemoryBudget(1 << 26);
  const encoders = new EncoderPool({ encoding: 'zstd', maxIdle: 1 });
  const policy = { maxRecords: 1e6, maxBytes: 1e9, maxAgeMs: 500, maxWireBytes: 1e9 };
  const buffer = new PartitionBuffer({ encoders, budget, policy, clock: new VirtualClock() });
  const batches: RowBatch[] = [];
  const texts: string[] = [];
  for (const count of [25, 25]) {
    const rows = lines(count);
    texts.push(rows.map((line) => `${line}\n`).join(''));
    await buffer.add(rowsOf(rows, BigInt(100 * batches.length)));
    batches.push(await buffer.cut());
  }
  return { batches, texts, end: () => encoders.close() };
};

const lengths = ({ chunks }: RowBatch): readonly number[] => chunks.map(({ byteLength }) => byteLength);

test('memory of a body that is over is freed as soon as neither the compressor nor another body needs it', async () => {
  const { batches, texts, end } = await twoBodies();
  const [first, second] = batches;
  if (first === undefined || second === undefined) throw new Error('there are two bodies');
  expect([first, second].map((batch) => lengths(batch).length > 1)).toEqual([true, true]);
  const shared = first.chunks.at(-1)?.buffer;
  expect(second.chunks[0]?.buffer).toBe(shared);
  first.release(true);
  expect(
    lengths(first)
      .slice(0, -1)
      .every((length) => length === 0),
  ).toBe(true);
  expect(textOf(second)).toBe(texts[1]);
  second.release(true);
  expect(shared?.byteLength).toBe(0);
  expect(lengths(second).at(-1), 'the compressor goes on in this one').toBeGreaterThan(0);
  end();
});

test('a body of which nobody knows whether it is still being sent stays as it is', async () => {
  const { batches, texts, end } = await twoBodies();
  const [first, second] = batches;
  first?.release();
  first?.release(true); // too late: released is released
  second?.release(true);
  expect(first === undefined ? '' : textOf(first)).toBe(texts[0]);
  end();
});
