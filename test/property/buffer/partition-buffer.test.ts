import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ContentEncoding } from '../../../src/api/index.ts';
import { createMemoryBudget, EncoderPool, PartitionBuffer } from '../../../src/buffer/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { rowsOf, textOf } from '../../unit/buffer/bodies.ts';

const add = fc.record({
  kind: fc.constant('add' as const),
  rows: fc.integer({ min: 1, max: 40 }),
  length: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constant(20_000)),
  wait: fc.boolean(),
  at: fc.nat({ max: 2 }),
});
const cutStep = fc.record({ kind: fc.constant('cut' as const), at: fc.nat({ max: 2 }) });
const discardStep = fc.record({ kind: fc.constant('discard' as const), at: fc.nat({ max: 2 }) });
const step = fc.oneof({ weight: 6, arbitrary: add }, cutStep, discardStep);

test('nothing lost, nothing twice, order kept, memory accounted for: three buffers on one pool', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.constantFrom<ContentEncoding>('zstd', 'gzip', 'identity'),
      async (steps, encoding) => {
        const budget = createMemoryBudget(1 << 24);
        const encoders = new EncoderPool({ encoding, budget, maxIdle: 2 });
        const clock = new VirtualClock();
        const policy = { maxRecords: 100, maxBytes: 1e6, maxAgeMs: 1000, maxWireBytes: 2e6 };
        const partitions = [0, 1, 2].map(() => ({
          buffer: new PartitionBuffer({ encoders, policy, budget, clock }),
          next: 0n,
          pending: [] as string[],
          expected: [] as { text: string; first: bigint; last: bigint; rowCount: number }[],
          cuts: [] as ReturnType<PartitionBuffer['cut']>[],
        }));
        const cut = (partition: (typeof partitions)[number]): void => {
          const { buffer, pending, next } = partition;
          if (pending.length === 0) return;
          const first = next - BigInt(pending.length);
          const text = pending.map((line) => `${line}\n`).join('');
          partition.expected.push({ text, first, last: next - 1n, rowCount: pending.length });
          expect([buffer.rowCount, buffer.rawBytes, buffer.firstOffset]).toEqual([pending.length, text.length, first]);
          partition.cuts.push(buffer.cut());
          partition.pending = [];
        };
        for (const action of steps) {
          const partition = partitions[action.at];
          if (partition === undefined) continue;
          const { buffer } = partition;
          if (action.kind === 'discard') {
            buffer.discard();
            partition.pending = [];
          } else if (action.kind === 'cut') cut(partition);
          else {
            const from = partition.next;
            const lines = Array.from(
              { length: action.rows },
              (_, i) => `${from + BigInt(i)}:${'x'.repeat(action.length)}`,
            );
            const taken = buffer.add(rowsOf(lines, from));
            partition.next += BigInt(lines.length);
            partition.pending.push(...lines);
            if (action.wait) await taken;
            expect(budget.usedBytes()).toBeGreaterThan(0);
            if (buffer.flushReason(clock.now()) !== null) cut(partition);
            else expect(partition.pending.length).toBeLessThan(100);
          }
          expect(buffer.isEmpty).toBe(partition.pending.length === 0);
        }
        for (const partition of partitions) {
          cut(partition);
          const batches = await Promise.all(partition.cuts);
          expect(
            batches.map((batch) => ({
              text: textOf(batch),
              first: batch.firstOffset,
              last: batch.lastOffset,
              rowCount: batch.rowCount,
            })),
          ).toEqual(partition.expected);
          for (const batch of batches) {
            expect(batch.wireBytes).toBeLessThanOrEqual(policy.maxWireBytes);
            batch.release();
          }
        }
        encoders.close();
        await expect.poll(() => budget.usedBytes()).toBe(0);
      },
    ),
    { numRuns: 60, interruptAfterTimeLimit: 3000 },
  );
});
