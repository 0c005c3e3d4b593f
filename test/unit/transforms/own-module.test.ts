import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { SinkRecord } from '../../../src/api/index.ts';
import { createTransformation } from '../../../src/transforms/index.ts';
import { schemaless } from './apply.ts';
import { recordOf } from './record.ts';

/** The `type` of a module with this text. */
const moduleOf = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'own-module-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'transform.mjs');
  writeFileSync(file, text);
  return `module:${relative(process.cwd(), file)}`;
};
const create = (text: string, config: Record<string, string> = {}) => createTransformation(moduleOf(text), config);
const answering = (expression: string): string =>
  `export const createTransformation = (config, tools) => ({ apply: (record) => ${expression} });`;

test('the example of docs/transforms.md does what it says', async () => {
  const example = /```js\n([\s\S]*?)```/.exec(readFileSync('docs/transforms.md', 'utf8'))?.[1] ?? '';
  const record = recordOf(schemaless({ id: 'a', email: 'ann@example.com' }));
  const masked = await create(example, { field: 'email' }).apply(record);
  expect(masked?.value).toEqual(schemaless({ id: 'a', email: '***@example.com' }));
  expect(await create(example, { field: 'phone' }).apply(record)).toBeNull();
  expect(() => create(example, { field: 'id' }).apply(recordOf(schemaless({ id: 1 })))).toThrow('Field id is no text');
  expect(() => create(example)).toThrow('field: Which field holds the address?');
});

test('a promise is waited for; the source of the record stays', async () => {
  const record = recordOf('v');
  const made = create(answering("Promise.resolve({ ...record, topic: 'other', original: null })"));
  const result: SinkRecord | null = await made.apply(record);
  expect([result?.topic, result?.original]).toEqual(['other', record.original]);
});

test('what a module keeps, or puts at two places, is not changed by the transforms behind it', async () => {
  const record = recordOf(schemaless({ a: 'x' }));
  const made = await create(answering('({ ...record, key: record.value })')).apply(record);
  if (made === null) throw new TypeError('it filters nothing');
  const masked = await createTransformation('org.apache.kafka.connect.transforms.MaskField$Value', {
    fields: 'a',
  }).apply(made);
  expect(masked?.value).toEqual(schemaless({ a: '' }));
  expect([masked?.key, record.value]).toEqual([schemaless({ a: 'x' }), schemaless({ a: 'x' })]);
});

test.each([
  ['null', 'which filters it', false],
  ['undefined', 'must answer a record', true],
  ['({ value: 1 })', 'must answer a record', true],
  ["(() => { throw new Error('no good'); })()", 'no good', true],
  ["Promise.reject(new TypeError('no good'))", 'no good', true],
])('apply answering %s', async (expression, message, isBad) => {
  const apply = async (): Promise<SinkRecord | null> => await create(answering(expression)).apply(recordOf('v'));
  if (isBad)
    await expect(apply()).rejects.toMatchObject({ name: 'DataError', message: expect.stringContaining(message) });
  else expect(await apply()).toBeNull();
});

test('what is wrong with the file is told', () => {
  expect(() => createTransformation('module:./gone.mjs', {})).toThrow(/there is no file .*gone\.mjs.*started in/);
  expect(() => create('export const x = 1;')).toThrow('no function createTransformation');
  expect(() => create('export const createTransformation = () => ({});')).toThrow('function apply');
  expect(() => create('this is no JavaScript')).toThrow('cannot be loaded');
  expect(() => create('await 1; export const createTransformation = () => null;')).toThrow('top level');
  expect(() => create("export const createTransformation = () => { throw new Error('no key'); };")).toThrow('no key');
});
