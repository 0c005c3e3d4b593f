import { expect, test } from 'vitest';
import { orAborted } from '../../../src/util/signals.ts';

test('a promise given up before it began to be awaited does not end the process when it rejects', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): number => unhandled.push(reason);
  process.on('unhandledRejection', note);
  await expect(orAborted(Promise.reject(new Error('late')), AbortSignal.abort(new Error('closed')))).rejects.toThrow(
    'closed',
  );
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

test('the signal ends the wait with its reason, the work goes on', async () => {
  const ending = new AbortController();
  const { promise, resolve } = Promise.withResolvers<string>();
  const waiting = orAborted(promise, ending.signal);
  ending.abort(new Error('deadline'));
  await expect(waiting).rejects.toThrow('deadline');
  resolve('done');
  await expect(promise).resolves.toBe('done');
});
