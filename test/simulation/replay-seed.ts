/** One seed with its trace, or what is left of it when it is shrunk. Started by simulate.ts; prints to stdout. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Scenario } from './scenario.ts';
import { installVirtualGlobals } from './world/virtual-globals.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    kept: { type: 'string' },
    trace: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: false },
    keep: { type: 'string' },
  },
});

installVirtualGlobals();
const { drawScenario } = await import('./scenario.ts');
const { Simulation } = await import('./simulation.ts');
const { shrink } = await import('./shrink.ts');
const { keptSeeds, keptSeedsFile } = await import('./kept-seeds.ts');

const chosen = (): Scenario => {
  if (values.kept === undefined) return drawScenario(Number(values.seed));
  const kept = keptSeeds(readFileSync(keptSeedsFile, 'utf8')).find(({ name }) => name === values.kept);
  if (kept === undefined) throw new RangeError(`kept-seeds.json holds no "${values.kept}"`);
  return kept.scenario;
};

const line = (atMs: number, who: string, what: string): void =>
  console.log(`${(atMs / 1000).toFixed(3).padStart(9)} s  ${who.padEnd(12)} ${what}`);

let scenario = chosen();
const first = await new Simulation(scenario, values.trace && !values.shrink ? { line } : null).run();
if (values.shrink && first.breaches.length > 0) {
  scenario = await shrink(scenario, async (candidate) => (await new Simulation(candidate).run()).breaches.length > 0);
  console.log(
    `shrunk to ${scenario.faults.length} fault(s), ${scenario.workers} worker(s), ${scenario.load.records} records:`,
  );
  console.log(JSON.stringify(scenario, null, 1));
  await new Simulation(scenario, values.trace ? { line } : null).run();
}
for (const breach of first.breaches) console.log(`BREACH  ${breach}`);
if (values.keep !== undefined) {
  const kept = [...keptSeeds(readFileSync(keptSeedsFile, 'utf8')), { name: values.keep, scenario }];
  writeFileSync(keptSeedsFile, `${JSON.stringify(kept, null, 1)}\n`);
}
process.exitCode = first.breaches.length === 0 ? 0 : 1;
