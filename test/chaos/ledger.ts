import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FaultKind, Strikes } from './fault-kinds.ts';
import { faultKinds, noStrikes } from './fault-kinds.ts';
import type { ChaosVerdict } from './verdict.ts';

export const countedFindings = ['missing', 'twice', 'unexpected', 'outOfOrder', 'lettersRepeated'] as const;

/** All rounds so far, of all runs that wrote into the same file. */
export interface Ledger {
  nextSeed: number;
  rounds: number;
  /** Seeds that failed, and why. */
  readonly failures: { readonly seed: number; readonly why: string }[];
  readonly strikes: Strikes;
  readonly records: Record<'total' | 'stored' | 'deadLettered' | (typeof countedFindings)[number], number>;
}

const emptyLedger = (): Ledger => ({
  nextSeed: 1,
  rounds: 0,
  failures: [],
  strikes: noStrikes(),
  records: {
    ...{ total: 0, stored: 0, deadLettered: 0 },
    ...{ missing: 0, twice: 0, unexpected: 0, outOfOrder: 0, lettersRepeated: 0 },
  },
});

export const readLedger = (file: string): Ledger => {
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Ledger;
    return { ...kept, strikes: { ...noStrikes(), ...kept.strikes } };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return emptyLedger();
    throw error;
  }
};

/** Whole or not at all: a run may be interrupted at any time. */
export const writeLedger = (file: string, ledger: Ledger): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(ledger, null, 2)}\n`);
  renameSync(`${file}.new`, file);
};

export const addStrikes = (to: Strikes, more: Strikes): void => {
  for (const kind of faultKinds) to[kind] += more[kind];
};

export const addVerdict = ({ records }: Ledger, verdict: ChaosVerdict): void => {
  records.total += verdict.total;
  records.stored += verdict.stored;
  records.deadLettered += verdict.deadLettered;
  for (const finding of countedFindings) records[finding] += verdict[finding].length;
};

const count = (value: number): string => value.toLocaleString('en-US').padStart(12);

export const describeLedger = ({ rounds, failures, strikes, records }: Ledger): string =>
  [
    `${'rounds'.padEnd(24)}${count(rounds)}`,
    `${'failures'.padEnd(24)}${count(failures.length)}`,
    '',
    'fault kind                    struck',
    ...faultKinds.map((kind: FaultKind) => `  ${kind.padEnd(22)}${count(strikes[kind])}`),
    '',
    'records',
    ...Object.entries(records).map(([name, value]) => `  ${name.padEnd(22)}${count(value)}`),
    ...failures.map(({ seed, why }) => `failed: seed ${seed}: ${why}`),
  ].join('\n');
