import { Script } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { startEmulator } from '../../src/index.ts';

test('the page: its script compiles, what it reads is there', async () => {
  const emulator = await startEmulator({ trustAnyKey: true, init: 'CREATE DATABASE DB; CREATE TABLE T (N NUMBER)' });
  onTestFinished(() => emulator.close());
  emulator.faults.add({ operation: 'append', action: { type: 'reset', when: 'after' } });
  const page = await fetch(`${emulator.url}/`);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const script = /<script>([\s\S]*)<\/script>/.exec(await page.text())?.[1] ?? '';
  expect(() => new Script(script)).not.toThrow();
  await fetch(`${emulator.url}/v2/streaming/hostname`);
  const get = async (what: string): Promise<unknown> => (await fetch(`${emulator.url}/_emulator/${what}`)).json();
  expect(await get('state')).toMatchObject({ frozen: false, channels: [], tables: [{ name: { table: 'T' } }] });
  expect(await get('stats')).toEqual({ pipes: {} });
  expect(await get('faults')).toMatchObject({ faults: [{ id: 1, seen: 0, fired: 0 }] });
  expect(await get('requests')).toMatchObject({
    requests: [{ method: 'GET', path: '/v2/streaming/hostname', status: 401 }],
  });
});
