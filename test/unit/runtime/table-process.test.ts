import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { DestinationRefusedError, RetriableError } from '../../../src/api/index.ts';
import { TableProcess } from '../../../src/runtime/table-process.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const children: ChildProcess[] = [];
const clock = new VirtualClock();
const tableProcess = (): TableProcess =>
  new TableProcess(() => {
    const child = fork(new URL('./table-process-double.ts', import.meta.url), { execArgv: [] });
    children.push(child);
    return child;
  }, clock);

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

test('connectors share one process, each with its own account', async () => {
  const tables = tableProcess();
  const [orders, items] = [tables.service({ name: 'orders' }), tables.service({ name: 'items' })];
  await orders.create('T', 'record-content');
  expect(await orders.describe('T')).toMatchObject([{ name: String(children[0]?.pid), type: 'VARIANT' }]);
  expect(await items.describe('T')).toBeNull();
  expect(children).toHaveLength(1);
});

test('errors keep their class and words', async () => {
  const refused = tableProcess().service({ name: 'orders' }).describe('FORBIDDEN');
  await expect(refused).rejects.toThrow(DestinationRefusedError);
  await expect(refused).rejects.toThrow('orders may not see it');
});

test('it ends when nobody asks for a while, and comes back for the next call', async () => {
  const orders = tableProcess().service({ name: 'orders' });
  expect(await orders.describe('T')).toBeNull();
  const [first] = children;
  const ended = first === undefined ? Promise.reject(new Error('not forked')) : once(first, 'exit');
  await clock.advance(10_000);
  expect(await ended).toEqual([0, null]);
  expect(await orders.describe('T')).toBeNull();
  expect(children).toHaveLength(2);
});

test('its death fails the calls under way, to be tried again', async () => {
  const orders = tableProcess().service({ name: 'orders' });
  await expect(orders.describe('DIE')).rejects.toThrow(RetriableError);
  expect(await orders.describe('T')).toBeNull();
});

test('it ends with the last connector', async () => {
  const orders = tableProcess().service({ name: 'orders' });
  expect(await orders.describe('T')).toBeNull();
  await orders.close();
  expect(children[0]?.exitCode).toBe(0);
});
