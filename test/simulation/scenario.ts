import type { CompressionCodec } from '../../src/api/index.ts';
import { type Before, drawBefore } from './before-us.ts';
import { drawFaults, drawGrowth, type Fault, inTime } from './faults.ts';
import { SeededRandom } from './world/seeded-random.ts';

/** All that a seed draws. Plain data: a failing one is shrunk by taking parts of it away. */
export interface Scenario {
  readonly seed: number;
  readonly workers: number;
  readonly tasksPerWorker: number;
  readonly topics: readonly { readonly name: string; readonly partitions: number }[];
  readonly load: Load;
  readonly settings: Settings;
  /** Another connector ran before, and ours took over. */
  readonly before?: Before;
  readonly surroundings: Surroundings;
  readonly faults: readonly Fault[];
  /** No fault strikes after it, and what is broken is mended. */
  readonly faultsEndMs: number;
}

export interface Load {
  readonly records: number;
  /** Records come in batches at random times within it. */
  readonly overMs: number;
  /** Instead: one record at a time, so far apart. */
  readonly everyMs?: number;
  readonly mostPerBatch: number;
  readonly mostPadding: number;
  /** Shares of records. */
  readonly invalid: number;
  readonly filtered: number;
  readonly tombstones: number;
  /** JSON that the kernel leaves to the object path. */
  readonly odd: number;
  readonly aborted: number;
  readonly transactional: number;
  readonly codec: CompressionCodec;
}

export interface Settings {
  readonly flushRecords: number;
  readonly flushBytes: number;
  readonly flushSeconds: number;
  readonly tolerance: 'none' | 'all';
  readonly onNullValue: 'default' | 'ignore';
  readonly hasFilter: boolean;
  readonly maxConcurrentAppends: number;
  /** Channels of each partition; missing: 1. Then batches lie hundreds of offsets apart, as if much had been compacted away. */
  readonly lanes?: number;
  readonly commitTimeoutMs: number;
  readonly offsetFlushMs: number;
  readonly memoryBytes: number;
  readonly oneTable: boolean;
  /** Missing: RECORD_CONTENT is a VARIANT. Else a structured OBJECT, and rows that lack one of its fields are dropped. */
  readonly structured?: true;
}

export interface Surroundings {
  readonly commitDelayMs: number;
  readonly mostLatencyMs: number;
  readonly sessionTimeoutMs: number;
  readonly restartMs: number;
  /** What an operator chooses where a stop offers choices. */
  readonly operator: 'kafka' | 'earliest';
}

export const drawScenario = (seed: number): Scenario => {
  const random = new SeededRandom(seed, 1);
  // Of a stream of its own, so that seeds of before draw what they drew.
  const lanes = new SeededRandom(seed, 11).pick([1, 1, 1, 1, 2, 3]);
  const topics = Array.from({ length: random.chance(0.3) ? 2 : 1 }, (_, index) => ({
    name: `t${index}`,
    partitions: random.between(1, 3),
  }));
  const tolerance = random.chance(0.8) ? 'all' : 'none';
  const faultsEndMs = random.between(15, 45) * 1000;
  const overMs = random.between(5_000, faultsEndMs + 5_000);
  const workers = random.between(1, 3);
  const before = drawBefore(seed);
  const growth = new SeededRandom(seed, 13);
  const isStructured = growth.chance(0.15);
  return feasible({
    seed,
    ...(before !== undefined && { before }),
    workers,
    tasksPerWorker: random.chance(0.3) ? 2 : 1,
    topics,
    load: {
      records: random.between(20, 250),
      overMs,
      mostPerBatch: random.between(1, 12),
      mostPadding: random.pick([0, 20, 300]),
      invalid: random.pick([0, 0.02, 0.1]),
      filtered: random.pick([0, 0.1, 0.5]),
      tombstones: random.pick([0, 0.05]),
      odd: random.pick([0, 0.1]),
      aborted: random.pick([0, 0.1]),
      transactional: random.pick([0, 0.3]),
      codec: random.pick(['none', 'none', 'none', 'lz4', 'gzip'] as const),
    },
    settings: {
      flushRecords: random.pick([1, 3, 10, 1000]),
      flushBytes: random.pick([500, 5_000, 1_000_000]),
      flushSeconds: random.pick([1, 2, 5]),
      tolerance,
      onNullValue: random.pick(['default', 'ignore'] as const),
      hasFilter: random.chance(0.4),
      maxConcurrentAppends: random.pick([1, 2, 8]),
      ...(lanes > 1 && { lanes }),
      commitTimeoutMs: random.pick([10_000, 20_000]),
      offsetFlushMs: random.pick([500, 2_000, 10_000]),
      memoryBytes: random.chance(0.3) ? random.between(2_000, 20_000) : 50_000_000,
      oneTable: random.chance(0.5),
      ...(isStructured && { structured: true }),
    },
    surroundings: {
      commitDelayMs: random.pick([50, 1_000, 5_000]),
      mostLatencyMs: random.pick([2, 20, 200]),
      sessionTimeoutMs: random.pick([6_000, 10_000]),
      restartMs: random.between(100, 4_000),
      operator: random.pick(['kafka', 'earliest'] as const),
    },
    faults: inTime([
      ...drawFaults(random, { workers, faultsEndMs }),
      ...(isStructured ? drawGrowth(growth, { workers, faultsEndMs }) : []),
    ]),
    faultsEndMs,
  });
};

/** A row or two for each request over a slow network: of more records a partition could not catch up in time. */
const feasible = (drawn: Scenario): Scenario => {
  const { load, settings } = drawn;
  // What is dropped is read three times more, a few records a fetch, and made durable anew.
  const isSlow = settings.structured === true;
  const mostLatencyMs = isSlow ? Math.min(drawn.surroundings.mostLatencyMs, 20) : drawn.surroundings.mostLatencyMs;
  const commitDelayMs = isSlow ? Math.min(drawn.surroundings.commitDelayMs, 1_000) : drawn.surroundings.commitDelayMs;
  const surroundings = { ...drawn.surroundings, mostLatencyMs, commitDelayMs };
  const rowsPerRequest = Math.min(settings.flushRecords, settings.flushBytes / 250);
  const mostRecords = Math.floor((20_000 / mostLatencyMs) * rowsPerRequest);
  return { ...drawn, surroundings, load: { ...load, records: Math.min(load.records, mostRecords) } };
};
