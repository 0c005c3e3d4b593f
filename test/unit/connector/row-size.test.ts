import { expect, test } from 'vitest';
import { createMemoryBudget, EncoderPool, PartitionBuffer } from '../../../src/buffer/index.ts';
import { checkRowSize } from '../../../src/connector/row-size.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const limits = { maxRowBytes: 16 * 1024 * 1024, maxWireBytes: 3_900_000 };

/** Letters that repeat only after so many bytes: farther apart than a small window reaches. */
const farRepeats = (period: number, bytes: number): Buffer => {
  let state = 1;
  const once = Buffer.from(
    Array.from({ length: period }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return 0x20 + ((state >>> 8) % 90);
    }),
  );
  return Buffer.alloc(bytes, once);
};

test.each(['zstd', 'gzip'] as const)(
  '%s: what passes does fit into one request, as the buffer packs it',
  async (encoding) => {
    const budget = createMemoryBudget(1e9);
    const encoders = new EncoderPool({ encoding, budget });
    const policy = { maxRecords: 1, maxBytes: 1, maxAgeMs: 1, maxWireBytes: limits.maxWireBytes };
    const outcomes = new Set<string>();
    for (const bytes of [3_950_000, 4_500_000, 5_000_000, 9_000_000]) {
      const row = farRepeats(700_000, bytes);
      const buffer = new PartitionBuffer({ encoders, policy, budget, clock: new VirtualClock() });
      void buffer.add({ bytes: row, rowCount: 1, firstOffset: 0n, lastOffset: 0n, release: () => {} });
      const { wireBytes } = await buffer.cut();
      let passes = true;
      try {
        checkRowSize(row.toString('latin1'), limits, encoding);
      } catch {
        passes = false;
      }
      outcomes.add(passes ? 'passes' : 'refused');
      expect(passes, `${bytes} bytes become ${wireBytes}`).toBe(wireBytes <= limits.maxWireBytes);
    }
    encoders.close();
    expect(outcomes).toEqual(new Set(['passes', 'refused']));
  },
);
