import { expect, test } from 'vitest';
import { loadLetterTransform } from '../../../src/cli/dlq/letter-transform.ts';
import { temporaryFile } from '../../support/run-command.ts';

const letter = { topic: 't', key: null, value: Buffer.from('secret'), headers: [], context: new Map() };
const mended = async (module: string) =>
  (await loadLetterTransform(temporaryFile('mend.mjs', module)))(letter, 'q-0@7');

test('what the module answers, or null', async () => {
  expect(await mended(`export default ({ value }) => ({ key: 'k', value })`)).toEqual({
    key: 'k',
    value: letter.value,
  });
  expect(await mended('export default async () => null')).toBeNull();
});

test('a module that fails: which letter, which line, and not what the record holds', async () => {
  const failing = mended('export default ({ value }) =>\n  JSON.parse(Buffer.from(value).toString())');
  await expect(failing).rejects.toThrow(/letter q-0@7: it failed with SyntaxError in line 2\. What was replayed/);
  await expect(failing).rejects.not.toThrow('secret');
});

test.each(['undefined', '7', '{ key: 1, value: null }', '{ value: null }'])(
  'an answer that is no record: %s',
  async (made) => {
    await expect(mended(`export default () => (${made})`)).rejects.toThrow('it must return {key, value}');
  },
);

test.each([
  ['export const mend = 1', 'must export a function as default'],
  ['export defalt', 'cannot be loaded as an ES module'],
])('no transform: %s', async (module, message) => {
  await expect(mended(module)).rejects.toThrow(message);
});
