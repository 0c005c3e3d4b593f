import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configValidation, readKeys } from './config-validation-cases.ts';
import { fromConnectData, toConnectData, toConnectHeader } from './converter-cases.ts';
import { type Difference, differences } from './differences.ts';
import { differencesPage } from './differences-page.ts';
import type { Case, Outcome, Runner } from './outcome.ts';
import { record } from './record-cases.ts';
import { rowValidation } from './row-validation-cases.ts';
import { schematization } from './schematization-cases.ts';
import { sqlCall } from './sql-cases.ts';
import { tableName } from './table-name-cases.ts';
import { transform } from './transform-cases.ts';

const transformFiles = [
  'cast',
  'debezium',
  'debezium-mongodb',
  'extractfield',
  'flatten',
  'headers',
  'hoist',
  'insertfield',
  'maskfield',
  'predicates',
  'replacefield',
  'routers',
  'setschemametadata',
  'timestampconverter',
  'valuetokey',
];

/**
 * Runs golden vectors: recorded answers of Kafka Connect's and the Snowflake connector's own classes.
 * `GOLDEN_VECTORS` names the folder; by default the repository's (test/golden/vectors, whose README tells the format).
 */
const runners: Readonly<Record<string, Runner>> = {
  'jsonconverter.jsonl': toConnectData,
  'jsonconverter_from.jsonl': fromConnectData,
  'stringconverter.jsonl': toConnectData,
  'simpleheader.jsonl': toConnectHeader,
  ...Object.fromEntries(transformFiles.map((name) => [`${name}.jsonl`, transform])),
  'snowflake/record-content.jsonl': record,
  'snowflake/record-metadata.jsonl': record,
  'snowflake/row-validation.jsonl': rowValidation,
  'snowflake/schematization.jsonl': schematization,
  'snowflake/sql.jsonl': sqlCall,
  'snowflake/table-name.jsonl': tableName,
  'snowflake/config-validation.jsonl': (vector) => configValidation(readKeys(join(folder, 'snowflake')))(vector),
};
const failuresShown = 20;

const folder = process.env['GOLDEN_VECTORS'] ?? fileURLToPath(new URL('vectors', import.meta.url));
const counts = { passed: 0, failed: 0, skipped: 0 };
const differing = new Map<Difference, string[]>();
const reasons = new Map<string, number>();
const wanted = process.argv.slice(2).find((argument) => !argument.startsWith('--'));

/** Offsets beyond 2^53 come as their digits. */
const exactIntegers = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? context?.source : value;

const attempt = async (runner: Runner, vector: Case): Promise<Outcome> => {
  try {
    return await runner(vector);
  } catch (error) {
    return { kind: 'failed', expected: vector['out'] ?? vector['err'], got: error };
  }
};

const report = (file: string, vector: Case, outcome: Outcome): void => {
  const difference =
    outcome.kind === 'failed'
      ? differences.find(({ applies }) => applies(vector, file.replaceAll('\\', '/')))
      : undefined;
  if (difference !== undefined) {
    counts.passed++;
    differing.set(difference, [...(differing.get(difference) ?? []), vector.id]);
    return;
  }
  const { id } = vector;
  counts[outcome.kind]++;
  if (outcome.kind === 'skipped') reasons.set(outcome.reason, (reasons.get(outcome.reason) ?? 0) + 1);
  if (outcome.kind !== 'failed' || counts.failed > failuresShown) return;
  const shown = (value: unknown): string =>
    value instanceof Error ? (value.stack ?? value.message) : JSON.stringify(value);
  console.log(`FAILED ${file} ${id}\n  expected ${shown(outcome.expected)}\n  got      ${shown(outcome.got)}`);
};

/** REST transcripts need a broker: `npm run test:rest`. */
const isTranscript = /^rest[\\/]/;

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.jsonl') && !isTranscript.test(file),
);
for (const file of files.sort()) {
  const runner = runners[file.replaceAll('\\', '/')];
  const lines = readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean);
  if (runner === undefined) {
    counts.skipped += lines.length;
    reasons.set(`no runner for ${file}`, lines.length);
    continue;
  }
  for (const line of lines) {
    const vector = JSON.parse(line, exactIntegers) as Case;
    if (wanted === undefined || vector.id.includes(wanted)) report(file, vector, await attempt(runner, vector));
  }
}
for (const [reason, count] of [...reasons].sort(([, a], [, b]) => b - a)) console.log(`skipped ${count}: ${reason}`);
for (const [{ ours }, ids] of differing) console.log(`different on purpose ${ids.length}: ${ours}`);

/** The page tells of the repository's own vectors, all of them. */
const page = fileURLToPath(new URL('../../docs/differences.md', import.meta.url));
const isStale = (): boolean => {
  if (wanted !== undefined || process.env['GOLDEN_VECTORS'] !== undefined) return false;
  const text = differencesPage({ differing, skipped: reasons.keys() });
  if (process.argv.includes('--docs')) writeFileSync(page, text);
  return !existsSync(page) || readFileSync(page, 'utf8') !== text;
};
if (isStale()) {
  counts.failed++;
  console.log('docs/differences.md is out of date: npm run docs');
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
