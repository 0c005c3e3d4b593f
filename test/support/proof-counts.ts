import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Numbers under names, in groups: `{"seeds": 10000, "struck": {"worker kill": 30}}`. */
export interface Counts {
  readonly [name: string]: number | Counts;
}

export const proofs = ['simulation', 'chaos'] as const;
export type Proof = (typeof proofs)[number];

/** Counted in this clone since the counts were last kept. */
export const uncommittedCounts = (proof: Proof): string => `.cache/proof/${proof}.json`;
/** Of all runs that somebody has kept by `npm run proof -- --keep`. */
export const keptCounts = (proof: Proof): string => `test/support/proof-counts/${proof}.json`;

export const sumOf = (one: Counts, other: Counts): Counts => {
  const sum: Record<string, number | Counts> = { ...one };
  for (const [name, more] of Object.entries(other)) {
    const before = sum[name];
    if (typeof more === 'number') sum[name] = (typeof before === 'number' ? before : 0) + more;
    else sum[name] = sumOf(typeof before === 'object' ? before : {}, more);
  }
  return sum;
};

/** No file: no counts. */
export const readCounts = (file: string): Counts => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Counts;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
};

/** Whole or not at all: a run may be interrupted at any time. */
export const writeWhole = (file: string, content: object): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`);
  renameSync(`${file}.new`, file);
};

/** Adds what a run has counted: once a run or a round, by one process a proof at a time. */
export const countProof = (proof: Proof, counts: Counts): void => {
  const file = uncommittedCounts(proof);
  writeWhole(file, sumOf(readCounts(file), counts));
};

/** One a number, groups indented. */
export const countLines = (counts: Counts, indent = ''): string[] =>
  Object.entries(counts).flatMap(([name, value]) =>
    typeof value === 'number'
      ? [`${indent}${name.padEnd(30 - indent.length)}${value.toLocaleString('en-US').padStart(16)}`]
      : [`${indent}${name}`, ...countLines(value, `${indent}  `)],
  );

/** `outOfOrder` → `out of order` */
const inWords = (name: string): string => name.replace(/[a-z][A-Z]/g, ([a = '', b = '']) => `${a} ${b.toLowerCase()}`);

const tableRows = (counts: Counts, group = ''): (readonly [string, string])[] =>
  Object.entries(counts).flatMap(([name, value]) =>
    typeof value === 'number'
      ? [[`${group}${inWords(name)}`, value.toLocaleString('en-US')]]
      : tableRows(value, `${inWords(name)}: `),
  );

/** Markdown, for docs/exactly-once.md, laid out as the formatter does it. */
export const countTable = (title: string, counts: Counts): string => {
  const rows = [[title, ''] as const, ...tableRows(counts)];
  const [left, right] = [0, 1].map((column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0))) as [
    number,
    number,
  ];
  const [head, ...lines] = rows.map(([name, count]) => `| ${name.padEnd(left)} | ${count.padStart(right)} |`);
  return [head, `| ${'-'.repeat(left)} | ${'-'.repeat(right - 1)}: |`, ...lines].join('\n');
};
