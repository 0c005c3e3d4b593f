import { expect, test } from 'vitest';
import { jsonRenderer } from '../../../src/connector/renderer.ts';

test('a member as JSON.stringify writes it, the first time and when its name is known', () => {
  const names = ['a', '', 'two words', '"', '\\', '\n', 'é', '\ud83d\ude00', '\ud800', '\ufffd', 'n'.repeat(65)];
  for (const name of [...names, ...names]) {
    expect(jsonRenderer.member(name, '1')).toBe(`${JSON.stringify(name)}:1`);
  }
  for (let i = 0; i < 5000; i++) jsonRenderer.member(`n${i}`, '1');
  expect(jsonRenderer.member('n4999', '1')).toBe('"n4999":1');
});
