import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asLastOffset, asNextOffset } from '../../../src/api/index.ts';
import { PartitionOffsetTracker } from '../../../src/offsets/index.ts';

/** A partition's life: records with gaps, some stored, some only consumed (filtered, dead-lettered); batches cut and made durable in order. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('row' as const), gap: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('filtered' as const), gap: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'seal' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'durable' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stale' as const), back: fc.integer({ min: 0, max: 20 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
);

test('never commits past a row that is not durable, and never holds back when all rows are', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const tracker = new PartitionOffsetTracker(null);
      let next = 0n;
      let token: bigint | null = null;
      let rows: bigint[] = [];
      let filling: bigint[] = [];
      let sealed: bigint[][] = [];
      for (const at of steps) {
        if (at.kind === 'row' || at.kind === 'filtered') {
          const offset = next + BigInt(at.gap) - 1n;
          next = offset + 1n;
          if (at.kind === 'row' && !tracker.isDurable(offset)) {
            tracker.buffered(offset, offset);
            rows.push(offset);
            filling.push(offset);
          }
        } else if (at.kind === 'seal') {
          tracker.seal();
          if (filling.length > 0) sealed.push(filling);
          filling = [];
        } else if (at.kind === 'durable') {
          const batch = sealed.shift();
          const last = batch?.at(-1);
          if (batch === undefined || last === undefined) continue;
          token = last;
          tracker.committed(asLastOffset(last));
          rows = rows.filter((offset) => offset > last);
        } else if (at.kind === 'stale') {
          if (token !== null && token >= BigInt(at.back)) tracker.committed(asLastOffset(token - BigInt(at.back)));
        } else {
          next = tracker.committable(asNextOffset(next));
          tracker.reset(token === null ? null : asLastOffset(token));
          [rows, filling, sealed] = [[], [], []];
        }
        const committable = tracker.committable(asNextOffset(next));
        const oldest = rows[0];
        expect(oldest === undefined ? committable === next : committable <= oldest).toBe(true);
        expect(token === null || committable > token || committable === next).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test('refuses a row that goes backwards: a repeat would be stored twice', () => {
  const tracker = new PartitionOffsetTracker(asLastOffset(10n));
  expect(() => tracker.buffered(10n, 10n)).toThrow(RangeError);
  tracker.buffered(12n, 14n);
  expect(() => tracker.buffered(14n, 15n)).toThrow(RangeError);
});
