import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { parseProperties, parseWorkerConfig } from '../../src/config/index.ts';
import { parseSinkSettings } from '../../src/connector/snowflake-sink-config.ts';
import { createKeyPair } from '../support/key-pair.ts';

const guides = ['README.md', ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))];
const textOf = (page: string): string => readFileSync(page, 'utf8');
const blocksOf = (page: string, language: string): readonly string[] =>
  [...textOf(page).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, block = '']) => block,
  );

/** As GitHub makes anchors of headings. */
const anchorsOf = (page: string): ReadonlySet<string> =>
  new Set(
    [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );

test.each(guides)('%s: links lead somewhere', (page) => {
  const dead = [...textOf(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].filter(
    ([, path = '', anchor]) => {
      const target = path === '' ? page : join(dirname(page), path);
      return !existsSync(target) || (anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor));
    },
  );
  expect(dead.map(([link]) => link)).toEqual([]);
});

/** Every property, from the definitions. */
const reference = readdirSync('docs/reference')
  .map((name) => textOf(`docs/reference/${name}`))
  .join('\n');

test.each(guides)('%s: properties that it names are there', (page) => {
  const named = [
    ...textOf(page).matchAll(
      /`((?:snowflake|snowsink|buffer|behavior|jvm|errors)\.[A-Za-z0-9.]*[A-Za-z0-9])(?:=[^`]*)?`/g,
    ),
  ];
  const unknown = new Set(named.map(([, key = '']) => key).filter((key) => !reference.includes(key)));
  expect([...unknown]).toEqual([]);
});

test.each(guides)('%s: commands and options that it names are there', async (page) => {
  const wrong: string[] = [];
  for (const [line, name = '', rest = ''] of textOf(page).matchAll(
    /\bsnowsink ((?:[a-z]+-)?[a-z]+)((?: [^`\n|]*)?)/g,
  )) {
    const command = await commands[name]?.();
    if (command === undefined) continue; // the product's name in a sentence
    for (const [option] of rest.matchAll(/--[a-z][a-z-]*/g))
      if (option !== '--help' && !command.usage.includes(option)) wrong.push(line);
  }
  expect(wrong).toEqual([]);
});

const { privateKey } = createKeyPair();
const connector = {
  name: 'orders',
  'connector.class': 'SnowsinkConnector',
  topics: 'orders',
  'snowflake.url.name': 'org-account.snowflakecomputing.com',
  'snowflake.user.name': 'loader',
  'snowflake.private.key': privateKey,
  'snowflake.database.name': 'db',
  'snowflake.schema.name': 'public',
  'snowflake.role.name': 'loader',
};

test('snippets of connector and worker configs are sound', () => {
  const snippets = guides.flatMap((page) => blocksOf(page, 'json')).filter((block) => /^ {2}"snow/m.test(block));
  for (const block of snippets) {
    const snippet = JSON.parse(block.replaceAll(/\$\{[^}]*\}/g, 'resolved')) as object;
    expect(() => parseSinkSettings({ ...connector, ...snippet }), block).not.toThrow();
  }
  for (const block of blocksOf('docs/distributed.md', 'properties'))
    expect(() => parseWorkerConfig(parseProperties(block, 'docs/distributed.md'))).not.toThrow();
  expect(snippets.length).toBeGreaterThan(1);
});
