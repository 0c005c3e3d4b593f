/** A thread of its own for seeds: global time is virtual in here, and a planted bug is patched in as modules load. */
import { parentPort, workerData } from 'node:worker_threads';
import { plant } from './mutants/plant.ts';
import type { Scenario } from './scenario.ts';
import { installVirtualGlobals } from './world/virtual-globals.ts';

export interface SeedThreadData {
  /** Name of a planted bug; null: the code as it is. */
  readonly mutant: string | null;
}

/** Seeds to draw, or a scenario to play. */
export type SeedOrder =
  | { readonly from: number; readonly count: number }
  | { readonly name: string; readonly scenario: Scenario };

const { mutant } = workerData as SeedThreadData;
if (mutant !== null) plant(mutant);
installVirtualGlobals();
const { drawScenario } = await import('./scenario.ts');
const { Simulation } = await import('./simulation.ts');
const { summaryOf } = await import('./verdict-summary.ts');

parentPort?.on('message', async (order: SeedOrder) => {
  if ('scenario' in order) {
    const { name, scenario } = order;
    parentPort?.postMessage(summaryOf(await new Simulation(scenario).run(), name));
  } else {
    for (let seed = order.from; seed < order.from + order.count; seed++) {
      parentPort?.postMessage(summaryOf(await new Simulation(drawScenario(seed)).run(), null));
    }
  }
  parentPort?.postMessage('done');
});
