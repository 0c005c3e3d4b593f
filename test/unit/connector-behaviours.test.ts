import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const files: Readonly<Record<string, string>> = {
  S: 'test/integration/connector/schematization.test.ts',
  B: 'test/integration/connector/connector-behaviours.test.ts',
  G: 'test/golden/run.ts',
};

test('docs/connector-behaviours.md names tests that are there', () => {
  const page = readFileSync('docs/connector-behaviours.md', 'utf8');
  const missing: string[] = [];
  let named = 0;
  for (const row of page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (-|behaviour)/.test(line))) {
    const tests = row.split(' | ')[1] ?? '';
    let file = '';
    for (const [, letter, path, title] of tests.matchAll(/\b([SBG]) (?=[“(])|`(test\/[\w./-]+)`|“([^”]+)”/g)) {
      file = (letter === undefined ? path : files[letter]) ?? file;
      if (path !== undefined && !existsSync(path)) missing.push(path);
      if (title === undefined) continue;
      named++;
      if (!existsSync(file) || !readFileSync(file, 'utf8').includes(title)) missing.push(`${file}: ${title}`);
    }
  }
  expect(missing).toEqual([]);
  expect(named).toBeGreaterThan(50);
});
