import type { RecordView, TopicPartition } from '../../api/index.ts';
import type { PartitionReader } from '../../kafka/index.ts';
import { RecordReader } from '../../kernel/index.ts';
import { type OffsetRuns, OffsetRunsBuilder, within } from './offset-runs.ts';

export interface LogRange extends TopicPartition {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** The record's bytes are valid until it resolves. */
export type Visit = (view: RecordView) => Promise<void> | void;

/** What the log shows of a partition (read_committed): which offsets there are, and single records. */
export class PartitionLog {
  readonly #reader: PartitionReader;
  readonly #records = new RecordReader({ checkCrcs: false });

  constructor(reader: PartitionReader) {
    this.#reader = reader;
  }

  /** All offsets; those that `isWanted` are visited on the way. A batch without gaps in which none is wanted need not be opened. */
  async offsets(range: LogRange, wanted: WantedOffsets, visit: Visit): Promise<OffsetRuns> {
    const { from, to } = range;
    const offsets = new OffsetRunsBuilder();
    for await (const fetched of this.#reader.read(range, BigInt(from), BigInt(to))) {
      for (const batch of fetched.batches) {
        const first = Number(batch.baseOffset);
        const last = Number(batch.lastOffset);
        if (last - first + 1 === batch.recordCount && !wanted.anyWithin(first, last)) {
          offsets.add(first, last);
          continue;
        }
        for (const view of this.#records.read(batch, fetched.fetchOffset, fetched)) {
          const offset = Number(view.offset);
          offsets.add(offset);
          if (offset >= from && offset < to && wanted.has(offset)) await visit(view);
        }
      }
    }
    return within(offsets.build(), from, to);
  }

  /** Only those; what lies far between them is not read. */
  async visit({ topic, partition }: TopicPartition, runs: OffsetRuns, visit: Visit): Promise<void> {
    const end = (runs.at(-1)?.last ?? -1) + 1;
    let next = 0;
    for (let at = runs[0]?.first ?? end; at < end; ) {
      let behind = at;
      for await (const fetched of this.#reader.read({ topic, partition }, BigInt(at), BigInt(end))) {
        for (const batch of fetched.batches) {
          for (; (runs[next]?.last ?? Infinity) < Number(batch.baseOffset); next++);
          if ((runs[next]?.first ?? Infinity) > Number(batch.lastOffset)) continue;
          for (const view of this.#records.read(batch, fetched.fetchOffset, fetched)) {
            const offset = Number(view.offset);
            for (; (runs[next]?.last ?? Infinity) < offset; next++);
            if ((runs[next]?.first ?? Infinity) <= offset && offset >= at) await visit(view);
          }
        }
        behind = Number(fetched.nextOffset);
        for (; (runs[next]?.last ?? Infinity) < behind; next++);
        if ((runs[next]?.first ?? end) > behind) break;
      }
      at = Math.max(behind, runs[next]?.first ?? end);
    }
  }
}

/** Which records are looked into. */
export interface WantedOffsets {
  has(offset: number): boolean;
  anyWithin(first: number, last: number): boolean;
}

export const everyOffset: WantedOffsets = { has: () => true, anyWithin: () => true };

export const theseOffsets = (offsets: ReadonlySet<number>): WantedOffsets => {
  const sorted = Float64Array.from(offsets).sort();
  let at = 0;
  return {
    has: (offset) => offsets.has(offset),
    // batches come in order
    anyWithin: (first, last) => {
      while ((sorted[at] ?? Infinity) < first) at++;
      return (sorted[at] ?? Infinity) <= last;
    },
  };
};
