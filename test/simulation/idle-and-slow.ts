/** Long and wide worlds: little load for a day, many idle partitions, one partition that is stuck. */
import type { Scenario } from './scenario.ts';
import { installVirtualGlobals } from './world/virtual-globals.ts';

installVirtualGlobals();
const { drawScenario } = await import('./scenario.ts');
const { Simulation } = await import('./simulation.ts');

const calm = drawScenario(1);
const calmLoad = { ...calm.load, invalid: 0, filtered: 0, tombstones: 0, odd: 0, aborted: 0, transactional: 0 };
const base: Scenario = {
  ...calm,
  workers: 1,
  tasksPerWorker: 1,
  faults: [],
  load: calmLoad,
  settings: {
    ...calm.settings,
    flushRecords: 1000,
    flushBytes: 1_000_000,
    flushSeconds: 5,
    maxConcurrentAppends: 8,
    memoryBytes: 50_000_000,
    hasFilter: false,
  },
  surroundings: { ...calm.surroundings, commitDelayMs: 5_000, mostLatencyMs: 20 },
};
/** What the issue allows beyond the flush time. */
const allowedMs = base.settings.flushSeconds * 1000 + 15_000;

const failures: string[] = [];
let passed = 0;
const check = (isTrue: boolean, what: string): void => {
  console.log(`${isTrue ? 'ok    ' : 'FAILED'}  ${what}`);
  if (isTrue) passed++;
  else failures.push(what);
};

const slowest = (simulation: InstanceType<typeof Simulation>, but = ''): number =>
  Math.max(0, ...[...simulation.oracle.slowestMs].filter(([key]) => key !== but).map(([, ms]) => ms));

const dayMs = 24 * 3_600_000;
const everyMs = 5 * 60_000;
{
  const load = { ...calmLoad, records: dayMs / everyMs, everyMs, overMs: dayMs };
  const simulation = new Simulation({ ...base, topics: [{ name: 't0', partitions: 2 }], load, faultsEndMs: dayMs });
  const { breaches, rows } = await simulation.run();
  check(
    breaches.length === 0 && rows === load.records,
    `a day with one record in five minutes: ${rows} rows ${breaches[0] ?? ''}`,
  );
  check(
    slowest(simulation) <= allowedMs,
    `each durable within flush time + 15 s: the slowest took ${slowest(simulation)} ms`,
  );
}
{
  const partitions = 2_000;
  const idleMs = 10 * 60_000;
  const load = { ...calmLoad, records: 1, everyMs: 1_000, overMs: idleMs };
  const simulation = new Simulation({ ...base, topics: [{ name: 't0', partitions }], load, faultsEndMs: idleMs });
  const { breaches, requests } = await simulation.run();
  check(breaches.length === 0, `${partitions} partitions, one record ${breaches[0] ?? ''}`);
  check(requests <= partitions + 20, `ten minutes of it take ${requests} requests, ${partitions} of them opens`);
}
{
  const stuckMs = 5 * 60_000;
  const load = { ...calmLoad, records: 600, everyMs: 500, overMs: stuckMs };
  const simulation = new Simulation({ ...base, topics: [{ name: 't0', partitions: 6 }], load, faultsEndMs: stuckMs });
  simulation.snowflake.faults.push({ operation: 'append', path: '_t0_0/', kind: 'hangs', times: 1_000_000 });
  const { breaches } = await simulation.run();
  check(breaches.length === 0, `a partition without answers for five minutes ${breaches[0] ?? ''}`);
  const stuckFor = simulation.oracle.slowestMs.get('t0-0') ?? 0;
  check(stuckFor > 60_000, `it was stuck: ${stuckFor} ms`);
  check(slowest(simulation, 't0-0') <= allowedMs, `its neighbours were not: ${slowest(simulation, 't0-0')} ms`);
}
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
