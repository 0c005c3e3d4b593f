import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { RowBatch } from '../../../src/api/index.ts';
import { createMemoryBudget, EncoderPool, PartitionBuffer } from '../../../src/buffer/index.ts';
import { OutputMemory } from '../../../src/buffer/output-memory.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { rowsOf, textOf } from './bodies.ts';

/** zlib gives its output in buffers of 128 KiB: what does not shrink fills one and a part of the next. */
const lines = (count: number): string[] =>
  Array.from({ length: count }, () => `"${randomBytes(10_000).toString('latin1').replace(/\s/g, '')}"`);

const bodies = () => {
  const budget = createMemoryBudget(1 << 26);
  const encoders = new EncoderPool({ encoding: 'zstd', maxIdle: 1 });
  const policy = { maxRecords: 1e6, maxBytes: 1e9, maxAgeMs: 500, maxWireBytes: 1e9 };
  const buffer = new PartitionBuffer({ encoders, budget, policy, clock: new VirtualClock() });
  const next = async (firstOffset: bigint): Promise<{ batch: RowBatch; text: string }> => {
    const rows = lines(17);
    await buffer.add(rowsOf(rows, firstOffset));
    return { batch: await buffer.cut(), text: rows.map((line) => `${line}\n`).join('') };
  };
  return { encoders, next };
};

const buffersOf = ({ chunks }: RowBatch): readonly ArrayBufferLike[] => chunks.map(({ buffer }) => buffer);

test('memory of a body that is over is used again as soon as neither the compressor nor another body needs it', async () => {
  const { encoders, next } = bodies();
  const [first, second] = [await next(0n), await next(100n)];
  const [own, shared] = buffersOf(first.batch);
  expect(buffersOf(second.batch)[0]).toBe(shared);
  const third = await next(200n);
  expect(buffersOf(third.batch)).not.toContain(own);
  first.batch.release(true);
  const fourth = await next(300n);
  expect(buffersOf(fourth.batch)).toContain(own);
  for (const { batch, text } of [second, third, fourth]) expect(textOf(batch)).toBe(text);
  const last = [...new Set([second, third, fourth].flatMap(({ batch }) => buffersOf(batch)))];
  for (const { batch } of [second, third, fourth]) batch.release(true);
  expect(last.every(({ byteLength }) => byteLength > 0)).toBe(true);
  encoders.close();
  expect(last.every(({ byteLength }) => byteLength === 0)).toBe(true);
});

test('little is kept beyond what is in use', () => {
  const memory = new OutputMemory();
  const taken = Array.from({ length: 80 }, () => memory.take());
  for (const buffer of taken) memory.letGo(buffer);
  expect(taken.filter(({ byteLength }) => byteLength > 0)).toHaveLength(64);
  const again = memory.take();
  memory.freeSpare();
  expect(taken.filter(({ byteLength }) => byteLength > 0)).toEqual([again]);
});

test('what nobody needed from one time to the next is given back', () => {
  const memory = new OutputMemory();
  const taken = Array.from({ length: 10 }, () => memory.take());
  const kept = (): number => taken.filter(({ byteLength }) => byteLength > 0).length;
  for (const buffer of taken) memory.letGo(buffer);
  memory.freeUnused();
  expect(kept()).toBe(10); // all of them came back only now
  for (const buffer of [memory.take(), memory.take(), memory.take()]) memory.letGo(buffer);
  memory.freeUnused();
  expect(kept()).toBe(3);
  memory.freeUnused();
  expect(kept()).toBe(0);
});

test('a body of which nobody knows whether it is still being sent stays as it is', async () => {
  const { encoders, next } = bodies();
  const [first, second] = [await next(0n), await next(100n)];
  first.batch.release();
  first.batch.release(true); // too late: released is released
  second.batch.release(true);
  await next(200n);
  encoders.close();
  expect(textOf(first.batch)).toBe(first.text);
});
