import type { Scenario } from './scenario.ts';

/** Whether a scenario still fails. */
export type Fails = (scenario: Scenario) => Promise<boolean>;

/** Simpler scenarios than this one, the boldest first. */
function* simpler(scenario: Scenario): Generator<Scenario> {
  const { faults, load, settings } = scenario;
  const half = Math.floor(faults.length / 2);
  if (faults.length > 1) {
    yield { ...scenario, faults: faults.slice(half) };
    yield { ...scenario, faults: faults.slice(0, half) };
  }
  for (const fault of faults) yield { ...scenario, faults: faults.filter((other) => other !== fault) };
  if (scenario.workers > 1) yield { ...scenario, workers: scenario.workers - 1 };
  if (scenario.tasksPerWorker > 1) yield { ...scenario, tasksPerWorker: 1 };
  if (scenario.topics.length > 1) yield { ...scenario, topics: scenario.topics.slice(0, 1) };
  for (const [index, topic] of scenario.topics.entries()) {
    if (topic.partitions > 1) {
      yield { ...scenario, topics: scenario.topics.with(index, { ...topic, partitions: topic.partitions - 1 }) };
    }
  }
  if (load.records > 1) yield { ...scenario, load: { ...load, records: Math.ceil(load.records / 2) } };
  for (const share of ['invalid', 'filtered', 'tombstones', 'odd', 'aborted', 'transactional'] as const) {
    if (load[share] > 0) yield { ...scenario, load: { ...load, [share]: 0 } };
  }
  if (load.codec !== 'none') yield { ...scenario, load: { ...load, codec: 'none' } };
  if (settings.hasFilter) yield { ...scenario, settings: { ...settings, hasFilter: false } };
}

/** The simplest scenario near this one that still fails. */
export const shrink = async (scenario: Scenario, fails: Fails, mostTries = 300): Promise<Scenario> => {
  let simplest = scenario;
  let tries = 0;
  search: for (;;) {
    for (const candidate of simpler(simplest)) {
      if (++tries > mostTries) return simplest;
      if (!(await fails(candidate))) continue;
      simplest = candidate;
      continue search;
    }
    return simplest;
  }
};
