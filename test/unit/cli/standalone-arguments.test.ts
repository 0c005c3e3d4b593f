import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConfigError } from '../../../src/api/index.ts';
import { UsageError } from '../../../src/cli/arguments.ts';
import { readStandaloneArguments, targetStateOf } from '../../../src/cli/standalone-arguments.ts';

let folder = '';
const path = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'arguments-'));
  mkdirSync(path('connectors'));
  writeFileSync(path('worker.properties'), 'bootstrap.servers=file:1\n');
  writeFileSync(path('a.json'), '{"name":"a","connector.class":"X"}');
  writeFileSync(path('b.properties'), 'name=b\nconnector.class=X\n');
  writeFileSync(path('d.yaml'), 'name: d\nconfig:\n  connector.class: X\n');
  writeFileSync(
    path('resource.yaml'),
    'kind: KafkaConnector\nmetadata: { name: r }\nspec: { class: X }\nstatus:\n  conditions: [{ type: Ready }]\n',
  );
  writeFileSync(path('quoted.yaml'), "kind: 'KafkaConnector' # Strimzi's\nmetadata: { name: q }\nspec: { class: X }\n");
  writeFileSync(path('worker.yaml'), 'bootstrap.servers: yaml:1\nlabels:\n  kind: KafkaConnector\n');
  writeFileSync(path('connectors/c.json'), '{"name":"c","config":{},"initial_state":"STOPPED"}');
});
afterAll(() => rmSync(folder, { recursive: true }));

const environment = { CONNECT_BOOTSTRAP_SERVERS: 'env:1' };
const names = (args: readonly string[]) => {
  const { worker, connectors } = readStandaloneArguments(args, environment);
  return [worker['bootstrap.servers'], ...connectors.map(({ name }) => name)];
};

test('a worker file, connector files and a folder, in this order', () => {
  expect(
    names([path('worker.properties'), path('a.json'), path('b.properties'), '--connectors', path('connectors')]),
  ).toEqual(['file:1', 'a', 'b', 'c']);
});

test('without a worker file the environment is the config, whatever the connectors are written in', () => {
  expect(names([path('a.json')])).toEqual(['env:1', 'a']);
  expect(names([path('b.properties')])).toEqual(['env:1', 'b']);
  expect(names([path('d.yaml')])).toEqual(['env:1', 'd']);
  expect(names([`--connectors=${path('connectors')}`])).toEqual(['env:1', 'c']);
});

test('initial_state', () => {
  const [c] = readStandaloneArguments(['--connectors', path('connectors')], {}).connectors;
  expect(c === undefined ? null : targetStateOf(c)).toBe('STOPPED');
});

test.each([
  [['--connectors'], UsageError, /--connectors needs a folder/],
  [['--conectors', 'x'], UsageError, /Unknown option --conectors/],
  [['none.properties'], ConfigError, /Cannot read none\.properties/],
])('%j is refused', (args, kind, expected) => {
  const read = () => readStandaloneArguments(args, {});
  expect(read).toThrow(kind);
  expect(read).toThrow(expected);
});

test('two connectors of one name', () => {
  expect(() => names([path('a.json'), path('a.json')])).toThrow(/both named a: connector names must be unique/);
});

test('Strimzi’s KafkaConnector is a connector’s file, not the worker’s', () => {
  expect(names([path('resource.yaml')])).toEqual(['env:1', 'r']);
  expect(names([path('quoted.yaml')])).toEqual(['env:1', 'q']);
  expect(names([path('worker.yaml')])).toEqual(['yaml:1']);
});
