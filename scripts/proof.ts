/** `npm run proof`: what all runs of simulation and chaos have counted so far. `--keep` puts this clone's counts to those that are committed. */
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Counts } from '../test/support/proof-counts.ts';
import { keptCounts, proofs, readCounts, sumOf, uncommittedCounts, writeCounts } from '../test/support/proof-counts.ts';

const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });

const lines = (counts: Counts, indent: string): string[] =>
  Object.entries(counts).flatMap(([name, value]) =>
    typeof value === 'number'
      ? [`${indent}${name.padEnd(30 - indent.length)}${value.toLocaleString('en-US').padStart(16)}`]
      : [`${indent}${name}`, ...lines(value, `${indent}  `)],
  );

for (const proof of proofs) {
  const all = sumOf(readCounts(keptCounts(proof)), readCounts(uncommittedCounts(proof)));
  console.log([proof, ...lines(all, '  '), ''].join('\n'));
  if (!values.keep) continue;
  writeCounts(keptCounts(proof), all);
  rmSync(uncommittedCounts(proof), { force: true });
}
