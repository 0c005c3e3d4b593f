/** `npm run simulate`: worlds in which a seed draws the faults, played over the production task, and judged; or one of them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { countProof } from '../support/proof-counts.ts';
import { scriptOptions, wholeNumber } from '../support/script-options.ts';
import { keptSeeds, keptSeedsFile } from './kept-seeds.ts';
import { runSeeds, seedOrders } from './seed-threads.ts';
import { StrikeTable } from './strike-table.ts';
import type { SeedResult } from './verdict-summary.ts';

const usage = `npm run simulate -- [options]: worlds full of faults, each drawn from a seed; what a seed ever found is played in every run

  --seeds N          so many, default 1000
  --seed-from N      the first of them, default 1
  --fresh            seeds that no run had before
  --threads N        default 2
  --table            which faults struck when

One world:
  --seed N           of this seed
  --kept "NAME"      of test/simulation/kept-seeds.json
  --trace            all that happens in it
  --shrink           what is left of it when it is made as small as it still fails
  --keep "NAME"      puts it into kept-seeds.json, named after what it found`;
const values = scriptOptions(usage, {
  seeds: { type: 'string', default: '1000' },
  'seed-from': { type: 'string', default: '1' },
  fresh: { type: 'boolean', default: false },
  threads: { type: 'string', default: '2' },
  table: { type: 'boolean', default: false },
  seed: { type: 'string' },
  kept: { type: 'string' },
  trace: { type: 'boolean', default: false },
  shrink: { type: 'boolean', default: false },
  keep: { type: 'string' },
});

const replay = (args: readonly string[], timeout?: number): number => {
  const script = new URL('./replay-seed.ts', import.meta.url).pathname;
  return spawnSync(process.execPath, [script, ...args], { stdio: 'inherit', timeout }).status ?? 1;
};

/** Seeds that no run had before: seconds since 2020, ten seeds each, are enough for one run a minute. */
const freshSeed = (): number => Math.floor((Date.now() / 1000 - 1_577_836_800) * 10);

const named = ({ seed, name }: SeedResult): readonly [flag: string, value: string] =>
  name === null ? ['--seed', String(seed)] : ['--kept', name];

const printFailure = (failure: SeedResult): void => {
  const { seed, name, breaches } = failure;
  const [flag, value] = named(failure);
  const which = `${flag} ${name === null ? value : `"${value}"`}`;
  console.log(`\nFAILED  ${name ?? `seed ${seed}`}`);
  for (const breach of breaches.slice(0, 3)) console.log(`        ${breach}`);
  console.log(`replay  npm run simulate -- ${which} --trace`);
  console.log(`shrink  npm run simulate -- ${which} --shrink --trace`);
};

/** Of one that hangs nothing smaller is found. */
const shrinkMs = 300_000;

/** So many seeds are played twice, after other ones and maybe in another thread: they must take the same course. */
const playedTwice = 10;

/** Null: it was played before and took the same course. */
const sameCourse = (courses: Map<number, string>, result: SeedResult): SeedResult | null => {
  const { seed, events, rows, letters, virtualMs, boundaries } = result;
  const course = JSON.stringify([events, rows, letters, virtualMs, boundaries]);
  const before = courses.get(seed);
  if (courses.size < playedTwice) courses.set(seed, course);
  if (before === undefined) return result;
  return before === course
    ? null
    : { ...result, breaches: ['played twice, it took another course: chance from outside'] };
};

const runMany = async (): Promise<number> => {
  const from = values.fresh ? freshSeed() : wholeNumber('seed-from', values['seed-from']);
  const count = wholeNumber('seeds', values.seeds);
  const kept = keptSeeds(readFileSync(keptSeedsFile, 'utf8'));
  console.log(`seeds ${from} to ${from + count - 1}, and ${kept.length} that are kept`);
  const table = new StrikeTable();
  const total = { passed: 0, failed: 0, rows: 0, letters: 0, events: 0, virtualMs: 0, slowest: 0 };
  const startedAt = performance.now();
  const courses = new Map<number, string>();
  const failures: SeedResult[] = [];
  await runSeeds({
    orders: [...kept, ...seedOrders(from, Math.min(count, playedTwice)), ...seedOrders(from, count)],
    threads: wholeNumber('threads', values.threads),
    onResult: (given) => {
      const result = given.name === null ? sameCourse(courses, given) : given;
      if (result === null) return false;
      table.add(result.strikes);
      total.rows += result.rows;
      total.letters += result.letters;
      total.events += result.events;
      total.virtualMs += result.virtualMs;
      total.slowest = Math.max(total.slowest, result.caughtUpMs ?? 0);
      if (result.breaches.length === 0) total.passed++;
      else total.failed++;
      if (result.breaches.length > 0 && failures.push(result) <= 5) printFailure(result);
      return false;
    },
  });
  const seconds = (performance.now() - startedAt) / 1000;
  if (values.table) console.log(`\n${table.text()}`);
  countProof('simulation', {
    seeds: total.passed + total.failed,
    failed: total.failed,
    rows: total.rows,
    'dead letters': total.letters,
    faults: table.strikes,
    'I/O events': total.events,
    'virtual minutes': Math.round(total.virtualMs / 60_000),
  });
  console.log(
    `\n${total.passed} passed, ${total.failed} failed: ${total.rows} rows, ${total.letters} dead letters, ${total.events} events, ` +
      `${(total.virtualMs / 3_600_000).toFixed(1)} virtual hours in ${seconds.toFixed(0)} s; slowest to catch up ${(total.slowest / 1000).toFixed(1)} s`,
  );
  const [first] = failures;
  if (first === undefined) return 0;
  console.log(`\nThe first that failed, as small as it still fails:`);
  replay([...named(first), '--shrink'], shrinkMs);
  return 1;
};

const { seed, kept, trace, shrink, keep } = values;
if (seed === undefined && kept === undefined) process.exitCode = await runMany();
else {
  const which = seed === undefined ? ['--kept', kept ?? ''] : ['--seed', String(wholeNumber('seed', seed))];
  const flags = [...(trace ? ['--trace'] : []), ...(shrink ? ['--shrink'] : [])];
  process.exitCode = replay([...which, ...flags, ...(keep === undefined ? [] : ['--keep', keep])]);
}
