import { auditMoments, type Fault, type FaultKind, type Moment } from './faults.ts';
import { drawScenario, type Scenario } from './scenario.ts';

const plain: Omit<Fault, 'kind' | 'atMs' | 'moment'> = {
  ...{ target: 0, forMs: 2_000, times: 1, operation: 'any', reply: 12, steps: 1, isAfter: false },
};

/** A drawn world with one fault that strikes at a given moment: for pairs that chance has not brought about. */
export const directedScenario = (seed: number, kind: FaultKind, moment: Moment): Scenario => {
  const drawn = drawScenario(seed);
  const atMs = 5_000 + (seed % 10) * 500;
  const struck: Fault = { ...plain, kind, moment, atMs, target: 1 };
  const audits = auditMoments.some((one) => one === moment);
  const isStructured = audits || kind === 'column-grown';
  // What has started starts again only where a worker was stopped.
  const before: Fault[] = moment === 'starting' ? [{ ...plain, kind: 'stop', moment: 'idle', atMs: 3_000 }] : [];
  if (audits) before.push({ ...plain, kind: 'column-grown', moment: 'uncommitted', atMs: atMs - 1_000, target: 1 });
  return {
    ...drawn,
    workers: 2,
    load: { ...drawn.load, records: 150, overMs: 15_000, invalid: 0.1 },
    settings: { ...drawn.settings, ...(isStructured && { structured: true }) },
    surroundings: { ...drawn.surroundings, restartMs: 4_000, ...(audits && { commitDelayMs: 1_000 }) },
    faults: [...before, struck],
    faultsEndMs: 20_000,
  };
};
