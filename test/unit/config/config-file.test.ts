import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectorFilesIn, readConnectorFile, readPropertiesFile } from '../../../src/config/index.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-file-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

test('JSON, flat: comments, trailing commas, numbers as written', () => {
  const path = file(
    'flat.json',
    '// orders\n{ "name": "o", /* n */ "a": 9007199254740993, "b": true, "c": "x\\u00e9", }',
  );
  expect(readConnectorFile(path)).toEqual({
    name: 'o',
    config: { name: 'o', a: '9007199254740993', b: 'true', c: 'xé' },
    path,
  });
});

test('Strimzi’s KafkaConnector, as written or as kubectl prints it', () => {
  const path = file(
    'resource.yaml',
    `apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaConnector
metadata:
  name: o
  labels: { strimzi.io/cluster: connect }
  managedFields: [{ manager: kubectl, operation: Update }]
spec:
  class: X
  tasksMax: 4
  state: paused
  autoRestart: { enabled: true }
  config:
    topics: [a, b]
    buffer.flush.time: 10
`,
  );
  expect(readConnectorFile(path)).toEqual({
    name: 'o',
    config: { name: 'o', 'connector.class': 'X', 'tasks.max': '4', topics: 'a,b', 'buffer.flush.time': '10' },
    initialState: 'PAUSED',
    path,
  });
});

test('JSON as POST /connectors takes it', () => {
  const path = file('post.json', '{"name":"o","config":{"topics":"t"},"initial_state":"paused","other":[1]}');
  expect(readConnectorFile(path)).toEqual({
    name: 'o',
    config: { name: 'o', topics: 't' },
    initialState: 'PAUSED',
    path,
  });
});

test('a properties file, and JSON under another name', () => {
  expect(readConnectorFile(file('o.properties', 'name=o\ntopics=t')).config).toEqual({ name: 'o', topics: 't' });
  expect(readConnectorFile(file('o.conf', '\n {"name":"o"}')).config).toEqual({ name: 'o' });
});

test.each([
  ['{"a": "secret-1" "b": 1}', /line 1, column 18: not valid JSON: a comma or } is expected after the value of "a"/],
  ['{"name": "o",\n "a": secret-2}', /line 2, column 7/],
  ['{"name": "o",\n "a": "secret-3', /line 2, .*inside a text/],
  ['{"name": "o", "a": ["x"]}', /line 1: the value of "a" must be a text/],
  ['{"name": "o", "a": null}', /the value of "a" must be a text/],
  ['{"topics": "t"}', /missing the mandatory 'name' configuration/],
  ['{"name":"o","config":{"name":"p"}}', /doesn't match the one specified in 'name'/],
  ['{"name":"o"} x', /after the end/],
  ['{"name":"o","config":{},"initial_state":"GONE"}', /RUNNING, PAUSED, STOPPED/],
])('%s is refused, naming file and place, never a value', (text, expected) => {
  const path = file('bad.json', text);
  expect(() => readConnectorFile(path)).toThrow(expected);
  expect(() => readConnectorFile(path)).toThrow('bad.json');
  try {
    readConnectorFile(path);
  } catch (error) {
    expect(String(error)).not.toContain('secret');
  }
});

test('a missing file and a missing folder are one sentence', () => {
  expect(() => readConnectorFile(join(folder, 'none.json'))).toThrow(/Cannot read .*none\.json: there is no such file/);
  expect(() => connectorFilesIn(join(folder, 'none'))).toThrow(/there is no such file or directory/);
  expect(() => readConnectorFile(folder)).toThrow(/it is a directory/);
});

test('a connectors folder: json and properties by name, hidden ones left out', () => {
  const connectors = join(folder, 'connectors');
  mkdirSync(connectors);
  for (const name of ['b.json', 'a.properties', '.hidden.json', 'readme.md']) writeFileSync(join(connectors, name), '');
  expect(connectorFilesIn(connectors)).toEqual([join(connectors, 'a.properties'), join(connectors, 'b.json')]);
});

test('YAML: scalars as they were written, lists as commas, both forms', () => {
  const text =
    '# orders\nname: o\ntopics: [a, b]\ntasks.max: 2\nx: 1.50\ny: yes\nempty: ""\nkey: |\n  line 1\n  line 2\n';
  const config = {
    name: 'o',
    topics: 'a,b',
    'tasks.max': '2',
    x: '1.50',
    y: 'yes',
    empty: '',
    key: 'line 1\nline 2\n',
  };
  expect(readConnectorFile(file('o.yaml', text)).config).toEqual(config);
  const posted = file('p.yml', 'name: o\nconfig:\n  topics: t\ninitial_state: STOPPED\n');
  expect(readConnectorFile(posted)).toMatchObject({ config: { name: 'o', topics: 't' }, initialState: 'STOPPED' });
});

test('YAML mistakes: file and line, never a value', () => {
  const reading = (text: string) => () => readConnectorFile(file('bad.yaml', text));
  expect(reading('name: o\n a: secret-1\n')).toThrow(/bad\.yaml, line \d, column \d+: not valid YAML/);
  expect(reading('name: o\na:\n  b: secret-1\n')).toThrow(/line 2: the value of "a" must be a text/);
  expect(reading('name: o\na:\n')).toThrow(/line 2: the value of "a" must be a text/);
  expect(reading('- secret-1\n')).not.toThrow(/secret/);
});

test('a worker file in YAML or JSON: inner maps are dotted names', () => {
  const expected = { 'bootstrap.servers': 'k:9092', 'consumer.max.poll.records': '5' };
  const yaml = 'bootstrap.servers: k:9092\nconsumer:\n  max.poll.records: 5\n';
  expect(readPropertiesFile(file('worker.yaml', yaml))).toEqual(expected);
  const json = '{"bootstrap": {"servers": "k:9092"}, "consumer": {"max.poll.records": 5}}';
  expect(readPropertiesFile(file('worker.json', json))).toEqual(expected);
});
