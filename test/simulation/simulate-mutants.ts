/** `npm run simulate:mutants`: every planted bug must be caught within 1,000 seeds, by one that finds nothing without it; then the table of what faults struck when. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { countProof } from '../support/proof-counts.ts';
import { scriptOptions, wholeNumber } from '../support/script-options.ts';
import { directedScenario } from './directed-scenario.ts';
import { keptSeeds, keptSeedsFile } from './kept-seeds.ts';
import { type Mutant, mutants } from './mutants/mutants.ts';
import { fits } from './mutants/plant.ts';
import { runSeeds, seedOrders } from './seed-threads.ts';
import { StrikeTable } from './strike-table.ts';
import type { SeedResult } from './verdict-summary.ts';

const usage = `npm run simulate:mutants -- [options]: each planted bug must be found by the simulation, and each fault must strike at each moment

  --only TEXT        planted bugs whose names have it; default: all
  --seeds N          within so many seeds, default 1000
  --table-seeds N    for the table of what struck when, default 300; 0: no table`;
const values = scriptOptions(usage, {
  seeds: { type: 'string', default: '1000' },
  'table-seeds': { type: 'string', default: '300' },
  only: { type: 'string' },
});
const seeds = wholeNumber('seeds', values.seeds);
const tableSeeds = wholeNumber('table-seeds', values['table-seeds']);

const kept = keptSeeds(readFileSync(keptSeedsFile, 'utf8'));
const threads = Math.min(2, availableParallelism());

/** Worlds that fail without a planted bug too: that they fail with one says nothing. */
const failingAnyway = new Set<string>();
const worldOf = ({ name, seed }: SeedResult): string => name ?? `seed ${seed}`;

const failsAnyway = async (result: SeedResult): Promise<boolean> => {
  const { name, seed } = result;
  await runSeeds({
    orders: name === null ? seedOrders(seed, 1) : kept.filter((order) => order.name === name),
    threads: 1,
    onResult: ({ breaches }) => {
      if (breaches.length > 0) failingAnyway.add(worldOf(result));
      return false;
    },
  });
  return failingAnyway.has(worldOf(result));
};

const firstThatFails = async ({ name, seed }: Mutant): Promise<SeedResult | null> => {
  let failed: SeedResult | null = null;
  const known = seed === undefined ? [] : seedOrders(seed, 1);
  await runSeeds({
    orders: [...known, ...kept, ...seedOrders(1, seeds)],
    threads: 1,
    mutant: name,
    onResult: (result) => {
      const [breach] = result.breaches;
      if (breach === undefined || failingAnyway.has(worldOf(result))) return false;
      if (breach.startsWith('the thread died')) throw new Error(breach); // the harness is broken, nothing was caught
      failed = result;
      return true;
    },
  });
  return failed;
};

/** The first world that notices it. */
const catchMutant = async (mutant: Mutant): Promise<SeedResult | null> => {
  for (;;) {
    const caught = await firstThatFails(mutant);
    if (caught === null || !(await failsAnyway(caught))) return caught;
  }
};

const catchAll = async (planted: readonly Mutant[]): Promise<number> => {
  const left = [...planted];
  let missed = 0;
  const catchOneAfterTheOther = async (): Promise<void> => {
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      if (!fits(mutant)) {
        missed++;
        console.log(`OUT OF DATE  ${mutant.name}: what it patches does not stand in src/${mutant.file}`);
        continue;
      }
      const caught = await catchMutant(mutant);
      if (caught === null) missed++;
      const by = caught === null ? 'NOT CAUGHT' : `${caught.name === null ? 'seed' : 'kept'} ${caught.seed}`.padEnd(10);
      console.log(`${by}  ${mutant.name}${caught === null ? '' : `: ${caught.breaches[0]?.slice(0, 140)}`}`);
    }
  };
  await Promise.all(Array.from({ length: threads }, catchOneAfterTheOther));
  countProof('simulation', { 'planted bugs tried': planted.length, 'planted bugs missed': missed });
  console.log(`\n${planted.length - missed} of ${planted.length} planted bugs caught within ${seeds} seeds\n`);
  return missed;
};

/** How many worlds are made for pairs that chance has not brought about, each time with another seed. */
const directedRounds = 30;

const countStrikes = async (): Promise<number> => {
  const table = new StrikeTable();
  let failed = 0;
  const onResult = ({ seed, name, strikes, breaches }: SeedResult): boolean => {
    table.add(strikes);
    if (breaches.length === 0) return false;
    failed++;
    console.log(`FAILED  ${name ?? `seed ${seed}`}: ${breaches[0]}`);
    return false;
  };
  await runSeeds({ orders: seedOrders(1, tableSeeds), threads, onResult });
  const left = table.zeros().length;
  for (let round = 1; round <= directedRounds && table.zeros().length > 0; round++) {
    const orders = table.zeros().map(({ kind, moment }) => ({
      name: `${kind} × ${moment}, round ${round}`,
      scenario: directedScenario(round, kind, moment),
    }));
    await runSeeds({ orders, threads, onResult });
  }
  console.log(`${table.text()}\n${failed} worlds failed; ${left} pairs were left by ${tableSeeds} drawn seeds`);
  return table.zeros().length + failed;
};

const { only } = values;
const planted = only === undefined ? mutants : mutants.filter(({ name }) => name.includes(only));
const missed = await catchAll(planted);
const wrong = tableSeeds > 0 ? await countStrikes() : 0;
process.exitCode = missed + wrong === 0 ? 0 : 1;
