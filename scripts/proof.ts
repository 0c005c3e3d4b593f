/** `npm run proof`: what all runs of simulation and chaos have counted so far. */
import { rmSync } from 'node:fs';
import {
  countLines,
  keptCounts,
  proofs,
  readCounts,
  sumOf,
  uncommittedCounts,
  writeWhole,
} from '../test/support/proof-counts.ts';
import { scriptOptions } from '../test/support/script-options.ts';

const usage = `npm run proof: what all runs of simulation and chaos have counted so far

  --keep    puts this clone's counts to those that are committed`;
const values = scriptOptions(usage, { keep: { type: 'boolean', default: false } });

for (const proof of proofs) {
  const all = sumOf(readCounts(keptCounts(proof)), readCounts(uncommittedCounts(proof)));
  console.log([proof, ...countLines(all, '  '), ''].join('\n'));
  if (!values.keep) continue; // docs/exactly-once.md then wants `npm run docs`
  writeWhole(keptCounts(proof), all);
  rmSync(uncommittedCounts(proof), { force: true });
}
