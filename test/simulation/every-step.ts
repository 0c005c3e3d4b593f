/**
 * `npm run simulate:every-step`: fixed scenarios without chance in their faults; in some Snowflake drops rows. The first worker is killed at each of its I/O boundaries
 * in turn, once before the I/O is carried out and once after it; it comes back, and all must end well.
 */
import { countProof } from '../support/proof-counts.ts';
import type { Fault } from './faults.ts';
import { drawScenario, type Scenario } from './scenario.ts';
import type { SeedOrder } from './seed-thread.ts';
import { runSeeds } from './seed-threads.ts';

const scenarios = 20;

const crashAt = (steps: number, isAfter: boolean): Fault => ({
  kind: 'crash',
  atMs: 0,
  moment: 'starting',
  target: 0,
  forMs: 0,
  times: 1,
  operation: 'any',
  reply: 0,
  steps,
  isAfter,
});

/** While rows are on their way, so that they are dropped: that they are looked for, and sent again, is what a crash then interrupts. */
const growth: Fault = { ...crashAt(1, false), kind: 'column-grown', moment: 'uncommitted', atMs: 2_000 };
const rejections: Fault = { ...growth, kind: 'rows-rejected', atMs: 1_000, forMs: 3_000 };
const dropping = (index: number): readonly Fault[] => {
  if (index % 5 === 3) return [rejections];
  return index % 5 === 4 ? [growth] : [];
};

/** Small ones, so that every boundary can have its turn. */
const fixedScenario = (index: number): Scenario => {
  const drawn = drawScenario(1_000_000 + index);
  return {
    ...drawn,
    workers: 1 + (index % 2),
    tasksPerWorker: 1,
    faults: dropping(index),
    faultsEndMs: 6_000,
    load: { ...drawn.load, records: 30, overMs: 4_000, invalid: index % 3 === 0 ? 0.2 : 0 },
    surroundings: { ...drawn.surroundings, commitDelayMs: 500, mostLatencyMs: 20 },
    settings: {
      ...drawn.settings,
      tolerance: 'all',
      offsetFlushMs: 1_000,
      ...(dropping(index).includes(growth) && { structured: true }),
    },
  };
};

const failures: string[] = [];
const boundaries = new Map<string, readonly number[]>();
const fixed = Array.from({ length: scenarios }, (_, index) => fixedScenario(index));
await runSeeds({
  orders: fixed.map((scenario, index) => ({ name: String(index), scenario })),
  threads: 2,
  onResult: ({ name, boundaries: passed, breaches }) => {
    boundaries.set(name ?? '', passed);
    if (breaches.length > 0) failures.push(`scenario ${name} without a crash: ${breaches[0]}`);
    return false;
  },
});

function* crashes(): Generator<SeedOrder> {
  for (const [index, scenario] of fixed.entries()) {
    for (const boundary of boundaries.get(String(index)) ?? []) {
      for (const isAfter of [false, true]) {
        const name = `scenario ${index}, killed ${isAfter ? 'after' : 'before'} I/O ${boundary}`;
        yield { name, scenario: { ...scenario, faults: [...scenario.faults, crashAt(boundary, isAfter)] } };
      }
    }
  }
}

let runs = 0;
await runSeeds({
  orders: crashes(),
  threads: 2,
  onResult: ({ name, breaches }) => {
    runs++;
    if (breaches.length > 0) failures.push(`${name}: ${breaches[0]}`);
    return false;
  },
});
countProof('simulation', { 'crashes at an I/O boundary': runs, failed: failures.length });
for (const failure of failures.slice(0, 10)) console.log(`FAILED  ${failure}`);
console.log(
  `${runs - failures.length} passed, ${failures.length} failed: ${scenarios} scenarios, killed at each I/O boundary`,
);
process.exitCode = failures.length === 0 && runs > 1000 ? 0 : 1;
