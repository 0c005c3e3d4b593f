import { expect, test } from 'vitest';
import { ConnectError, silentLogger } from '../../../src/api/index.ts';
import { startRestServer } from '../../../src/rest/index.ts';
import type { Herder } from '../../../src/runtime/index.ts';

/** A worker that still reads its configs: until `ready` settles it knows no connector. */
const starting = async () => {
  const ready = Promise.withResolvers<void>();
  let names: readonly string[] = [];
  const herder = {
    isReady: false,
    advertise: () => {},
    whenReady: () => ready.promise,
    connectors: () => names,
    health: () => ({}),
  } as unknown as Herder;
  const properties = { listeners: 'http://127.0.0.1:0' };
  const server = await startRestServer({ properties, environment: {}, herder, logger: silentLogger });
  const get = (path: string) => fetch(`${server.urls[0]}${path}`);
  const finish = (): void => {
    names = ['orders'];
    ready.resolve();
  };
  return { get, finish, fail: (error: Error) => ready.reject(error), [Symbol.asyncDispose]: () => server.close() };
};

test('connectors are asked for while the worker starts: the answer waits until it knows them; health does not', async () => {
  await using worker = await starting();
  const list = worker.get('/connectors');
  expect((await worker.get('/health')).status).toBe(503);
  worker.finish();
  expect(await (await list).json()).toEqual(['orders']);
});

test('a worker that stops before it has started says so', async () => {
  await using worker = await starting();
  const list = worker.get('/connectors?expand=status');
  expect((await worker.get('/health')).status).toBe(503);
  worker.fail(new ConnectError('The worker is stopping.'));
  const answer = await list;
  expect([answer.status, await answer.json()]).toEqual([500, { error_code: 500, message: 'The worker is stopping.' }]);
});
