import { expect, test } from 'vitest';
import { jsonRenderer } from '../../../src/connector/renderer.ts';

test('names as JSON.stringify writes them, the first time and when its name is known', () => {
  const names = ['a', '', 'two words', '"', '\\', '\n', 'é', '\ud83d\ude00', '\ud800', '\ufffd', 'n'.repeat(65)];
  for (const name of [...names, ...names]) {
    expect(jsonRenderer.name(name)).toBe(`${JSON.stringify(name)}:`);
    expect(jsonRenderer.name(name, true)).toBe(`,${JSON.stringify(name)}:`);
  }
  for (let i = 0; i < 5000; i++) jsonRenderer.name(`n${i}`);
  expect(jsonRenderer.name('n4999')).toBe('"n4999":');
});
