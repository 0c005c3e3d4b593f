import type { PartitionVerdict } from './audit-partition.ts';
import { countOf, runsText } from './offset-runs.ts';

const findings = ['missing', 'twice', 'unexpected', 'altered'] as const;

export const isExact = (verdict: PartitionVerdict): boolean =>
  findings.every((kind) => verdict[kind].length === 0) && verdict.outOfOrder === 0;

const counts = (verdict: PartitionVerdict): string => {
  const { records, stored, deadLettered, filtered, skipped, compacted, compared } = verdict;
  const others: readonly [number, string][] = [
    [deadLettered, 'dead-lettered'],
    [filtered, 'left out by transforms or null values'],
    [skipped, 'bad ones left out by errors.tolerance=all without a dead letter queue'],
    [compacted, 'stored and since compacted away'],
    [compared, 'compared with their records'],
  ];
  const named = others.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return [`${records} records`, `${stored} stored`, ...named].join(', ');
};

/** One line. */
export const verdictText = (verdict: PartitionVerdict): string => {
  const { topic, partition, from, to, outOfOrder, alteredColumns } = verdict;
  const wrong = findings
    .filter((kind) => verdict[kind].length > 0)
    .map((kind) => {
      const where = kind === 'altered' ? ` (${alteredColumns.join(', ')})` : '';
      return `${countOf(verdict[kind])} ${kind}${where}: ${runsText(verdict[kind])}`;
    });
  if (outOfOrder > 0) wrong.push(`${outOfOrder} out of order`);
  const sum = wrong.length === 0 ? 'each exactly once' : wrong.join('; ');
  const found = from >= to ? ': nothing to compare' : `, offsets ${from} to ${to - 1}: ${counts(verdict)}; ${sum}`;
  return `${isExact(verdict) ? 'ok  ' : 'fail'}  ${topic}-${partition}${found}`;
};
