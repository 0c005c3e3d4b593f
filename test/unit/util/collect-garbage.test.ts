import { expect, test } from 'vitest';
import { collectGarbage } from '../../../src/util/collect-garbage.ts';

const abandoned = (): WeakRef<object> => new WeakRef({ nobody: 'holds this' });

test('what nobody holds is gone at once', async () => {
  const first = abandoned();
  // a WeakRef holds its target until the turn is over
  await new Promise((resolve) => setImmediate(resolve));
  expect(first.deref()).toBeDefined();
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(first.deref()).toBeUndefined();
  expect('gc' in globalThis).toBe(false);
});
