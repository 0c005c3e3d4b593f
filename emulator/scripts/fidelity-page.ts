import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Rule {
  readonly file: string;
  readonly name: string;
  readonly text: string;
}

const source = join(import.meta.dirname, '../src');
const certainty = /\[[^\]]*\b(?:documented|observed|inferred|seen on the wire|own choice|read in)\b[^\]]*\]/;
const commented = /\/\*\*([\s\S]*?)\*\/\s*([^\n]*)|^\s*\/\/ (.*)$/gm;
const declared =
  /^(?:export )?(?:async )?(?:readonly )?(?:const|class|interface|function|type)?\s*[*#]?(?:async )?[*#]?(\w+)/;

const proseOf = (comment: string): string =>
  comment
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim();

function* rulesOf(file: string): Generator<Rule> {
  const text = readFileSync(join(source, file), 'utf8');
  for (const [, block, declaration = '', line] of text.matchAll(commented)) {
    const prose = proseOf(block ?? line ?? '');
    if (!certainty.test(prose)) continue;
    yield { file, name: block === undefined ? '' : (declared.exec(declaration)?.[1] ?? ''), text: prose };
  }
}

const titles: Readonly<Record<string, string>> = {
  streaming: 'Snowpipe Streaming',
  http: 'On the wire',
  auth: 'Authentication',
  sql: 'SQL',
  catalog: 'Names, types, access',
  storage: 'Rows',
};

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** `docs/emulator-fidelity.md`, from the docstrings of the emulator's rules: those that say how sure they are. */
export const fidelityPage = (): string => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts'))
    .sort();
  const rules = files.flatMap((file) => [...rulesOf(file)]);
  const sections = Object.entries(titles).flatMap(([folder, title]) => {
    const own = rules.filter(({ file }) => file.startsWith(`${folder}/`));
    if (own.length === 0) return [];
    const rows = own.map(
      ({ file, name, text }) => `| ${cell(text)} | ${name === '' ? '' : `\`${name}\` in `}${file} |`,
    );
    return [`## ${title}`, '', '| rule | where |', '| --- | --- |', ...rows, ''];
  });
  return [
    '# What the emulator takes from Snowflake, and how sure that is',
    '',
    'Generated from the docstrings in `emulator/src` by `node emulator/scripts/write-fidelity-page.ts`; do not edit.',
    'In brackets: *documented* by Snowflake; *observed* on real accounts by third parties; *seen on the wire* of official',
    'clients; *inferred*: our best guess. What the emulator lacks it refuses by name; its README lists it.',
    '',
    ...sections,
  ].join('\n');
};
