import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ContentEncoding, RowBatch } from '../../../src/api/index.ts';
import { createMemoryBudget, EncoderPool, type FlushPolicy, PartitionBuffer } from '../../../src/buffer/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { rowsOf, textOf } from './bodies.ts';

const encodings: readonly ContentEncoding[] = ['zstd', 'gzip', 'identity'];
const setup = (encoding: ContentEncoding, policy: Partial<FlushPolicy> = {}) => {
  const clock = new VirtualClock();
  const budget = createMemoryBudget(1 << 24);
  const encoders = new EncoderPool({ encoding, budget });
  const buffer = new PartitionBuffer({
    encoders,
    budget,
    clock,
    policy: { maxRecords: 1000, maxBytes: 1 << 20, maxAgeMs: 500, maxWireBytes: 4 << 20, ...policy },
  });
  return { clock, budget, encoders, buffer };
};

test('zstd: what the compressor wrote behind one another is one chunk, so that a body takes few writes to send', async () => {
  const { buffer, encoders } = setup('zstd');
  const lines = Array.from({ length: 40 }, () => `"${randomBytes(3000).toString('hex')}"`);
  const taken = lines.map((line, i) => buffer.add(rowsOf([line], BigInt(i))));
  await Promise.all(taken);
  const batch = await buffer.cut();
  expect(textOf(batch)).toBe(lines.map((line) => `${line}\n`).join(''));
  expect(batch.chunks).toHaveLength(1);
  encoders.close();
});

for (const encoding of encodings) {
  test(`${encoding}: body after body from one buffer, each whole, rows released`, async () => {
    const { buffer, budget, clock, encoders } = setup(encoding);
    for (const round of [1, 2, 3]) {
      expect([buffer.isEmpty, buffer.dueAtMs(), buffer.firstOffset]).toEqual([true, null, null]);
      const lines = Array.from({ length: 500 }, (_, i) => `{"round":${round},"i":${i}}`);
      const pieces = [rowsOf(lines.slice(0, 200), 10n), rowsOf(lines.slice(200), 300n)];
      const added = pieces.map((rows) => buffer.add(rows));
      const state = [buffer.rowCount, buffer.firstOffset, buffer.dueAtMs()];
      expect(state).toEqual([500, 10n, clock.now() + 500]);
      const { rawBytes } = buffer;
      const cut = buffer.cut();
      expect(buffer.isEmpty).toBe(true);
      const batch = await cut;
      await Promise.all(added);
      expect(pieces.map((rows) => rows.isReleased)).toEqual([true, true]);
      expect(textOf(batch)).toBe(lines.map((line) => `${line}\n`).join(''));
      const wireBytes = batch.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      expect(batch).toMatchObject({ encoding, firstOffset: 10n, lastOffset: 599n, rowCount: 500, rawBytes, wireBytes });
      const used = budget.usedBytes();
      batch.release();
      batch.release();
      expect(used - budget.usedBytes()).toBe(wireBytes);
    }
    encoders.close();
    expect(budget.usedBytes()).toBe(0);
  });

  test(`${encoding}: the next body may begin while the last is being ended`, async () => {
    const { buffer, budget, encoders } = setup(encoding);
    const cuts: Promise<RowBatch>[] = [];
    for (let i = 0; i < 20; i++) {
      void buffer.add(rowsOf([`"${'x'.repeat(i * 1000)}"`, String(i)], BigInt(2 * i)));
      cuts.push(buffer.cut());
    }
    const batches = await Promise.all(cuts);
    expect(batches.map((batch) => Number(textOf(batch).split('\n')[1]))).toEqual(batches.map((_, i) => i));
    for (const batch of batches) batch.release();
    encoders.close();
    expect(budget.usedBytes()).toBe(0);
  });

  test(`${encoding}: discarded rows are released and leave nothing behind`, async () => {
    const { buffer, budget, encoders } = setup(encoding);
    const rows = rowsOf(['1', '2'], 0n);
    const added = buffer.add(rows);
    buffer.discard();
    expect(buffer.isEmpty).toBe(true);
    await added;
    void buffer.add(rowsOf(['3'], 2n));
    const batch = await buffer.cut();
    expect([rows.isReleased, textOf(batch)]).toEqual([true, '3\n']);
    batch.release();
    encoders.close();
    await expect.poll(() => budget.usedBytes()).toBe(0);
  });

  test(`${encoding}: no body outgrows the wire, even if nothing in it can be compressed`, async () => {
    const maxWireBytes = 1 << 20;
    const { buffer, clock } = setup(encoding, { maxWireBytes, maxRecords: 1e9, maxBytes: 1e9 });
    let offset = 0n;
    const batches: RowBatch[] = [];
    for (let i = 0; i < 40; i++) {
      const rows = rowsOf([randomBytes(i % 3 === 0 ? 90_000 : 20_000).toString('latin1')], offset++);
      if (!buffer.hasRoomFor(rows.bytes.length)) batches.push(await buffer.cut());
      const taken = buffer.add(rows);
      if (i % 2 === 0) await taken;
      if (buffer.flushReason(clock.now()) === 'wire') batches.push(await buffer.cut());
    }
    if (!buffer.isEmpty) batches.push(await buffer.cut());
    expect(batches.reduce((sum, { rowCount }) => sum + rowCount, 0)).toBe(40);
    for (const { wireBytes, rowCount } of batches.slice(0, -1)) {
      expect(wireBytes).toBeLessThanOrEqual(maxWireBytes);
      expect(rowCount).toBeGreaterThan(3);
    }
  });

  test(`${encoding}: a row that may not fit is cut alone`, async () => {
    const { buffer, clock } = setup(encoding, { maxWireBytes: 600_000 });
    void buffer.add(rowsOf(['1'], 0n));
    const large = rowsOf(['y'.repeat(700_000)], 1n);
    expect(buffer.hasRoomFor(large.bytes.length)).toBe(false);
    expect((await buffer.cut()).rowCount).toBe(1);
    expect(buffer.hasRoomFor(large.bytes.length)).toBe(true);
    void buffer.add(large);
    expect(buffer.flushReason(clock.now())).toBe('wire');
    expect(await buffer.cut()).toMatchObject({ rowCount: 1, rawBytes: 700_001 });
  });
}

test('due by count, bytes and age', async () => {
  const { buffer, clock } = setup('identity', { maxRecords: 3, maxBytes: 100 });
  await buffer.add(rowsOf(['1', '2'], 0n));
  expect(buffer.flushReason(clock.now())).toBe(null);
  await buffer.add(rowsOf(['3'], 2n));
  expect(buffer.flushReason(clock.now())).toBe('count');
  await buffer.cut();
  await buffer.add(rowsOf(['x'.repeat(100)], 3n));
  expect(buffer.flushReason(clock.now())).toBe('bytes');
  await buffer.cut();
  await buffer.add(rowsOf(['1'], 4n));
  await clock.advance(499);
  expect(buffer.flushReason(clock.now())).toBe(null);
  await clock.advance(1);
  expect(buffer.flushReason(clock.now())).toBe('age');
});

test('an empty buffer refuses to be cut', async () => {
  await expect(setup('zstd').buffer.cut()).rejects.toThrow('empty');
});
