import { readFileSync, writeFileSync } from 'node:fs';
import type { Sizes } from './cases.ts';
import type { Figures } from './report.ts';

/**
 * Short, and long enough: over 600,000 rows bare kafkajs cost 2.5 CPU s/M rows, over these 1.65, because its code was being compiled for
 * half of the time. The least of the rounds counts: others on the machine only ever add.
 */
export const ciSizes: Sizes = { rows250: 1_600_000, rows1024: 0 };

const file = new URL('results/ci.json', import.meta.url);
/** More than the ratio of two runs moves by itself. */
const allowedGrowth = 1.25;

interface Stored {
  readonly cpuPerRowAgainstKafkaJs: number;
}

/** The worker's CPU for a row, bare kafkajs's being 1. */
const ratioOf = (figures: readonly Figures[]): number => {
  const cpuOf = (name: string): number =>
    figures.find(({ contestant }) => contestant === name)?.cpuSecondsPerMillionRows ?? Number.NaN;
  return cpuOf('snowsink') / cpuOf('kafkajs');
};

export const storeRatio = (figures: readonly Figures[]): void => {
  const stored: Stored = { cpuPerRowAgainstKafkaJs: Number(ratioOf(figures).toFixed(2)) };
  writeFileSync(file, `${JSON.stringify(stored, null, 2)}\n`);
};

const isWithin = (figures: readonly Figures[]): boolean => {
  const { cpuPerRowAgainstKafkaJs: stored } = JSON.parse(readFileSync(file, 'utf8')) as Stored;
  const ratio = ratioOf(figures);
  console.log(`\nCPU per row against bare kafkajs: ${ratio.toFixed(2)}, stored ${stored}.`);
  return ratio <= stored * allowedGrowth;
};

/** False: a row has become dearer by more than a quarter, twice: others on the machine may have been at work during the first measurement. */
export const checkRatio = async (
  figures: readonly Figures[],
  measureAgain: () => Promise<readonly Figures[]>,
): Promise<boolean> => {
  if (isWithin(figures)) return true;
  console.log('Dearer by more than a quarter. Once more, before it counts:');
  if (isWithin(await measureAgain())) return true;
  console.log('DEARER BY MORE THAN A QUARTER, TWICE. If there is a reason: npm run bench -- --ci --store');
  return false;
};
